#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""C++ is laid out as .clang-format says."""

import re
import subprocess

from tree import all_files, is_cpp, main

_VIOLATION = re.compile(r"^(.+?):(\d+):\d+: error: code should be clang-formatted")


def check(root):
    files = [str(path.relative_to(root)) for path in all_files(root) if is_cpp(path)]
    if not files:
        return
    result = subprocess.run(
        ["clang-format-19", "--dry-run", "-Werror", *files], cwd=root, capture_output=True, text=True
    )
    seen = set()
    for match in filter(None, map(_VIOLATION.match, result.stderr.splitlines())):
        if match[1] not in seen:
            seen.add(match[1])
            yield f"{match[1]}:{match[2]}: run clang-format-19 -i on it"
    if result.returncode != 0 and not seen:
        yield result.stderr.strip()


if __name__ == "__main__":
    main(check)
