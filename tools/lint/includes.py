#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include whom. The table is the architecture; a new folder needs a line in it."""

import re
from pathlib import PurePosixPath

from tree import all_files, is_cpp, main

# Folder: the folders of this project whose headers it may include, besides its own. A folder stands for everything
# below it, unless a longer name is in the table.
MAY_INCLUDE = {
    "core/include/tsp": [],
    "core/base": ["core/include/tsp"],
    "core/wire": ["core/include/tsp", "core/base"],
    "core/auth": ["core/include/tsp", "core/base", "core/wire"],
    "core/pool": ["core/include/tsp", "core/base"],
    "core/tunnel": ["core/include/tsp", "core/base"],
    "core/dataplane": ["core/include/tsp", "core/base"],
    "core/session": ["core/include/tsp", "core/base", "core/wire", "core/auth", "core/pool", "core/tunnel"],
    "core/broker": ["core"],
    "core/client": ["core/include/tsp", "core/base", "core/wire", "core/auth", "core/dataplane"],
    "adapters/port": ["core"],
    "adapters/linux": ["core", "adapters/port"],
    "adapters/sim": ["core", "adapters/port"],
    "apps": ["core", "adapters/port", "adapters/linux"],
    "tools": ["core", "adapters"],
    "bench": ["core", "adapters"],
    "fuzz": ["core", "adapters", "tools"],
}

# What the core may take from outside: values and containers. No clock is among them, chrono's durations are.
CORE_SYSTEM_HEADERS = """
    algorithm array bit bitset cassert charconv chrono climits compare concepts cstddef cstdint cstdlib cstring deque
    expected functional initializer_list iterator limits list map memory new numeric optional queue ranges set span
    stdexcept string string_view tuple type_traits unordered_map unordered_set utility variant vector
    pugixml.hpp nettle/base16.h nettle/base64.h nettle/chacha.h nettle/md5.h nettle/memops.h nettle/sha1.h
    nettle/sha2.h nettle/siphash.h
""".split()

_INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def _home(path, table):
    """The entry of the table that a path belongs to: the longest one."""
    parents = [str(parent) for parent in PurePosixPath(path).parents]
    return next((parent for parent in parents if parent in table), None)


def _allows(entry, path):
    return path.startswith(entry + "/")


def _check_own(where, folder, included):
    if included.startswith("tsp/"):
        included = "core/include/" + included
    if "/" not in included:
        return f'{where}: write the path from the top of the tree, not "{included}"'
    if not any(_allows(entry, included) for entry in [folder, *MAY_INCLUDE[folder]]):
        return f"{where}: {folder} must not include {included}"
    return None


def _check_line(where, folder, is_test, quoted, angled):
    if quoted or angled.startswith("tsp/"):
        return _check_own(where, folder, quoted or angled)
    if folder.startswith("core/") and not is_test and angled not in CORE_SYSTEM_HEADERS:
        return f"{where}: the core must not include <{angled}>"
    return None


def check(root):
    """Names every include that the table does not allow."""
    for path in filter(is_cpp, all_files(root)):
        name = path.relative_to(root).as_posix()
        folder = _home(name, MAY_INCLUDE)
        if folder is None:
            yield f"{name}: its folder is not in the table of includes.py"
            continue
        is_test = bool(re.search(r"_(test|bench|fuzz)\.cc$|_test_\w+\.h$", name))
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if match := _INCLUDE.match(line):
                violation = _check_line(f"{name}:{number}", folder, is_test, match[1] or "", match[2] or "")
                if violation:
                    yield violation


if __name__ == "__main__":
    main(check)
