"""Validates what rollcall wrote against its JSON Schemas, by the library jsonschema.

    validate.py SCHEMAS FOLDER

FOLDER holds documents, *.json, files of lines, *.jsonl, some compressed with gzip, and of events, *.ocsf. Prints a line for each fault, and at the end a
line of how often each definition was used.
"""
import collections
import gzip
import json
import os
import sys

import jsonschema

REPORTS, SNAPSHOTS, EVENTS = "rollcall-1.schema.json", "rollcall-snapshot-1.schema.json", "ocsf.schema.json"
CLASSES = {0: "base_event", 2003: "compliance_finding", 3002: "authentication"}
ROWS = {"connection", "smb_session", "file", "share", "logon", "access", "session"}
OF_REPORTS = {"report", "diff", "change", "target", "failure", "totals", "group", "close"}
OF_SNAPSHOTS = {"snapshot": "first", "normalize_user": "normalize_user", "end": "end"}


def unique(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name twice in an object")
    return dict(pairs)


def no_constant(word):
    raise ValueError(word + " is not JSON")


class Checker:
    def __init__(self, folder):
        self.schemas = {}
        for name in REPORTS, SNAPSHOTS, EVENTS:
            # Those of OCSF are the specs' own.
            its_folder = os.path.dirname(os.path.abspath(__file__)) if name == EVENTS else folder
            with open(os.path.join(its_folder, name), encoding="utf-8") as file:
                self.schemas[name] = json.load(file)
            jsonschema.Draft202012Validator.check_schema(self.schemas[name])
        self.store = {schema["$id"]: schema for schema in self.schemas.values()}
        self.validators = {}
        self.used = collections.Counter()
        self.faults = 0

    def validator(self, schema, definition):
        key = schema, definition
        if key not in self.validators:
            whole = self.schemas[schema]
            resolver = jsonschema.RefResolver(whole["$id"], whole, store=self.store)
            target = {"$ref": "#/$defs/" + definition} if definition else whole
            self.validators[key] = jsonschema.Draft202012Validator(target, resolver=resolver)
        return self.validators[key]

    def report(self, place, message):
        self.faults += 1
        print("%s: %s" % (place, message[:600]))

    def check(self, place, schema, definition, value):
        self.used[definition] += 1
        # The definition that is meant, and the schema as a whole, as somebody has it who does not know which.
        for which in definition, None:
            for error in self.validator(schema, which).iter_errors(value):
                self.report(place, "%s: /%s: %s" % (which or schema, "/".join(map(str, error.absolute_path)), error.message))
                break

    def parsed(self, place, text):
        try:
            return json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
        except ValueError as problem:
            self.report(place, "%s: %r" % (problem, text[:200]))
            return None

    def lines(self, name, text):
        about = None
        for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
            place = "%s:%d" % (name, number)
            value = self.parsed(place, line)
            if not isinstance(value, dict):
                continue
            kind = value.get("kind")
            if number == 1:
                about = "snapshot" if kind == "snapshot" else value.get("rows") if kind == "report" else kind
            if about == "snapshot":
                self.snapshot_line(place, kind, value)
            elif kind in OF_REPORTS:
                self.check(place, REPORTS, kind + "_line", value)
            else:
                self.check(place, REPORTS, "%s_line" % about, value)

    def events(self, name, text):
        for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
            place = "%s:%d" % (name, number)
            value = self.parsed(place, line)
            if isinstance(value, dict):
                self.check(place, EVENTS, CLASSES.get(value.get("class_uid"), "base_event"), value)

    def snapshot_line(self, place, kind, value):
        if kind in OF_SNAPSHOTS:
            self.check(place, SNAPSHOTS, OF_SNAPSHOTS[kind] + "_line", value)
        elif kind == "target" or kind in ROWS:
            self.check(place, REPORTS, kind + "_line", value)
        else:
            self.check(place, SNAPSHOTS, "own_line", value)

    def file(self, path):
        name = os.path.basename(path)
        with open(path, "rb") as file:
            content = file.read()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        text = content.decode("utf-8", "strict")
        if name.endswith(".json"):
            value = self.parsed(name, text)
            if isinstance(value, dict):
                self.check(name, REPORTS, "check" if value.get("kind") == "check" else "report", value)
                if value.get("kind") != "check":
                    self.used["report of " + str(value.get("kind"))] += 1
        elif name.endswith(".ocsf"):
            self.events(name, text)
        else:
            self.lines(name, text)


def main(schemas, folder):
    checker = Checker(schemas)
    for name in sorted(os.listdir(folder)):
        checker.file(os.path.join(folder, name))
    print("used:", " ".join("%s=%d" % (name.replace(" ", "-"), count) for name, count in sorted(checker.used.items())))
    return 1 if checker.faults or not checker.used else 0


sys.exit(main(*sys.argv[1:]))
