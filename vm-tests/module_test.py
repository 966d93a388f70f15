# SPDX-License-Identifier: Apache-2.0
"""The kernel module on kernels of Debian's. What is tested is in guest/."""

import re

import pytest

from lib import machine

# What one guest after another runs; to start one takes an emulated machine ten seconds.
GROUPS = {
    "lives": ["lifecycle_tests", "offload_tests"],
    "packets": ["conformance_tests", "datapath_tests", "random_tests"],
    "numbers": ["scale_tests", "stress_tests"],
}
# Of random input and of stress.
THOROUGH_SECONDS = 15 * 60


def expect_passed(run):
    assert run.passed, run.explain()
    counted = re.search(r"^Ran (\d+) tests?", run.output, re.MULTILINE)
    assert counted and int(counted[1]) > 0
    assert "utun: self tests passed" in run.log


@pytest.mark.parametrize("group", GROUPS)
def test_in_a_guest(kernel, module, logs, group):
    expect_passed(machine.run(kernel, "run_tests.py", *GROUPS[group], module=module, seconds=600, keep_in=logs))


@pytest.mark.thorough
@pytest.mark.kernels("uml")
def test_each_allocation_fails_once(kernel, module, logs):
    """Debian's own kernels have no fault injection."""
    expect_passed(machine.run(kernel, "run_tests.py", "allocation_tests", module=module, seconds=900, keep_in=logs))


@pytest.mark.thorough
@pytest.mark.kernels("6.12", "uml")
@pytest.mark.parametrize("file", ["random_tests", "stress_tests"])
def test_for_long(kernel, module, logs, file):
    run = machine.run(kernel, "run_tests.py", "--seconds", str(THOROUGH_SECONDS), file, module=module,
                      seconds=2 * THOROUGH_SECONDS, keep_in=logs)  # fmt: skip
    expect_passed(run)


@pytest.mark.kernels("6.12")
def test_a_failure_in_the_guest_is_one_here(kernel, module, logs):
    """Whoever judges the runs is tested as well: a test that fails, a warning of the kernel, and a hang."""
    failed = machine.run(kernel, "canary.py", "fail", module=module, seconds=120, keep_in=logs / "fail")
    assert failed.status == 1 and not failed.passed
    warned = machine.run(kernel, "canary.py", "warn", module=module, seconds=120, keep_in=logs / "warn")
    assert warned.status == 0 and not warned.passed
    assert any("WARNING: canary" in line for line in warned.complaints())
    hung = machine.run(kernel, "canary.py", "hang", module=module, seconds=20, keep_in=logs / "hang")
    assert hung.status is None and not hung.passed
    assert "canary.py hang" in hung.output  # with its stack
