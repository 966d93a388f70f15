#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The documents that say which test holds what: each number once, each test in the tree, nothing left open.

They consist of tables. The first cell of a row is a number, the last one names tests: `path: Suite.Name` or
`path: function`, further names in the same file without the path, or the path of a fuzz target alone.
"""

import functools
import re
from dataclasses import dataclass

from tree import main

_NUMBER = re.compile(r"[A-Z]-?\d+|\d+")
_CODE = re.compile(r"`([^`]+)`")
_REFERENCE = re.compile(r"(?:(?P<path>[\w./-]+): )?(?P<name>[A-Z]\w*\.[A-Z]\w*|test_\w+)")
_FUZZ_TARGET = re.compile(r"fuzz/\w+_fuzz\.cc")
_CPP_TEST = r"\bTEST(?:_F|_P)?\(\s*{suite},\s*{name}\)"


@dataclass(frozen=True)
class Document:
    path: str
    numbers: tuple
    # What a row without a test must say; it may be that nothing will do.
    excuse: re.Pattern


def _numbered(form, count):
    return tuple(form.format(number) for number in range(1, count + 1))


_FIELD_GROUPS = {"S": 15, "N": 14, "M": 13, "K": 9, "A": 12, "U": 12, "X": 10}

DOCUMENTS = [
    Document(
        "docs/internals/rfc5572.md",
        _numbered("S-{:02}", 94) + _numbered("C-{:02}", 34),
        re.compile(r"comes? with (tunnel types|redirects|reverse DNS)"),
    ),
    Document(
        "docs/internals/field-symptoms.md",
        tuple(number for group, count in _FIELD_GROUPS.items() for number in _numbered(group + "{}", count)),
        re.compile(r"not yet|does not apply"),
    ),
    Document("docs/internals/simulation.md", _numbered("{}", 26), re.compile(r"(?!)")),
]


def _rows(text):
    """Number of the line, first and last cell of each row of a table that begins with a number."""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and _NUMBER.fullmatch(cells[0]):
            yield number, cells[0], cells[-1]


@functools.cache
def _text(path):
    return path.read_text() if path.is_file() else None


def _is_defined(text, name):
    if name.startswith("test_"):
        return re.search(rf"^def {name}\(", text, re.MULTILINE)
    suite, _, test = name.partition(".")
    return re.search(_CPP_TEST.format(suite=suite, name=test), text)


def _check_reference(root, path, name):
    text = _text(root / path) if path else None
    if path is None:
        return f"no file is named before {name}"
    if text is None:
        return f"there is no {path}"
    return None if _is_defined(text, name) else f"{path} has no {name}"


def _check_tests(root, cell):
    """How many tests a cell names, and what is wrong with them."""
    count, path, faults = 0, None, []
    for code in _CODE.findall(cell):
        match = _REFERENCE.fullmatch(code)
        if match:
            path = match["path"] or path
            fault = _check_reference(root, path, match["name"])
        elif _FUZZ_TARGET.fullmatch(code):
            fault = None if (root / code).is_file() else f"there is no {code}"
        elif "/" in code:
            fault = f"{code} is no test as this document names them"
        else:
            continue
        count += 1
        if fault:
            faults.append(fault)
    return count, faults


def _check_document(root, document):
    text = _text(root / document.path)
    if text is None:
        yield f"{document.path}: it is not there"
        return
    seen = []
    for line, number, cell in _rows(text):
        where = f"{document.path}:{line}: {number}"
        if number in seen:
            yield f"{where} stands here twice"
        elif number not in document.numbers:
            yield f"{where} is no number of this document"
        seen.append(number)
        count, faults = _check_tests(root, cell)
        yield from (f"{where}: {fault}" for fault in faults)
        if count == 0 and not document.excuse.search(cell):
            yield f"{where}: no test, and no reason"
    for number in document.numbers:
        if number not in seen:
            yield f"{document.path}: {number} is missing"


def check(root, documents=tuple(DOCUMENTS)):
    for document in documents:
        yield from _check_document(root, document)


if __name__ == "__main__":
    main(check)
