# SPDX-License-Identifier: Apache-2.0
"""Where downloads and what is made of them are kept between runs."""

import contextlib
import fcntl
import os
import pathlib
import shutil

FOLDER = pathlib.Path(os.environ.get("TSPBROKER_VM_CACHE") or pathlib.Path.home() / ".cache" / "tspbroker-vm")


@contextlib.contextmanager
def locked(name):
    """One process at a time: tests run in several."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made(name, make):
    """The file or folder `name`, made by make(path) unless it is there. What fails half-way leaves nothing."""
    path = FOLDER / name
    with locked(name.replace("/", "_")):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(path.name + ".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.unlink(missing_ok=True)
            make(unfinished)
            unfinished.rename(path)
    return path
