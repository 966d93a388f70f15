# SPDX-License-Identifier: Apache-2.0
"""The broker on the kernel module: the contract of its datapath, what happens to its device, and tspd itself."""

import pathlib
import re

from lib import machine

PROGRAMS = pathlib.Path(__file__).resolve().parents[1] / "build" / "bin"


def expect_passed(run, counted):
    assert run.passed, run.explain()
    found = re.search(counted, run.output, re.MULTILINE)
    assert found and int(found[1]) > 0


def test_the_datapath_keeps_its_contract(kernel, module, logs):
    program = PROGRAMS / "linux_utun_contract_test"
    run = machine.run(
        kernel, "run_gtest", program.name, module=module, programs=[program], seconds=400, keep_in=logs
    )
    expect_passed(run, r"(\d+) tests from \d+ test suites ran")


def test_tspd_serves_by_the_module(kernel, module, logs):
    programs = [PROGRAMS / "tspd", PROGRAMS / "tspctl"]
    run = machine.run(
        kernel, "run_tests.py", "tspd_tests", module=module, programs=programs, seconds=400, keep_in=logs
    )
    expect_passed(run, r"^Ran (\d+) tests?")
