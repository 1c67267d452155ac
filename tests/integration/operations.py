"""The operations of docs/openapi.yaml: who tests all of them tests those that come later, too."""

import json
import os
import re
import subprocess
import urllib.parse

METHODS = ("get", "post", "put", "patch", "delete")
TYPES = {bool: "boolean", int: "integer", str: "string"}
JSON_TYPE = "application/json"
# What the document says once, for all: what HTTP itself refuses, and who may not.
BY_HTTP = {400, 413, 431, 501}
EVERYWHERE = {401, 405, 429}


class Operation:
    def __init__(self, method, path, item, about):
        self.method = method.upper()
        self.path = path
        self.methods = {each.upper() for each in METHODS if each in item}
        self.is_open = about.get("security") == []
        self.reads = any(each == {} for each in about.get("security", []))
        self.parameters = [*item.get("parameters", []), *about.get("parameters", [])]
        self.statuses = {int(status) for status in about["responses"] if status != "default"}
        self.is_websocket = 101 in self.statuses
        self.content_types = list(about.get("requestBody", {}).get("content", {}))
        schema = about.get("requestBody", {}).get("content", {}).get(JSON_TYPE, {}).get("schema", {})
        self.fields = fields_of(schema)

    def __str__(self):
        return f"{self.method} {self.path}"

    def takes_json(self):
        return JSON_TYPE in self.content_types

    def names_in_path(self):
        return re.findall(r"{(\w+)}", self.path)

    def queries(self):
        return [each["name"] for each in self.parameters if each["in"] == "query"]

    def documents(self, status):
        """Beside what HTTP itself refuses, which never gets to the operation."""
        return status in self.statuses | EVERYWHERE

    def url(self, values, **instead):
        """With the parameters of the path filled; `instead` as they are, encoded already."""
        known = {name: urllib.parse.quote(value) for name, value in values.items()}
        return re.sub(r"{(\w+)}", lambda found: {**known, **instead}[found.group(1)], self.path)


def fields_of(schema):
    """The types of an object's fields, as JSON Schema calls them. Of a configuration: those of its example."""
    fields = {}
    for part in schema.get("allOf", [schema]):
        for name, field in part.get("properties", {}).items():
            fields[name] = types_of(field)
        example = part.get("example", {}) if part.get("additionalProperties") else {}
        fields |= {name: {TYPES[type(value)]} for name, value in example.items()}
    return fields


def types_of(schema):
    parts = schema.get("oneOf") or schema.get("allOf")
    if parts:
        return set().union(*(types_of(part) for part in parts))
    return {schema["type"]}


def read():
    script = os.path.join(os.environ["RILL_SOURCE_DIR"], "tests/support/openapi.mjs")
    paths = json.loads(subprocess.run(["node", script], check=True, stdout=subprocess.PIPE).stdout)
    return [Operation(method, path, item, item[method]) for path, item in paths.items() for method in METHODS if method in item]
