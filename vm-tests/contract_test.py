# SPDX-License-Identifier: Apache-2.0
"""The broker's datapath on the kernel module: its contract, and what happens to its device."""

import pathlib
import re

from lib import machine

PROGRAM = pathlib.Path(__file__).resolve().parents[1] / "build" / "bin" / "linux_utun_contract_test"


def test_the_datapath_keeps_its_contract(kernel, module, logs):
    run = machine.run(
        kernel, "run_gtest", PROGRAM.name, module=module, programs=[PROGRAM], seconds=400, keep_in=logs
    )
    assert run.passed, run.explain()
    counted = re.search(r"(\d+) tests from \d+ test suites ran", run.output)
    assert counted and int(counted[1]) > 0
