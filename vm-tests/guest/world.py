# SPDX-License-Identifier: Apache-2.0
"""
    client                      broker                            host
    198.51.100.2, .3, .4 ── b0 198.51.100.1   h0 2001:db8:ffff::1 ── h1 2001:db8:ffff::81
                               tsp0 2001:db8:100::1
                               2001:db8:100::/40 is routed into tsp0

Packets for 2001:db8:ffff::80 come to the host as well, which does not answer them.
"""

import pathlib
import socket
import struct
import time

import namespaces
import packets
from utun import Device, Tunnel

POOL = "2001:db8:100::/40"
SERVER = "2001:db8:100::1"
HOST = "2001:db8:ffff::80"
BROKER4 = "198.51.100.1"
CLIENTS4 = ("198.51.100.2", "198.51.100.3", "198.51.100.4")
CLIENT4 = CLIENTS4[0]
PORT = 3653

_HOSTS_CARD = "02:00:5e:00:53:81"
_NAMES = ("client", "broker", "host")

_ETH_P_IPV6 = 0x86DD
_PACKET_OUTGOING = 4
_IPPROTO_IPV6 = 41
_IP_MTU_DISCOVER, _IP_PMTUDISC_OMIT = 10, 5
_BETWEEN_NEIGHBOURS = range(130, 144)  # ICMPv6: MLD, neighbour discovery


def cards():
    """The two network cards of this machine, which a wire connects. They are here unless a namespace has them."""
    return sorted(path.name for path in pathlib.Path("/sys/class/net").iterdir() if (path / "device").exists())


def wait_for_cards():
    """They come back when the namespaces go."""
    while len(cards()) < 2:
        time.sleep(0.02)


def _connect_by_cards():
    for card, name, device in zip(cards(), ("client", "broker"), ("c0", "b0"), strict=True):
        namespaces.ip("link", "set", card, "netns", name, "name", device)
        namespaces.write(name, f"net/ipv6/conf/{device}/router_solicitations", 0)
        namespaces.bring_up(name, device)


def make(by_cards=False):
    namespaces.add(*_NAMES)
    if by_cards:
        _connect_by_cards()
    else:
        namespaces.connect("client", "c0", "broker", "b0")
    namespaces.connect("broker", "h0", "host", "h1")
    namespaces.ip_lines("client", *(f"address add {address}/24 dev c0" for address in CLIENTS4))
    namespaces.ip_lines(
        "host",
        f"link set h1 address {_HOSTS_CARD}",
        "address add 2001:db8:ffff::81/64 dev h1 nodad",
        "route add default via 2001:db8:ffff::1",
    )
    namespaces.ip_lines(
        "broker",
        f"address add {BROKER4}/24 dev b0",
        "address add 2001:db8:ffff::1/64 dev h0 nodad",
        f"neighbour add {HOST} lladdr {_HOSTS_CARD} dev h0 nud permanent",
    )
    namespaces.write("broker", "net/ipv6/conf/all/forwarding", 1)


def remove():
    namespaces.remove(*_NAMES)


def open_socket(address=BROKER4, port=PORT, share=False):
    """One of the broker's, with what tspd sets."""
    with namespaces.inside("broker"):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_OMIT)
        if share:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind((address, port))
    return one


def make_device(name="tsp0", **options):
    with namespaces.inside("broker"):
        device = Device(name, server=SERVER, **options)
    namespaces.bring_up("broker", name)
    return device


def route_pool(name="tsp0"):
    namespaces.ip_lines("broker", f"address add {SERVER}/128 dev {name} nodad", f"route add {POOL} via fe80::fffe dev {name} onlink")


def receive(one, timeout):
    one.settimeout(timeout)
    try:
        return one.recv(65536)
    except (TimeoutError, BlockingIOError):
        return None


class UdpClient:
    """Whatever it sends goes to the broker's port."""

    def __init__(self, address=CLIENT4, port=40000):
        self.remote, self.local = (address, port), (BROKER4, PORT)
        with namespaces.inside("client"):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.bind(self.remote)
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
            self._socket.connect(self.local)

    def close(self):
        self._socket.close()

    def send(self, payload, tos=0):
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        self._socket.send(payload)

    def receive(self, timeout=5):
        return receive(self._socket, timeout)

    def receive_with_tos(self, timeout=5):
        self._socket.settimeout(timeout)
        data, control, _, _ = self._socket.recvmsg(65536, 100)
        return data, control[0][2][0]


class Proto41Client:
    def __init__(self, address=CLIENT4):
        self.remote, self.local = (address, 0), (BROKER4, 0)
        with namespaces.inside("client"):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, _IPPROTO_IPV6)
            self._socket.bind((address, 0))
            self._socket.connect((BROKER4, 0))

    def close(self):
        self._socket.close()

    def send(self, payload, tos=0):
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        self._socket.send(payload)

    def receive(self, timeout=5):
        data = receive(self._socket, timeout)
        return data and data[20:]

    def receive_with_tos(self, timeout=5):
        self._socket.settimeout(timeout)
        data = self._socket.recv(65536)
        return data[20:], data[1]


class Host:
    """Sends packets to clients, and sees what comes from them."""

    def __init__(self):
        with namespaces.inside("host"):
            self._raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
            self._tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IPV6))
            self._tap.bind(("h1", _ETH_P_IPV6))

    def close(self):
        self._raw.close()
        self._tap.close()

    def send(self, packet):
        self._raw.sendto(packet, (packets.destination_of(packet), 0))

    def receive(self, timeout=5):
        self._tap.settimeout(timeout)
        try:
            while True:
                packet, (_, _, kind, _, _) = self._tap.recvfrom(65536)
                is_discovery = packet[6] == packets.ICMPV6 and packet[40] in _BETWEEN_NEIGHBOURS
                if kind != _PACKET_OUTGOING and not is_discovery and packet[6] != 0:
                    return packet
        except (TimeoutError, BlockingIOError):
            return None


def tunnel_of(client, number=0, **options):
    return Tunnel(id=1000 + number, remote=client.remote, local=client.local, inner=f"2001:db8:100:1::{16 + number:x}",
                  server=SERVER, **options)  # fmt: skip


def ping_host():
    """Fills the neighbour tables, so that no packet of a test waits for them."""
    with namespaces.inside("host"):
        one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    one.sendto(b"x", ("2001:db8:ffff::1", 9))
    one.close()


def ethtool(name, device, command, value):
    """The old way to switch an offload (linux/ethtool.h)."""
    import array
    import fcntl

    data = array.array("I", [command, value])
    request = struct.pack("16sQ16x", device.encode(), data.buffer_info()[0])
    with namespaces.inside(name), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, 0x8946, request)
