# SPDX-License-Identifier: Apache-2.0
"""Network namespaces, and sockets in them."""

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import subprocess

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914  # linux/sockios.h
_IFF_UP = 1
_IFREQ_FLAGS = "16sh22x"


def run(*words, told=None):
    result = subprocess.run([str(word) for word in words], input=told, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {result.stderr}{result.stdout}")
    return result.stdout


def ip(*words):
    return run("/sbin/ip", *words)


def ip_lines(namespace, *lines):
    """Several commands by one process: to start one takes an emulated machine a tenth of a second."""
    run("/sbin/ip", *(["-n", namespace] if namespace else []), "-batch", "-", told="".join(f"{line}\n" for line in lines))


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


def add(*names):
    ip_lines(None, *(f"netns add {name}" for name in names))
    for name in names:
        bring_up(name, "lo")
        for key in ("all", "default"):
            write(name, f"net/ipv6/conf/{key}/accept_dad", 0)


def remove(*names):
    ip_lines(None, *(f"netns delete {name}" for name in names))


def write(name, key, value):
    with inside(name), open(f"/proc/sys/{key}", "w") as file:
        file.write(str(value))


def connect(one, one_device, other, other_device):
    """Two namespaces, by a pair of devices, which are up when this returns."""
    ip("-n", one, "link", "add", one_device, "type", "veth", "peer", "name", other_device, "netns", other)
    for name, device in ((one, one_device), (other, other_device)):
        write(name, f"net/ipv6/conf/{device}/router_solicitations", 0)
        bring_up(name, device)


def bring_up(name, device):
    with inside(name), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        found = fcntl.ioctl(one, _SIOCGIFFLAGS, struct.pack(_IFREQ_FLAGS, device.encode(), 0))
        _, flags = struct.unpack(_IFREQ_FLAGS, found)
        fcntl.ioctl(one, _SIOCSIFFLAGS, struct.pack(_IFREQ_FLAGS, device.encode(), flags | _IFF_UP))
