# SPDX-License-Identifier: Apache-2.0
"""docs/reference/openapi.yaml: the operations that it has, and what fits it."""

import functools
import re

import jsonschema
import yaml
from lib.programs import ROOT

PATH = ROOT / "docs/reference/openapi.yaml"
METHODS = ("get", "post", "put", "patch", "delete")

_MEDIA_TYPE = "application/json"


def at_reference(tree, reference):
    node = tree
    for name in reference.removeprefix("#/").split("/"):
        node = node[name]
    return node


class Operation:
    def __init__(self, document, path, method, tree, shared_parameters):
        self._document = document
        self.id = tree["operationId"]
        self.method = method.upper()
        self.path = path
        self.tree = tree
        self.parameters = [document.resolved(each) for each in shared_parameters + tree.get("parameters", [])]
        self.body = document.resolved(tree["requestBody"])["content"][_MEDIA_TYPE] if "requestBody" in tree else None
        self.responses = {status: document.resolved(each) for status, each in tree["responses"].items()}

    def __repr__(self):
        return self.id

    @property
    def body_schema(self):
        return self._document.resolved(self.body["schema"])

    def parameters_in(self, place):
        return [parameter for parameter in self.parameters if parameter["in"] == place]

    def target(self, query="", **values):
        return "/api/v1" + self.path.format(**values) + query

    def example_target(self, query=""):
        return self.target(query, **{each["name"]: each["example"] for each in self.parameters_in("path")})

    def check_answer(self, status, answer):
        response = self.responses.get(str(status), self.responses["default"])
        faults = self._document.faults(response["content"][_MEDIA_TYPE]["schema"], answer)
        assert not faults, f"{self.method} {self.path}: {status} {answer}: {faults}"


class Document:
    def __init__(self):
        self.tree = yaml.safe_load(PATH.read_text())
        self._resolver = jsonschema.RefResolver.from_schema(self.tree)
        self.operations = {each.id: each for each in self._all_operations()}

    def _all_operations(self):
        for path, tree in self.tree["paths"].items():
            for method in METHODS:
                if method in tree:
                    yield Operation(self, path, method, tree[method], tree.get("parameters", []))

    def resolved(self, node):
        """What a reference stands for, with what stands beside it."""
        while "$ref" in node:
            node = at_reference(self.tree, node["$ref"]) | {name: node[name] for name in node if name != "$ref"}
        return node

    def faults(self, schema, value):
        validator = jsonschema.Draft202012Validator(
            schema, resolver=self._resolver, format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"])
        )
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def nodes(self, node=None):
        """Each mapping in the document."""
        node = self.tree if node is None else node
        if isinstance(node, dict):
            yield node
        for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            if isinstance(each, (dict, list)):
                yield from self.nodes(each)


@functools.cache
def document():
    return Document()


def names_in(path):
    return re.findall(r"\{(\w+)\}", path)
