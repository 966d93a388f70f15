# SPDX-License-Identifier: Apache-2.0
"""Boots a kernel, runs one program there, and judges what comes of it."""

import contextlib
import dataclasses
import io
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile

from lib import initramfs

# What no test may make the kernel say.
_COMPLAINTS = re.compile(
    r"\bBUG\b|\bWARNING:|Oops|general protection|KASAN|UBSAN|KFENCE|possible .*deadlock|suspicious RCU|refcount_t|"
    r"unregister_netdevice: waiting|Call Trace|kernel panic|blocked for more than|hrtimer: interrupt took|"
    r"cannot allocate|memory leak|Objects remaining|self-detected stall|rcu: INFO|self test failed|non-static key|"
    r"turning off the locking correctness validator"
)
_HARMLESS = re.compile(r"hrtimer: interrupt took")
# The kernel's log, what the test says, and what it leaves.
_SERIAL_LINES = ("console", "output", "artefacts")
# On a machine that is very busy the emulation of a kernel's start can fail: the timer is late for a check, or code that
# the kernel changes is run as it was. Nothing of ours runs before the guest's first process.
_STARTED = "guest: started"
_BOOTS_MAX = 5
# When its time is up the guest tells what hangs and ends itself, which takes its time on a busy machine. One that is still
# there afterwards is dead.
_GRACE_SECONDS = 60


@dataclasses.dataclass
class Run:
    status: int | None  # of the program; None: the machine died or its time was up
    output: str
    log: str
    folder: pathlib.Path

    def complaints(self):
        return [line for line in self.log.splitlines() if _COMPLAINTS.search(line) and not _HARMLESS.search(line)]

    @property
    def passed(self):
        return self.status == 0 and not self.complaints()

    def explain(self):
        end = "it did not come to its end" if self.status is None else f"exit status {self.status}"
        return "\n".join([
            f"{end}; kept in {self.folder}", "--- output", self.output, "--- complaints of the kernel",
            *self.complaints(), "--- end of the kernel's log", *self.log.splitlines()[-60:],
        ])  # fmt: skip


def _text(path):
    return path.read_bytes().decode(errors="replace").replace("\r", "") if path.exists() else ""


def _unpack_artefacts(folder):
    """They are missing if the machine died."""
    packed = folder / "artefacts"
    if not packed.exists() or packed.stat().st_size == 0:
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(packed.read_bytes()), mode="r:gz") as archive:
            archive.extractall(folder / "out")
    except (tarfile.TarError, EOFError, OSError):
        return
    packed.unlink()


def _boot(kernel, folder, seconds, cpus, memory_mb):
    """Once. Returns what was told of it in the end."""
    with contextlib.ExitStack() as files, open(folder / "monitor", "w") as log:
        lines = {name: files.enter_context(open(folder / name, "wb")) for name in _SERIAL_LINES}
        command = kernel.command(lines.values(), folder / "initrd", seconds, cpus, memory_mb)
        machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                   pass_fds=[line.fileno() for line in lines.values()])  # fmt: skip
        try:
            machine.wait(seconds + _GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            log.write(f"dead after {seconds} s\n")
        finally:
            if machine.poll() is None:
                os.killpg(machine.pid, signal.SIGKILL)  # also what it has started
                machine.wait()
    _unpack_artefacts(folder)
    output = _text(folder / "output")
    status = re.search(r"^guest: exit status (\d+)$", output, re.MULTILINE)
    log = "\n".join([_text(folder / "monitor"), _text(folder / "console"), _text(folder / "out" / "dmesg")])
    return Run(int(status[1]) if status else None, output, log, folder)


def run(kernel, test, *arguments, module=None, seconds=120, cpus=2, memory_mb=768, keep_in=None, programs=(),
        folders=()):  # fmt: skip
    """Runs guest/`test` with arguments. The folder `keep_in` holds all logs afterwards; without, a temporary one."""
    folder = pathlib.Path(keep_in or tempfile.mkdtemp(prefix="tspbroker-vm-"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with open(folder / "initrd", "wb") as initrd:
        initrd.write(initramfs.base(kernel).read_bytes())
        initrd.write(initramfs.of_run(module, test, arguments, programs, folders))
    for _ in range(_BOOTS_MAX):
        result = _boot(kernel, folder, seconds, cpus, memory_mb)
        if _STARTED in result.output or "Kernel panic" not in result.log:
            break
    (folder / "initrd").unlink()
    return result
