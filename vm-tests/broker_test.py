# SPDX-License-Identifier: Apache-2.0
"""The broker's own namespace tests, in a guest where `datapath.type = "auto"` takes the kernel module."""

import xml.etree.ElementTree as ElementTree

import pytest

from lib import broker, machine
from lib.kernels import USUAL

SMOKE = [f"forwarding_test.py::test_{name}" for name in ("tcp_bulk_flows_both_ways", "several_workers_serve_every_client")]
# What is about packets, and about starting and stopping with them.
FILES = ["account_mtu_test.py", "client_mtu_test.py", "forwarding_test.py", "keepalive_test.py", "lifecycle_test.py",
         "mss_test.py", "mtu_test.py", "protocol_41_test.py", "restart_test.py", "router_test.py", "security_test.py"]  # fmt: skip


def run_in_guest(kernel, module, logs, tests, seconds):
    run = machine.run(kernel, "run_namespace_tests", *tests, module=module, seconds=seconds, keep_in=logs, **broker.NEEDS)
    assert run.passed, run.explain()
    suite = ElementTree.parse(run.folder / "out" / "junit.xml").getroot().find("testsuite")
    assert int(suite.get("tests")) > int(suite.get("skipped"))


@pytest.mark.kernels(*USUAL)
def test_smoke(kernel, module, logs):
    run_in_guest(kernel, module, logs, SMOKE, seconds=400)


@pytest.mark.thorough
@pytest.mark.kernels("6.12")
@pytest.mark.parametrize("file", FILES)
def test_namespaces(kernel, module, logs, file):
    run_in_guest(kernel, module, logs, [file], seconds=1500)
