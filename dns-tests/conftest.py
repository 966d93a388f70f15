# SPDX-License-Identifier: Apache-2.0
"""Fixtures: `server` is a name server of each kind that was started, `start_driver` starts the program under test."""

import pathlib
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "netns-tests")]

from driver import Driver  # noqa: E402
from servers import Bind, Knot  # noqa: E402


@pytest.fixture(params=[Bind, Knot], ids=["bind", "knot"])
def stopped_server(request, tmp_path):
    """Configured, and not running yet."""
    server = request.param(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def server(stopped_server):
    stopped_server.start()
    return stopped_server


@pytest.fixture
def start_driver():
    drivers = []

    def start(server, key_path=None, zones=None):
        drivers.append(Driver(server, key_path or server.key_path, zones or server.ZONES))
        return drivers[-1]

    yield start
    for driver in drivers:
        assert driver.stop() == 0, driver.lines


@pytest.fixture
def driver(server, start_driver):
    return start_driver(server)
