# SPDX-License-Identifier: Apache-2.0
"""What the kernel's own tools say of the module's sources: nothing."""

import subprocess

import pytest

from lib import module as module_builder

# What is said of the compatibility code is meant so: its macros have the names of kernel functions that take more
# arguments, and each case of its conditions is short.
COMPATIBILITY = "compat"


def source_files():
    return sorted(
        path for suffix in ("*.c", "*.h") for path in module_builder.SOURCES.rglob(suffix) if COMPATIBILITY not in path.parts
    )


@pytest.mark.kernels("6.12")
def test_sparse_says_nothing(kernel, logs):
    module_builder.build(kernel, logs, "C=2", "CF=-D__CHECK_ENDIAN__")


@pytest.mark.thorough
@pytest.mark.kernels("6.12")
def test_the_compilers_analyzer_says_nothing(kernel, logs):
    module_builder.build(kernel, logs, "KCFLAGS=-fanalyzer")


@pytest.mark.thorough
@pytest.mark.kernels("uml")
def test_checkpatch_says_nothing(kernel):
    words = ["perl", kernel.build_folder / "scripts" / "checkpatch.pl", "--no-tree", "--no-summary", "--terse", "--strict", "-f"]
    said = subprocess.run([*words, *source_files()], capture_output=True, text=True)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@pytest.mark.thorough
@pytest.mark.kernels("uml")
def test_coccinelle_says_nothing(kernel, logs):
    """All of the kernel's semantic patches."""
    module_builder.copy(logs)
    words = ["make", "-s", "-C", kernel.build_folder, f"M={logs}", "MODE=report", "coccicheck", *kernel.make_options]
    said = subprocess.run(words, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    reports = [line for line in said.stdout.splitlines() if line.startswith(str(logs))]
    assert reports == []
    assert "spatch" in said.stdout or "coccicheck" in said.stdout
