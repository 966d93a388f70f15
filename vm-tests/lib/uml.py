# SPDX-License-Identifier: Apache-2.0
"""
A User-Mode Linux kernel with all that finds errors of the kernel's: a process, which has no machine to emulate.

Debian has none of these options in its own kernels, but it has the kernel's sources. What is built is kept between runs
until Debian has newer ones, or until uml.config changes.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess

from lib import cache, packages, toolchain

SERIES = "uml"
SOURCE_PACKAGE = "linux-source-6.12"
CONFIG = pathlib.Path(__file__).resolve().parents[1] / "uml.config"
# What modules are built with, and the kernel itself. The rest of the sources is large.
_KEPT = {"Makefile", "Kbuild", "Module.symvers", ".config", "include", "scripts", "arch", "linux"}
_KEPT_ARCHITECTURES = {"um", "x86"}
_MAPPINGS_MAX = pathlib.Path("/proc/sys/vm/max_map_count")
_PAGES_PER_MB = 256
# Tests wait a lot, which takes no time here.
_WATCHDOG_FACTOR = 10


class BuildError(Exception):
    pass


class Uml:
    series = SERIES
    toolchain = toolchain.Host()
    make_options = ("ARCH=um",)

    def __init__(self):
        archive = packages.Archive()
        self.version = f"{archive.version_of(SOURCE_PACKAGE)}-um"
        made_of = hashlib.sha256(CONFIG.read_bytes()).hexdigest()[:16]
        name = f"kernels/{self.version}/built-{made_of}"
        self.build_folder = self.headers = cache.made(name, lambda path: _make(archive, path))

    def module_files(self, names):
        """All of them are built in."""
        del names
        return []

    def command(self, serial_lines, initrd, seconds, cpus, memory_mb):
        """
        The words that start it. Serial lines are open files, whose descriptors it inherits. It has one processor. Its
        clock leaps over the time in which nothing runs, so that what hangs reaches its watchdog at once.
        """
        del cpus
        _allow_mappings(memory_mb * _PAGES_PER_MB)
        console, output, artefacts = (line.fileno() for line in serial_lines)
        return [
            self.build_folder / "linux", "time-travel", f"mem={memory_mb}M", f"initrd={initrd}", "loglevel=5", "panic=-1",
            "con=null", f"con0=null,fd:{console}", "stderr=0", "ssl=null", f"ssl1=null,fd:{output}",
            f"ssl2=null,fd:{artefacts}", f"guest.watchdog={seconds * _WATCHDOG_FACTOR}",
        ]  # fmt: skip


def _allow_mappings(count):
    """Each page of one of its processes is a mapping of the host's; where the host refuses one, that process ends."""
    if int(_MAPPINGS_MAX.read_text()) < count:
        try:
            _MAPPINGS_MAX.write_text(str(count))
        except OSError as error:
            raise RuntimeError(f"User-Mode Linux needs more mappings, as root: sysctl vm.max_map_count={count}") from error


def _run(words, folder):
    result = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        raise BuildError(f"{' '.join(map(str, words))}:\n{(result.stdout + result.stderr)[-4000:]}")


def _check_taken(config):
    """What depends on something that is off is left out without a word."""
    taken = set(config.read_text().splitlines())
    missing = [line for line in CONFIG.read_text().splitlines() if line.startswith("CONFIG_") and line not in taken]
    if missing:
        raise BuildError(f"this kernel does not take {' '.join(missing)} of {CONFIG.name}")


def _make(archive, folder):
    archive.unpack([SOURCE_PACKAGE], folder)
    _run(["tar", "-xf", f"usr/src/{SOURCE_PACKAGE}.tar.xz", "--strip-components=1"], folder)
    make = ["make", "-s", "ARCH=um", f"CC={toolchain.Host.compiler}"]
    _run([*make, f"KCONFIG_ALLCONFIG={CONFIG}", "allnoconfig"], folder)
    _check_taken(folder / ".config")
    _run([*make, f"-j{len(os.sched_getaffinity(0))}", "linux", "modules"], folder)
    for path in folder.iterdir():
        if path.name not in _KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (folder / "arch").iterdir():
        if path.is_dir() and path.name not in _KEPT_ARCHITECTURES:
            shutil.rmtree(path)
    for path in folder.rglob("*.o"):
        path.unlink()
