# SPDX-License-Identifier: Apache-2.0
"""Fixtures: `world` is fresh for each test; `questions` is one daemon for all tests of a file that only ask."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from lib.mysql_server import MysqlServer  # noqa: E402
from lib.namespace import sweep_left_overs  # noqa: E402
from lib.questions import Questions  # noqa: E402
from lib.world import World  # noqa: E402

LOGS = pathlib.Path(os.environ.get("TSPBROKER_LOGS", FOLDER.parent / "build" / "netns-logs"))


def pytest_configure(config):
    if os.geteuid() != 0:
        raise pytest.UsageError("network namespaces need root")
    if not os.path.exists("/dev/net/tun"):
        raise pytest.UsageError("/dev/net/tun is missing: modprobe tun")
    if hasattr(config, "workerinput"):  # one of several processes, of which the first has done the rest
        return
    sweep_left_overs()
    shutil.rmtree(LOGS, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        item.session.failed_nodes = getattr(item.session, "failed_nodes", set()) | {item.nodeid}


def _has_failed(request):
    """Whether the test, or any test of the file that shares the fixture, failed."""
    failed = getattr(request.session, "failed_nodes", set())
    return any(nodeid.startswith(request.node.nodeid) for nodeid in failed)


def _kernel_complaints():
    """Lines of the kernel's log that no test may cause."""
    result = subprocess.run(["dmesg"], capture_output=True, text=True, errors="replace")
    return [line for line in result.stdout.splitlines() if re.search(r"\b(WARNING|BUG|Oops):", line)]


@pytest.fixture(autouse=True, scope="session")
def quiet_kernel():
    before = len(_kernel_complaints())
    yield
    assert _kernel_complaints()[before:] == []


def _world(request):
    LOGS.mkdir(parents=True, exist_ok=True)
    # Short, because the path of a Unix socket in it may have 107 bytes.
    name = re.sub(r"[^A-Za-z0-9_]+", "_", request.node.name.removeprefix("test_"))[:40]
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=LOGS))
    world = World(folder)
    try:
        yield world
    finally:
        world.close()
        if _has_failed(request):
            print(f"logs are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def world(request):
    yield from _world(request)


@pytest.fixture
def mysql_server(world):
    """A running database server in a namespace of its own."""
    with tempfile.TemporaryDirectory(prefix="tsp-mysql-") as folder:
        server = MysqlServer(world.topology.add_public_client(), world.processes, pathlib.Path(folder))
        server.start()
        server.make_database()
        yield server
        world.processes.close()


@pytest.fixture(scope="module")
def shared_world(request):
    yield from _world(request)


@pytest.fixture(scope="module")
def questions(shared_world):
    return Questions(shared_world)
