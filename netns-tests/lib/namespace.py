# SPDX-License-Identifier: Apache-2.0
"""Network namespaces: made under names of this test run, entered for sockets and commands, removed for good."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import threading

from lib.wait import PATIENCE

PREFIX = "tsptest"
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def run(*command, check=True, input=None, timeout=60):
    """Runs a command to its end and returns its CompletedProcess with text output."""
    result = subprocess.run(
        [str(word) for word in command], input=input, capture_output=True, text=True, timeout=timeout * PATIENCE
    )
    if check and result.returncode != 0:
        raise AssertionError(
            f"{' '.join(map(str, command))} ended with {result.returncode}\n{result.stdout}{result.stderr}"
        )
    return result


def _setns(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


class Namespace:
    """A network namespace with loopback up and no duplicate address detection, which would only cost time."""

    _count = 0
    _count_lock = threading.Lock()

    def __init__(self, role):
        with Namespace._count_lock:
            Namespace._count += 1
            self.name = f"{PREFIX}-{os.getpid()}-{Namespace._count}-{role}"
        self.role = role
        run("ip", "netns", "add", self.name)
        self.sysctl("net.ipv6.conf.all.accept_dad", 0)
        self.sysctl("net.ipv6.conf.default.accept_dad", 0)
        self.sysctl("net.ipv6.conf.default.accept_ra", 0)
        self.ip("link", "set", "lo", "up")

    def __repr__(self):
        return self.name

    def delete(self):
        run("ip", "netns", "del", self.name, check=False)

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is in the namespace; sockets made meanwhile stay there."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{self.name}", "rb") as target:
            _setns(target.fileno())
            try:
                yield
            finally:
                _setns(home.fileno())

    def socket(self, family, kind, protocol=0):
        with self.entered():
            return socket.socket(family, kind, protocol)

    def send_ipv4(self, packet):
        """Sends a whole IPv4 packet, whatever its source address and protocol."""
        with self.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            raw.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))

    def command(self, *words):
        """The words to run a command in the namespace; the process keeps the identity of the command."""
        return ["ip", "netns", "exec", self.name, *map(str, words)]

    def run(self, *words, **options):
        return run(*self.command(*words), **options)

    def succeeds(self, *words, **options):
        return self.run(*words, check=False, **options).returncode == 0

    def ip(self, *words, **options):
        return run("ip", "-n", self.name, *words, **options)

    def nft(self, rules):
        return self.run("nft", "-f", "-", input=rules)

    def sysctl(self, key, value):
        with self.entered(), open("/proc/sys/" + key.replace(".", "/"), "w") as file:
            file.write(str(value))

    def link_names(self):
        return [line.split(": ")[1].split("@")[0] for line in self.ip("-o", "link").stdout.splitlines()]

    def pings(self, address, count=1, timeout_seconds=2, size=None, options=()):
        """Whether every one of `count` echo requests is answered."""
        words = ["ping", "-n", "-q", "-c", count, "-i", "0.2", "-w", max(timeout_seconds, count), *options]
        if size is not None:
            words += ["-s", size]
        return self.succeeds(*words, address)


def connect(one, one_interface, other, other_interface, mtu=1500):
    """Joins two namespaces with a veth pair, both ends up."""
    one.ip("link", "add", one_interface, "mtu", mtu, "type", "veth",
           "peer", "name", other_interface, "mtu", mtu, "netns", other.name)
    one.ip("link", "set", one_interface, "up")
    other.ip("link", "set", other_interface, "up")


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def sweep_left_overs():
    """Removes namespaces of test runs that died, and the processes still in them."""
    names = [line.split()[0] for line in run("ip", "netns", "list").stdout.splitlines()]
    for name in names:
        words = name.split("-")
        if words[0] != PREFIX or len(words) < 3 or not words[1].isdigit() or _is_alive(int(words[1])):
            continue
        for pid in run("ip", "netns", "pids", name, check=False).stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        run("ip", "netns", "del", name, check=False)
