#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each source file says under which licence it is, in one of its first three lines."""

from tree import all_files, is_cpp, is_kernel, is_python, is_shell, main

SOURCE_SUFFIXES = {".c", ".cmake", ".css", ".html", ".in", ".js", ".service", ".sql", ".toml", ".yaml", ".yml"}
SOURCE_NAMES = {"CMakeLists.txt", "Makefile", "Kbuild", "pytest.ini"}


def expected_licence(name):
    if name.startswith("kmod-utun/"):
        return "GPL-2.0 WITH Linux-syscall-note" if "/uapi/" in name else "GPL-2.0-only"
    return "Apache-2.0"


def _is_source(path):
    return (
        is_cpp(path)
        or is_kernel(path)
        or is_python(path)
        or is_shell(path)
        or path.suffix in SOURCE_SUFFIXES
        or path.name in SOURCE_NAMES
    )


def check(root):
    for path in filter(_is_source, all_files(root)):
        name = path.relative_to(root).as_posix()
        wanted = f"SPDX-License-Identifier: {expected_licence(name)}"
        head = path.read_text(errors="replace").splitlines()[:3]
        if not any(wanted in line for line in head):
            yield f"{name}: lacks the line '{wanted}'"


if __name__ == "__main__":
    main(check)
