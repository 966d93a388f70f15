# SPDX-License-Identifier: Apache-2.0
"""On what it was measured."""

import os
import pathlib
import platform
import shutil
import subprocess


def describe(root):
    return {
        "revision": _revision(root),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load_average_at_the_beginning": os.getloadavg()[0],
    }


def _revision(root):
    """A guest has neither git nor a repository."""
    words = ["git", "-C", root, "describe", "--always", "--dirty"]
    told = subprocess.run(words, capture_output=True, text=True).stdout if shutil.which("git") else ""
    return told.strip() or "unknown"


def _processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def file_system_of(folder):
    """The type of the file system that holds a folder."""
    words = ["findmnt", "--noheadings", "--output", "FSTYPE", "--target", folder]
    return subprocess.run(words, capture_output=True, text=True).stdout.strip() or "unknown"
