# SPDX-License-Identifier: Apache-2.0
"""The broker's own namespace tests, in a guest where `datapath.type = "auto"` takes the kernel module."""

import pathlib
import xml.etree.ElementTree as ElementTree

import pytest

from lib import machine

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAMS = [ROOT / "build" / "bin" / name for name in ("tspd", "tspctl", "tsp-connect", "tsp-load")]
FILES = ["forwarding_test.py"]


@pytest.mark.parametrize("file", FILES)
def test_namespaces(kernel, module, logs, file):
    run = machine.run(kernel, "run_namespace_tests", file, module=module, programs=PROGRAMS,
                      folders=[ROOT / "netns-tests"], seconds=600, memory_mb=1536, keep_in=logs)  # fmt: skip
    assert run.passed, run.explain()
    suite = ElementTree.parse(run.folder / "out" / "junit.xml").getroot().find("testsuite")
    assert int(suite.get("tests")) > int(suite.get("skipped"))
