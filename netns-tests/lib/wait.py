# SPDX-License-Identifier: Apache-2.0
"""Waiting for conditions. No test sleeps to let time pass."""

import os
import time

# How much longer everything may take: in an emulated machine.
PATIENCE = float(os.environ.get("TSPBROKER_PATIENCE", "1"))


def wait_for(condition, what, timeout_seconds=10.0, interval_seconds=0.05):
    """Returns the first true value of condition(); fails with `what` after the timeout."""
    deadline = time.monotonic() + timeout_seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout_seconds:g} s in vain for {what}")
        time.sleep(interval_seconds)


def holds_for(condition, what, seconds, interval_seconds=0.05):
    """Fails as soon as condition() is false within that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"{what} did not hold for {seconds:g} s"
        time.sleep(interval_seconds)
