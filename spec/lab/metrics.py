"""Reads metrics by the Python client's own parsers, which refuse what is not of the format; prints what they found as JSON."""
import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

parse = {"prometheus": parser, "openmetrics": openmetrics}[sys.argv[1]].text_string_to_metric_families
with open(sys.argv[2], encoding="utf-8", newline="\n") as file:
    page = file.read()
families = list(parse(page))
samples = [[sample.name, sample.labels, sample.value] for family in families for sample in family.samples]
keys = [json.dumps(sample[:2], sort_keys=True) for sample in samples]
assert len(set(keys)) == len(keys), "two samples have the same labels"
# One of the parsers drops a sample that is there twice.
assert len(samples) == sum(line[:1] not in ("", "#") for line in page.split("\n")), "two samples are the same"
types = {family.name: [family.type, family.unit] for family in families}
assert len(types) == len(families), "a family stands in two places"
print(json.dumps({"samples": samples, "types": types}))
