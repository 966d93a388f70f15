# SPDX-License-Identifier: Apache-2.0
import pytest
import spdx

APACHE = "SPDX-License-Identifier: Apache-2.0\n"


def test_files_with_the_line_pass(tree):
    root = tree({
        "core/x.h": "// " + APACHE,
        "run": "#!/bin/bash\n# " + APACHE,
        "CMakeLists.txt": "# " + APACHE,
        "README.md": "no line needed\n",
    })

    assert list(spdx.check(root)) == []


@pytest.mark.parametrize("name", ["core/x.cc", "tools/x.py", "cmake/x.cmake", "CMakeLists.txt"])
def test_a_file_without_it_is_named(tree, name):
    violations = list(spdx.check(tree({name: "text\n"})))

    assert len(violations) == 1 and violations[0].startswith(name)


def test_a_script_without_it_is_named(tree):
    assert len(list(spdx.check(tree({"run": "#!/bin/bash\nexit\n"})))) == 1


def test_the_kernel_module_has_licences_of_its_own(tree):
    root = tree({
        "kmod-utun/main.c": "// SPDX-License-Identifier: GPL-2.0-only\n",
        "kmod-utun/uapi/utun.h": "/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */\n",
        "kmod-utun/wrong.c": "// " + APACHE,
    })

    assert [line.split(":")[0] for line in spdx.check(root)] == ["kmod-utun/wrong.c"]


def test_build_folders_are_left_out(tree):
    assert list(spdx.check(tree({"build/x.cc": "text\n", "build-fuzz/x.cc": "text\n"}))) == []
