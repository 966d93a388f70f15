# SPDX-License-Identifier: Apache-2.0
"""Fixture: `start` starts a daemon with settings; each must end well when the test is over."""

import pathlib
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "netns-tests")]

from simulated import Broker  # noqa: E402


@pytest.fixture
def start(tmp_path):
    brokers = []

    def start_one(settings=None):
        brokers.append(Broker(tmp_path, settings or {}))
        return brokers[-1]

    yield start_one
    for broker in brokers:
        if broker.process.poll() is None:
            assert broker.stop() == 0, broker.log()
        assert "internal error" not in broker.log(), broker.log()


@pytest.fixture
def broker(start):
    return start()
