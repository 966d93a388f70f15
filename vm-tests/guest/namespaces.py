# SPDX-License-Identifier: Apache-2.0
"""Network namespaces, and sockets in them."""

import contextlib
import ctypes
import os
import subprocess

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


def run(*words):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {result.stderr}{result.stdout}")
    return result.stdout


def ip(*words):
    return run("/sbin/ip", *words)


def _set(path):
    with open(path) as namespace:
        if _LIBC.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")


def enter(name):
    """For good."""
    _set(f"/run/netns/{name}")


@contextlib.contextmanager
def inside(name):
    """What is opened meanwhile is of that namespace."""
    with open("/proc/self/ns/net") as before:
        _set(f"/run/netns/{name}")
        try:
            yield
        finally:
            if _LIBC.setns(before.fileno(), _CLONE_NEWNET) != 0:
                os._exit(99)


def add(name):
    ip("netns", "add", name)
    ip("-n", name, "link", "set", "lo", "up")
    for key in ("all", "default"):
        write(name, f"net/ipv6/conf/{key}/accept_dad", 0)


def write(name, key, value):
    with inside(name), open(f"/proc/sys/{key}", "w") as file:
        file.write(str(value))


def connect(one, one_device, other, other_device):
    """Two namespaces, by a pair of devices."""
    ip("-n", one, "link", "add", one_device, "type", "veth", "peer", "name", other_device, "netns", other)
    for name, device in ((one, one_device), (other, other_device)):
        write(name, f"net/ipv6/conf/{device}/router_solicitations", 0)
        ip("-n", name, "link", "set", device, "up")
