#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The catalogue of events against the code: each event once, with the fields that it can have, and something to do."""

import re

from tree import all_files, is_cpp, main

CATALOGUE = "docs/reference/events.md"
NAMES = "core/broker/event_names.cc"

_NAME = re.compile(r"case EventCode::(\w+):\s*return \"(\w+)\";")
_REPORT = re.compile(r"Event\{\s*\.code = EventCode::(\w+)(.*?)\}\)", re.DOTALL)
_MEMBER = re.compile(r"\.(login|path|tunnel|inner|delegated|detail) = ")
_LINE = re.compile(r"LogLine\(\"(\w+)\"\)(.*?);", re.DOTALL)
_FIELD = re.compile(r"\.(?:word|text|number)\(\"(\w+)\"")
_CODE = re.compile(r"`([^`]+)`")
# As the log writes them.
_FIELDS_OF_MEMBER = {"path": {"remote", "local"}}


def _sources(root, folder):
    for path in all_files(root):
        if is_cpp(path) and path.relative_to(root).as_posix().startswith(folder) and not path.name.endswith("_test.cc"):
            yield path.read_text()


def events_in_code(root):
    """The name of each event, and its fields."""
    names = dict(_NAME.findall((root / NAMES).read_text()))
    events = {name: set() for name in names.values()}
    for text in _sources(root, "core/broker/"):
        for code, rest in _REPORT.findall(text):
            for member in _MEMBER.findall(rest):
                events[names[code]] |= _FIELDS_OF_MEMBER.get(member, {member})
    for text in _sources(root, "adapters/linux/"):
        for name, rest in _LINE.findall(text):
            events.setdefault(name, set()).update(_FIELD.findall(rest))
    return events


def _rows(text):
    """Number of the line and the cells of each row of a table of events."""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 5:
            yield number, cells


def check(root):
    path = root / CATALOGUE
    events = events_in_code(root)
    seen = set()
    for number, (name, level, meaning, fields, action) in _rows(path.read_text() if path.is_file() else ""):
        where = f"{CATALOGUE}:{number}: {name}"
        name = name.strip("`")
        if name in seen:
            yield f"{where} stands here twice"
        seen.add(name)
        if name not in events:
            yield f"{where} is no event of the code"
            continue
        if not (level and meaning and action):
            yield f"{where} lacks its level, its meaning or what to do"
        listed = set(_CODE.findall(fields))
        for field in sorted(events[name] - listed):
            yield f"{where} lacks the field `{field}`"
        for field in sorted(listed - events[name]):
            yield f"{where} has no field `{field}` in the code"
    for name in sorted(set(events) - seen):
        yield f"{CATALOGUE}: `{name}` is missing"


if __name__ == "__main__":
    main(check)
