#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Names, lengths and leftovers: what a reader should not meet in any file."""

import re

from tree import all_files, is_cpp, is_kernel, is_python, is_shell, is_web, main

LINES_MAX = 500

_SNAKE_CASE = re.compile(r"[a-z0-9_]+\.\w+")
# Put together from pieces, so that this file does not find itself.
_LEFT_OVER = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
_MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:" + "|".join(["home", "work", "ro" + "ot"]) + r")/")


def _is_code(path):
    return is_cpp(path) or is_kernel(path) or is_python(path) or is_shell(path) or is_web(path)


def _is_text(path):
    return _is_code(path) or path.suffix in {".md", ".cmake", ".txt", ".toml", ".yaml", ".json", ".sql"}


def _check_lines(name, lines, is_code, may_have_tabs):
    for number, line in enumerate(lines, 1):
        if is_code and not may_have_tabs and "\t" in line:
            yield f"{name}:{number}: tab"
        if line != line.rstrip():
            yield f"{name}:{number}: white space at the end of the line"
        if is_code and (match := _LEFT_OVER.search(line)):
            yield f"{name}:{number}: {match[0]} left over"
        if match := _MACHINE_PATH.search(line):
            yield f"{name}:{number}: {match[0]} exists on one machine only"


def _check_namespace_of_tests(name, path, text):
    """Several are compiled as one."""
    own = f"namespace {path.stem} {{"
    if re.search(r"^namespace \{$", text, re.MULTILINE) or (re.search(r"^TEST", text, re.MULTILINE) and own not in text):
        yield f"{name}: its tests are to stand in '{own}'"


def check(root):
    for path in filter(_is_text, all_files(root)):
        name = path.relative_to(root).as_posix()
        text = path.read_text(errors="replace")
        lines = text.splitlines()
        is_code = _is_code(path)
        if is_code and len(lines) > LINES_MAX:
            yield f"{name}: {len(lines)} lines, at most {LINES_MAX}"
        if (is_cpp(path) or path.suffix == ".py") and not _SNAKE_CASE.fullmatch(path.name):
            yield f"{name}: not in snake_case"
        if text and not text.endswith("\n"):
            yield f"{name}: no line end at its end"
        if path.name.endswith("_test.cc"):
            yield from _check_namespace_of_tests(name, path, text)
        yield from _check_lines(name, lines, is_code, is_kernel(path))


if __name__ == "__main__":
    main(check)
