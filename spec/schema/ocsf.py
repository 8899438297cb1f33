"""Holds ocsf.schema.json, and events that rollcall wrote, against the Open Cybersecurity Schema Framework itself.

    ocsf.py SOURCE [FILE...]

SOURCE is a checkout of OCSF's repository of schemas, or a git directory of it with the tag of the version. FILEs have an event on each line.
Prints a line for each fault, and at the end what was compared. Attributes that are not the class's, belong to a profile that the event
does not name, or are deprecated, are faults.
"""
import collections
import io
import json
import os
import subprocess
import sys
import tarfile

import jsonschema

OURS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ocsf.schema.json")
ROOT_TYPES = {"boolean_t": {"type": "boolean"}, "integer_t": {"type": "integer"}, "long_t": {"type": "integer"},
              "float_t": {"type": "number"}, "string_t": {"type": "string"}, "json_t": {}}
OTHER = 99


def merged(first, second):
    result = dict(first)
    for name, value in second.items():
        both = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = merged(result[name], value) if both else value
    return result


def files_of(source, version):
    """The JSON files of a checkout or of a tag, by their paths."""
    files = {}
    if os.path.exists(os.path.join(source, "version.json")):
        for folder, _, names in os.walk(source):
            for name in names:
                if name.endswith(".json"):
                    path = os.path.join(folder, name)
                    with open(path, "rb") as file:
                        files[os.path.relpath(path, source)] = file.read()
        return files
    git = subprocess.run(["git", "--git-dir", source, "archive", "refs/tags/" + version], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if git.returncode:
        print("%s: has no tag %s: %s" % (source, version, git.stderr.decode()))
        sys.exit(1)
    with tarfile.open(fileobj=io.BytesIO(git.stdout)) as opened:
        for member in opened:
            if member.isfile() and member.name.endswith(".json"):
                files[member.name] = opened.extractfile(member).read()
    return files


class Tree:
    """The classes and objects of a version, each with the attributes that an event without profiles may have."""

    def __init__(self, files):
        self.files = files
        self.version = self.read("version.json")["version"]
        dictionary = self.read("dictionary.json")
        self.dictionary, self.types = dictionary["attributes"], dictionary["types"]["attributes"]
        self.categories = self.read("categories.json")["attributes"]
        self.events = {}
        for path in files:
            if path.startswith("events/"):
                event = self.read(path)
                self.events[event["name"]] = event
        self.objects = {}
        for path in files:
            if path.startswith("objects/"):
                found = self.read(path)
                self.objects[found["name"]] = found
        self.definitions = {}

    def read(self, path):
        return json.loads(self.files[path])

    def resolved(self, among, name):
        """With what it extends: attributes, constraints and the category."""
        own = among[name]
        base = self.resolved(among, own["extends"]) if "extends" in own else {"attributes": {}, "constraints": {}, "category": None}
        attributes = dict(base["attributes"])
        for path in own["attributes"].get("$include", []):
            profile = self.read(path)
            for attribute, facts in profile["attributes"].items():
                attributes[attribute] = merged(attributes.get(attribute, {}), merged(facts, {"profile": profile["name"]}))
        for attribute, facts in own["attributes"].items():
            if attribute != "$include":
                attributes[attribute] = merged(attributes.get(attribute, {}), facts)
        return {"attributes": attributes, "constraints": own.get("constraints", base["constraints"]),
                "category": own.get("category", base["category"]), "deprecated": "@deprecated" in own, "uid": own.get("uid")}

    def attributes(self, found):
        for name, facts in found["attributes"].items():
            facts = merged(self.dictionary[name], facts)
            if "@deprecated" not in facts and not facts.get("profile"):
                yield name, facts

    def simple(self, name):
        facts = self.types[name]
        schema = dict(self.simple(facts["type"])) if "type" in facts else dict(ROOT_TYPES[name])
        if "regex" in facts:
            schema["pattern"] = facts["regex"]
        if "max_len" in facts:
            schema["maxLength"] = facts["max_len"]
        if "range" in facts:
            schema["minimum"], schema["maximum"] = facts["range"]
        return schema

    def value(self, facts):
        name = facts["type"]
        if name == "object":
            schema = {"type": "object"}
        elif name in self.types:
            schema = self.simple(name)
        else:
            schema = self.reference(name)
        if "enum" in facts and schema.get("type") == "integer":
            schema["enum"] = [int(value) for value in facts["enum"]]
        elif "enum" in facts:
            schema["enum"] = list(facts["enum"])
        return {"type": "array", "items": schema} if facts.get("is_array") else schema

    def reference(self, name):
        if name not in self.definitions:
            self.definitions[name] = None
            self.definitions[name] = self.definition(self.resolved(self.objects, name))
        return {"$ref": "#/$defs/" + name}

    def definition(self, found):
        if found["deprecated"]:
            return False
        schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False, "allOf": []}
        attributes = dict(self.attributes(found))
        for name, facts in attributes.items():
            schema["properties"][name] = self.value(facts)
            if facts.get("requirement") == "required":
                schema["required"].append(name)
            sibling = facts.get("sibling")
            if sibling in attributes and "enum" in facts and not facts.get("is_array"):
                schema["allOf"] += list(self.siblings(name, sibling, facts["enum"]))
        for way, names in found["constraints"].items():
            ways = [{"required": [name]} for name in names]
            schema["allOf"].append({"anyOf" if way == "at_least_one" else "oneOf": ways})
        return schema

    @staticmethod
    def siblings(name, sibling, values):
        for value, facts in values.items():
            number = int(value) if value.isdigit() else value
            then = {"required": [sibling]} if number == OTHER else {"properties": {sibling: {"const": facts["caption"]}}}
            yield {"if": {"required": [name], "properties": {name: {"const": number}}}, "then": then}

    def event(self, name):
        """The class, with the numbers that are computed of its own."""
        found = self.resolved(self.events, name)
        category = self.categories.get(found["category"], {"uid": 0, "caption": "Uncategorized"})
        number = category["uid"] * 1000 + (found["uid"] or 0)
        schema = self.definition(found)
        properties = schema["properties"]
        properties["class_uid"] = {"const": number}
        properties["class_name"] = {"const": self.events[name]["caption"]}
        properties["category_uid"] = {"const": category["uid"]}
        properties["category_name"] = {"const": category["caption"]}
        properties["type_uid"] = {"enum": [number * 100 + activity for activity in properties["activity_id"]["enum"]]}
        for activity in properties["activity_id"]["enum"]:
            schema["allOf"].append({"if": {"properties": {"activity_id": {"const": activity}}},
                                    "then": {"properties": {"type_uid": {"const": number * 100 + activity}}}})
        # class_name and the like have other siblings in the dictionary.
        schema["allOf"] = [one for one in schema["allOf"] if "if" not in one or "class_uid" not in one["if"]["properties"]
                           and "category_uid" not in one["if"]["properties"]]
        return number, schema


class Comparison:
    """Whether a schema takes nothing but what the tree's takes, as far as its words can show: names, types, values, requirements."""

    def __init__(self, ours, theirs):
        self.ours, self.theirs = ours, theirs
        self.faults = []
        self.compared = 0
        self.done = set()

    def fault(self, place, words):
        self.faults.append("%s: %s" % (place, words))

    def run(self, classes):
        for name in sorted(classes):
            self.objects(name, self.ours[name], classes[name])

    def flat(self, schema):
        """With what it refers to, unless that is an object."""
        reference = schema.get("$ref", "").removeprefix("#/$defs/")
        if reference and self.ours[reference].get("type") != "object":
            schema = merged(self.ours[reference], {name: value for name, value in schema.items() if name != "$ref"})
        return schema

    def objects(self, place, ours, theirs):
        if place in self.done:
            return
        self.done.add(place)
        if theirs is False:
            return self.fault(place, "is deprecated")
        if ours.get("additionalProperties") is not False:
            self.fault(place, "takes other attributes")
        for name, one in ours["properties"].items():
            self.compared += 1
            if name not in theirs["properties"]:
                self.fault(place, "has no attribute %s, or one that is deprecated or a profile's" % name)
            else:
                self.value("%s.%s" % (place, name), self.flat(one), theirs["properties"][name])
        for name in theirs["required"]:
            if name not in ours.get("required", []):
                self.fault(place, "does not require " + name)
        for constraint in theirs["allOf"]:
            if "if" not in constraint:
                self.constraint(place, ours, constraint)
        self.siblings(place, ours, theirs)

    def constraint(self, place, ours, constraint):
        names = {way["required"][0] for way in next(iter(constraint.values()))}
        ways = ours.get("anyOf", [])
        at_least_one = names & set(ours.get("required", [])) or ways and all(names & set(way["required"]) for way in ways)
        if "oneOf" in constraint or not at_least_one:
            self.fault(place, "does not keep the constraint over " + ", ".join(sorted(names)))

    def value(self, place, ours, theirs):
        if "$ref" in theirs:
            name = theirs["$ref"].removeprefix("#/$defs/")
            if ours.get("$ref") != theirs["$ref"]:
                return self.fault(place, "is an object " + name)
            return self.objects(name, self.ours[name], self.theirs[name])
        if theirs.get("type") == "array":
            if ours.get("type") != "array":
                return self.fault(place, "is a list")
            return self.value(place, self.flat(ours["items"]), theirs["items"])
        values = ours["enum"] if "enum" in ours else [ours["const"]] if "const" in ours else None
        if values is not None:
            for value in values:
                if not jsonschema.Draft202012Validator(theirs).is_valid(value):
                    self.fault(place, "cannot be %r" % value)
        elif "enum" in theirs or "const" in theirs or ours.get("type") != theirs.get("type"):
            self.fault(place, "is of another type: %r" % theirs)

    def siblings(self, place, ours, theirs):
        """That names are those of the numbers that stand beside them."""
        for given in combinations(ours):
            for rule in theirs["allOf"]:
                if "if" not in rule:
                    continue
                (name, value), = rule["if"]["properties"].items()
                if given.get(name) != value["const"]:
                    continue
                for sibling, wanted in rule["then"].get("properties", {}).items():
                    if sibling in given and given[sibling] != wanted["const"]:
                        self.fault(place, "%s %r is %r" % (name, value["const"], wanted["const"]))


def combinations(schema):
    """What values of a schema stand together: constants, and those of each way that it leaves."""
    own = {name: one["const"] for name, one in schema.get("properties", {}).items() if isinstance(one, dict) and "const" in one}
    found = [own]
    for part in [schema] + schema.get("allOf", []):
        if "oneOf" in part:
            found = [merged(one, ways) for one in found for way in part["oneOf"] for ways in combinations(way)]
    return found


def main(source, *paths):
    with open(OURS, encoding="utf-8") as file:
        ours = json.load(file)["$defs"]
    version = ours["metadata"]["properties"]["version"]["const"]
    tree = Tree(files_of(source, version))
    if tree.version != version:
        print("%s: has version %s, and ocsf.schema.json has %s" % (source, tree.version, version))
        return 1
    classes, by_number = {}, {}
    for name in ours:
        if name in tree.events and "class_uid" in ours[name].get("properties", {}):
            number, classes[name] = tree.event(name)
            by_number[number] = name
    comparison = Comparison(ours, tree.definitions)
    comparison.run(classes)
    faults = comparison.faults
    for name in ours:
        if ours[name].get("type") == "object" and name not in comparison.done:
            faults.append("%s: is no class or object of the version" % name)
    validators = {}
    for number, name in by_number.items():
        validators[number] = jsonschema.Draft202012Validator(merged(classes[name], {"$defs": tree.definitions}))
    used = collections.Counter()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                event = json.loads(line)
                uid = event.get("class_uid")
                if uid not in validators:
                    faults.append("%s:%d: class_uid %r" % (path, number, uid))
                    continue
                used[by_number[uid]] += 1
                for error in validators[uid].iter_errors(event):
                    faults.append("%s:%d: /%s: %s" % (path, number, "/".join(map(str, error.absolute_path)), error.message[:600]))
    for fault in faults:
        print(fault)
    events = ", ".join("%d %s" % (count, name) for name, count in sorted(used.items())) or "no events"
    print("OCSF %s: %d attributes compared; %s" % (version, comparison.compared, events))
    return 1 if faults else 0


sys.exit(main(*sys.argv[1:]))
