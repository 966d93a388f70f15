# SPDX-License-Identifier: Apache-2.0
"""The files that the project consists of, and how each check reports."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

_SKIPPED_FOLDERS = {".git", "__pycache__", ".pytest_cache", "node_modules"}


def all_files(root):
    """Every file of the project below root, sorted; build folders at the top are left out."""

    def walk(folder):
        for path in sorted(folder.iterdir()):
            if path.is_symlink() or path.name in _SKIPPED_FOLDERS:
                continue
            if path.is_dir():
                if not (folder == root and path.name.startswith("build")):
                    yield from walk(path)
            else:
                yield path

    return walk(root)


def shebang(path):
    """The first line of a script without an extension; empty for anything else."""
    if path.suffix and path.suffix != ".sh":
        return ""
    with path.open("rb") as file:
        first = file.readline(200)
    return first.decode(errors="replace") if first.startswith(b"#!") else ""


def is_kernel(path):
    """C for the kernel, which has its own style."""
    return path.suffix in {".h", ".c"} and "kmod-utun" in path.parts


def is_cpp(path):
    return path.suffix in {".h", ".cc"} and not is_kernel(path)


def is_python(path):
    return path.suffix == ".py" or "python" in shebang(path)


def is_web(path):
    return path.suffix in {".css", ".html", ".js"}


def is_shell(path):
    return any(shell in shebang(path) for shell in ("bash", "/sh"))


def main(check):
    """Runs check(root), prints each violation, and exits with 1 if there is any."""
    violations = list(check(ROOT))
    for violation in violations:
        print(violation)
    sys.exit(1 if violations else 0)
