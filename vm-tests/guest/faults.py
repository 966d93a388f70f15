# SPDX-License-Identifier: Apache-2.0
"""Allocations of memory that fail (the kernel's Documentation/fault-injection/fault-injection.rst)."""

import contextlib
import gc
import os
import pathlib

import netlink

_FAILSLAB = pathlib.Path("/sys/kernel/debug/failslab")


def are_possible():
    return _FAILSLAB.exists()


def set_up():
    """Those that may wait for memory fail too, and the log says nothing of it."""
    (_FAILSLAB / "ignore-gfp-wait").write_text("N")
    (_FAILSLAB / "verbose").write_text("0")


class Fault:
    """
    One allocation of this thread, counted from 1, in what is done inside. Interrupts and other threads are not counted.
    """

    def __init__(self, number):
        self.number = number
        self.happened = False

    def __enter__(self):
        gc.disable()
        self._file = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
        os.pwrite(self._file, str(self.number).encode(), 0)
        return self

    def __exit__(self, *_):
        self.happened = int(os.pread(self._file, 16, 0)) == 0
        os.pwrite(self._file, b"0", 0)
        os.close(self._file)
        gc.enable()


# What a request says that lacked memory somewhere, and Python itself.
REFUSALS = (netlink.Refused, OSError, MemoryError)


def each(attempt, check):
    """
    Calls `attempt` again and again, each time with one allocation more that succeeds before one fails, until none is left
    to fail; and after each `check(error)`, where None is success. Returns how many there were.
    """
    number = 0
    while True:
        number += 1
        error = None
        with Fault(number) as fault:
            try:
                attempt()
            except REFUSALS as caught:
                error = caught.with_traceback(None)
        check(error)
        if not fault.happened:
            if error:
                raise error
            return number - 1


@contextlib.contextmanager
def at_random(percent, caches):
    """Meanwhile some of all allocations from those caches of the kernel's fail, those of interrupts as well."""
    folders = [pathlib.Path("/sys/kernel/slab") / name for name in caches]
    marks = [folder / "failslab" for folder in folders if (folder / "failslab").exists()]
    if not marks:
        raise RuntimeError(f"none of {' '.join(caches)} can be made to fail")
    settings = {"cache-filter": ("Y", "N"), "probability": (percent, 0), "interval": (1, 1), "times": (-1, 1)}
    for mark in marks:
        mark.write_text("1")
    for name, (value, _) in settings.items():
        (_FAILSLAB / name).write_text(str(value))
    try:
        yield
    finally:
        for name in reversed(settings):
            (_FAILSLAB / name).write_text(str(settings[name][1]))
        for mark in marks:
            mark.write_text("0")
