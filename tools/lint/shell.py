#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shell scripts satisfy shellcheck."""

import subprocess

from tree import all_files, is_shell, main


def check(root):
    files = [str(path.relative_to(root)) for path in all_files(root) if is_shell(path)]
    if not files:
        return
    result = subprocess.run(
        ["shellcheck", "--format=gcc", "--external-sources", *files], cwd=root, capture_output=True, text=True
    )
    yield from result.stdout.splitlines()
    if result.returncode != 0 and not result.stdout:
        yield result.stderr.strip()


if __name__ == "__main__":
    main(check)
