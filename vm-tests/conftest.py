# SPDX-License-Identifier: Apache-2.0
"""Fixtures: `kernel`, one of each series, and `module`, built for it once in a session with self tests."""

import os
import pathlib
import shutil
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from lib import cache, module as module_builder  # noqa: E402
from lib.kernel import MORE_SERIES, SERIES, Kernel  # noqa: E402

LOGS = pathlib.Path(os.environ.get("TSPBROKER_LOGS", FOLDER.parent / "build" / "vm-logs"))


def pytest_addoption(parser):
    parser.addoption("--every-kernel", action="store_true", help="also those of other releases of Debian")


def pytest_generate_tests(metafunc):
    if "kernel" in metafunc.fixturenames:
        more = MORE_SERIES if metafunc.config.getoption("--every-kernel") else {}
        metafunc.parametrize("kernel", [*SERIES, *more], indirect=True, scope="session")


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # the first of several processes
        shutil.rmtree(LOGS, ignore_errors=True)
        LOGS.mkdir(parents=True)


@pytest.fixture(scope="session")
def kernel(request):
    return Kernel(request.param)


@pytest.fixture(scope="session")
def module(kernel):
    """One of several processes builds it, the others wait."""
    folder = LOGS / f"module-{kernel.series}"
    with cache.locked(f"module-{kernel.series}"):
        built = folder / "utun.ko"
        return built if built.exists() else module_builder.build(kernel, folder, "UTUN_SELFTEST=y")


@pytest.fixture
def logs(request, kernel):
    return LOGS / request.node.name.replace("[", "-").replace("]", "")
