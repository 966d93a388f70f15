# SPDX-License-Identifier: Apache-2.0
"""CPU time of processes and kernel threads, to the nanosecond, and where they run."""

import os
import time

# One core for the broker's host, another for everything that only makes or takes its traffic.
LOAD_CORE = min(os.sched_getaffinity(0))
BROKER_CORE = max(os.sched_getaffinity(0))


def on_load_core(words):
    return ["taskset", "--cpu-list", str(LOAD_CORE), *map(str, words)]


def pin(pid, core):
    """All threads that the process has now."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {core})


def put_before_others(pid):
    """Nothing that is not measured interrupts the process, or what it starts from now on (SCHED_FIFO). On a machine
    that does other work, each change of the process on a core costs what is measured its cache."""
    os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))


def put_beside_others(pid):
    os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))


def seconds_of(pid):
    """User and system time of all threads of a process, alive and gone (see clock_getcpuclockid(3))."""
    return time.clock_gettime(~pid << 3 | 2)


class Meter:
    """CPU time of a set of processes while the `with` block runs."""

    def __init__(self, pids):
        self._pids = list(pids)
        self.seconds = 0.0

    def __enter__(self):
        self._before = sum(map(seconds_of, self._pids))
        return self

    def __exit__(self, *_):
        self.seconds = sum(map(seconds_of, self._pids)) - self._before


def resident_bytes(pid):
    with open(f"/proc/{pid}/status") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
