# SPDX-License-Identifier: Apache-2.0
"""What a service manager (systemd) does for a daemon: takes its messages, keeps its descriptors, hands them on."""

import array
import os
import select
import socket
import sys
import time

from lib.programs import program
from lib.wait import wait_for

_FIRST_DESCRIPTOR = 3

# Runs in the daemon's own process, before it: puts the descriptors where it looks for them (sd_listen_fds(3)).
_HAND_OVER = """
import os, sys
given = [int(number) for number in sys.argv[1].split(",") if number]
spare = [os.dup2(fd, 200 + place, inheritable=True) for place, fd in enumerate(given)]
for place, fd in enumerate(spare):
    os.dup2(fd, 3 + place, inheritable=True)
    os.close(fd)
for fd in given:
    if fd >= 3 + len(given):
        os.close(fd)
if given:
    os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


class ServiceManager:
    """Of one unit, whose daemon is `broker`. `units` are sockets that it has opened for it."""

    def __init__(self, broker, watchdog_seconds=None, units=()):
        self.broker = broker
        self.messages = []
        self.kept = []  # (name, descriptor)
        self._units = list(units)
        self._watchdog_seconds = watchdog_seconds
        self._path = broker.folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._path))
        self._path.chmod(0o666)

    def close(self):
        self._socket.close()
        self.forget_all()

    def forget_all(self):
        """As when the unit is stopped."""
        for _, descriptor in self.kept:
            os.close(descriptor)
        self.kept = []

    def start(self):
        self.take_messages()
        self.messages = []
        descriptors = [unit.fileno() for unit in self._units] + [descriptor for _, descriptor in self.kept]
        names = ["unit"] * len(self._units) + [name for name, _ in self.kept]
        words = ["env", f"NOTIFY_SOCKET={self._path}"]
        if self._watchdog_seconds:
            words.append(f"WATCHDOG_USEC={round(self._watchdog_seconds * 1e6)}")
        if descriptors:
            words += [f"LISTEN_FDS={len(descriptors)}", "LISTEN_FDNAMES=" + ":".join(names)]
        words += [sys.executable, "-c", _HAND_OVER, ",".join(map(str, descriptors))]
        words += [program("tspd"), "--config", self.broker.config_path]
        self.broker.process = self.broker._processes.start(self.broker.namespace, words, "tspd", pass_fds=descriptors)
        self.wait_for("READY=1")

    def restart(self, kill=False):
        if kill:
            self.broker.kill()
        else:
            assert self.broker.stop() == 0
        self.take_messages()
        self.start()

    def wait_for(self, message):
        def told():
            assert self.broker.process.is_running(), self.broker.process.text()
            self.take_messages()
            return any(message in told.split("\n") for told in self.messages)

        wait_for(told, f"{message} among {self.messages}")

    def take_messages(self):
        while select.select([self._socket], [], [], 0)[0]:
            text, descriptors = self._receive()
            self.messages.append(text)
            fields = dict(line.split("=", 1) for line in text.split("\n"))
            if fields.get("FDSTORE") == "1":
                self.kept += [(fields["FDNAME"], descriptor) for descriptor in descriptors]
            elif fields.get("FDSTOREREMOVE") == "1":
                self._forget(fields["FDNAME"])

    def _receive(self):
        numbers = array.array("i")
        data, control, _, _ = self._socket.recvmsg(4096, socket.CMSG_LEN(16 * numbers.itemsize))
        for level, kind, content in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
        return data.decode(), list(numbers)

    def _forget(self, name):
        for kept_name, descriptor in self.kept:
            if kept_name == name:
                os.close(descriptor)
        self.kept = [(kept_name, descriptor) for kept_name, descriptor in self.kept if kept_name != name]

    def microseconds(self):
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
