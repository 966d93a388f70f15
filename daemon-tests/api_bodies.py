# SPDX-License-Identifier: Apache-2.0
"""Values for the fields of a request: some that its schema allows, some that it does not."""

# What a field of any type is tried with.
_COMMON = [None, True, False, -1, 0, 1, 1.5, 2**31, 2**32, 2**64, -(2**63), "", "x", "17", "жанна", [], [1], {}, {"a": 1}]
_IN_TEXTS = ["a:b", "a\nb", "a\rb", "a\0b", "a\x1fb", "a\x7fb", "a\x9fb"]


def values_for(schema):
    """Common ones, and those on both sides of each limit of the schema."""
    values = list(_COMMON)
    for limit in ("minimum", "maximum"):
        if limit in schema:
            values += [schema[limit] - 1, schema[limit], schema[limit] + 1]
    for limit in ("minLength", "maxLength"):
        if limit in schema:
            values += ["y" * (schema[limit] + more) for more in (-1, 0, 1) if schema[limit] + more >= 0]
    if "string" in schema["type"]:
        values += _IN_TEXTS
    return list({repr(value): value for value in values}.values())


def incomplete(schema, body):
    """(body, field): `body` without what it must have; the field is what is to be complained of."""
    for field in schema.get("required", []):
        yield {name: body[name] for name in body if name != field}, field
    for field, needed in schema.get("dependentRequired", {}).items():
        for other in needed:
            yield {name: body[name] for name in body if name != other}, min(field, other, key=list(body).index)
