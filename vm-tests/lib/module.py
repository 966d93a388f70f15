# SPDX-License-Identifier: Apache-2.0
"""Builds the module for a kernel."""

import os
import pathlib
import shutil
import subprocess

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "kmod-utun"


class BuildError(Exception):
    pass


def copy(folder):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCES, folder)


def build(kernel, folder, *options):
    """A copy of the sources is built in `folder`; any warning is an error. The module without debug information."""
    copy(folder)
    tools = kernel.toolchain
    jobs = len(os.sched_getaffinity(0))
    make = ["make", "-s", f"-j{jobs}", "-C", folder, f"KDIR={kernel.build_folder}", f"CC={tools.compiler}", "W=1",
            *kernel.make_options, *options]  # fmt: skip
    result = subprocess.run(tools.command(make, [folder, kernel.headers]), capture_output=True, text=True)
    said = [line for line in (result.stdout + result.stderr).splitlines() if "Skipping BTF generation" not in line]
    if result.returncode != 0 or said:
        raise BuildError("\n".join(said))
    module = folder / "utun.ko"
    subprocess.run(["strip", "--strip-debug", module], check=True)
    return module
