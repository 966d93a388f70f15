#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy has nothing to say about the sources, as .clang-tidy at the top asks it.

usage: tidy.py BUILD_FOLDER [PATH_PATTERN…]
"""

import re
import subprocess
import sys

from tree import ROOT

_FINDING = re.compile(r"^(.+?:\d+:\d+): (?:warning|error): (.+)$")


def check(root, build_folder, patterns=()):
    """The findings in the files of the compilation database whose path matches a pattern; without any: all but tests."""
    command = ["run-clang-tidy-19", "-quiet", "-p", str(build_folder), "-j", "2"]
    command += patterns or [rf"^{re.escape(str(root))}/(core|adapters|apps|tools)/(?!.*_test\.cc)"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True)
    findings = {}
    for match in filter(None, map(_FINDING.match, result.stdout.splitlines())):
        findings.setdefault(match[1].removeprefix(f"{root}/") + ": " + match[2])
    yield from findings
    if result.returncode != 0 and not findings:
        yield result.stderr.strip() or result.stdout.strip()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    violations = list(check(ROOT, sys.argv[1], sys.argv[2:]))
    for violation in violations:
        print(violation)
    sys.exit(1 if violations else 0)
