# SPDX-License-Identifier: Apache-2.0
"""
Fixtures: `kernel`, one of each series, and `module`, built for it once in a session with self tests.

The marker `kernels` names those that a test is for; `thorough` are tests that take long.
"""

import os
import pathlib
import shutil
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from lib import cache, kernels, module as module_builder  # noqa: E402

LOGS = pathlib.Path(os.environ.get("TSPBROKER_LOGS", FOLDER.parent / "build" / "vm-logs"))


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="with every kernel, and tests that take long")


def pytest_generate_tests(metafunc):
    if "kernel" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("kernels")
    usual = kernels.EVERY if metafunc.config.getoption("--thorough") else kernels.USUAL
    metafunc.parametrize("kernel", marker.args if marker else usual, indirect=True, scope="session")


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # the first of several processes
        shutil.rmtree(LOGS, ignore_errors=True)
        LOGS.mkdir(parents=True)


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--thorough"):
        left_out = [item for item in items if item.get_closest_marker("thorough")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def kernel(request):
    return kernels.get(request.param)


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
