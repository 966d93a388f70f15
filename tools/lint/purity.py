#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The core is pure: its archives need nothing but what purity.allow lists.

usage: purity.py BUILD_FOLDER
"""

import pathlib
import re
import subprocess
import sys

ALLOW_LIST = pathlib.Path(__file__).with_name("purity.allow")


def read_allow_list(text):
    lines = (line.strip() for line in text.splitlines())
    return [re.compile(line) for line in lines if line and not line.startswith("#")]


def _symbols(archives, option):
    output = subprocess.run(
        ["nm", "--demangle", option, *map(str, archives)], check=True, capture_output=True, text=True
    ).stdout
    symbols = {}
    archive = ""
    for line in output.splitlines():
        if line.endswith(":"):
            archive = line[:-1]
        elif match := re.match(r"^[0-9a-f ]{16} ([A-Za-z]) (.+)$", line):
            symbols.setdefault(match[2], archive)
    return symbols


def check(archives, allowed):
    """Names every symbol that an archive needs, that no archive defines and that is not allowed."""
    if not archives:
        yield "no archive of the core was found"
        return
    defined = _symbols(archives, "--defined-only")
    for symbol, member in sorted(_symbols(archives, "--undefined-only").items()):
        if symbol not in defined and not any(pattern.fullmatch(symbol) for pattern in allowed):
            yield f"{member}: the core must not need {symbol}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    archives = sorted((pathlib.Path(sys.argv[1]) / "core").rglob("libcore_*.a"))
    violations = list(check(archives, read_allow_list(ALLOW_LIST.read_text())))
    for violation in violations:
        print(violation)
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
