#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The description of the API against the server's table of routes: the same requests, with and without a body, and who
may make them."""

import re

import yaml
from tree import main

DOCUMENT = "docs/reference/openapi.yaml"
ROUTES = "adapters/linux/control/api.cc"

_ROUTE = re.compile(
    r'Route\{\s*"(\w+)",\s*"([\w/-]+)",\s*Shape::(\w+),\s*Body::(\w+),\s*Who::(\w+),\s*Area::(\w+),\s*\w+,?'
    r'(?:\s*Repeat::\w+,?)?(?:\s*"([\w ]*)")?')
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
_PAGING = ["after", "limit"]


def routes_in_code(text):
    """What each request takes: (method, path) with the parameters of its query, whether it has a body, who may make it,
    and the scope that a token needs."""
    for method, collection, shape, body, who, area, further in _ROUTE.findall(text):
        path = f"/{collection}" + ("/{}" if shape == "Item" else "")
        if shape == "ItemPart":
            path = "/{}/{{}}/{}".format(*collection.split("/"))
        scope = None if area == "Session" else f"{area.lower()}:{'read' if method == 'GET' else 'write'}"
        yield (method, path), (sorted(further.split() + (_PAGING if shape == "List" else [])), body != "None", _words(who), scope)


def _words(name):
    """AdminOrOwner: admin-or-owner"""
    return "-".join(re.findall(r"[A-Z][a-z]*", name)).lower()


def _query_of(parameters, components):
    named = [components.get(each["$ref"].rpartition("/")[2], {}) if "$ref" in each else each for each in parameters]
    return sorted(each["name"] for each in named if each.get("in") == "query")


def requests_in_document(tree):
    components = tree.get("components", {}).get("parameters", {})
    for path, operations in tree.get("paths", {}).items():
        for method in _METHODS & operations.keys():
            operation = operations[method]
            parameters = operations.get("parameters", []) + operation.get("parameters", [])
            request = (method.upper(), re.sub(r"\{\w+\}", "{}", path))
            query = _query_of(parameters, components)
            yield request, (query, "requestBody" in operation, operation.get("x-who"), operation.get("x-scope"))


def check(root):
    path = root / DOCUMENT
    described = dict(requests_in_document(yaml.safe_load(path.read_text()) if path.is_file() else {}))
    served = dict(routes_in_code((root / ROUTES).read_text()))
    for request in sorted(served.keys() - described.keys()):
        yield f"{DOCUMENT}: {' '.join(request)} is missing"
    for request in sorted(described.keys() - served.keys()):
        yield f"{DOCUMENT}: {' '.join(request)} is not in the table of {ROUTES}"
    for request in sorted(served.keys() & described.keys()):
        for what, in_code, in_document in zip(("query", "body", "who", "scope"), served[request], described[request], strict=True):
            if in_code != in_document:
                yield f"{DOCUMENT}: {' '.join(request)}: {what} is {in_document}, in {ROUTES} {in_code}"


if __name__ == "__main__":
    main(check)
