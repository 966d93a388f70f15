# SPDX-License-Identifier: Apache-2.0
"""
Random requests, and random packets towards the device. Nothing is known of what becomes of each; but the kernel says
nothing, no packet leaves that must not, and afterwards everything works.

The seed is printed. `random_tests.SEED` can be set to it.
"""

import random
import socket
import struct
import unittest
from dataclasses import replace

import duration
import namespaces
import netlink
import packets
import world
from netlink import Refused
from packets import udp
from utun import C, NEWLINK, Device, link_message
from world import HOST

SEED = random.SystemRandom().getrandbits(32)
COMMANDS = [number for name, number in C.items() if name.startswith("UTUN_CMD_")]
ROUNDS_BETWEEN_LOOKS = 500
PATIENCE_SECONDS = 5


class Values:
    """Bytes that look like attributes, or nearly so."""

    def __init__(self, chance):
        self.chance = chance

    def bytes(self, longest=24):
        return self.chance.randbytes(self.chance.choice((0, 1, 2, 3, 4, 8, 16, self.chance.randrange(longest + 1))))

    def attribute(self, depth=0):
        kind = self.chance.randrange(0, 24) if self.chance.random() < 0.95 else self.chance.randrange(1 << 16)
        if depth < 3 and self.chance.random() < 0.2:
            return netlink.nest(kind, *(self.attribute(depth + 1) for _ in range(self.chance.randrange(6))))
        return netlink.attribute(kind, self.bytes())

    def tunnel(self):
        """A right one, or one with some of its attributes missing, repeated or otherwise."""
        number = self.chance.randrange(32)
        remote = (world.CLIENT4, 40000 + number) if number % 2 else (f"198.51.100.{number + 10}", 0)
        local = (world.BROKER4, world.PORT if number % 2 else 0)
        client = type("Client", (), {"remote": remote, "local": local})
        tunnel = world.tunnel_of(client, number, confirmed=self.chance.random() < 0.5)
        if self.chance.random() < 0.5:
            length = self.chance.randrange(40, 129)
            tunnel = replace(tunnel, delegated=f"2001:db8:100::/{length}")
        attributes = list(tunnel.attributes().values())
        for _ in range(self.chance.choice((0, 0, 0, 1, 2, 5))):
            at = self.chance.randrange(len(attributes))
            attributes[at : at + 1] = self.chance.choice((
                [], [self.attribute()], [attributes[at], self.attribute()], [self.damaged(attributes[at])],
            ))  # fmt: skip
            attributes = attributes or [self.attribute()]
        return netlink.nest(C["UTUN_A_TUNNEL"], *attributes)

    def damaged(self, data):
        """With some bits turned, or another length."""
        data = bytearray(data)
        for _ in range(self.chance.choice((0, 1, 1, 2, 8))):
            if data:
                data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
        if self.chance.random() < 0.2:
            return bytes(data[: self.chance.randrange(len(data) + 1)])
        return bytes(data) + self.bytes() if self.chance.random() < 0.1 else bytes(data)


class WithRandomness(unittest.TestCase):
    def setUp(self):
        print(f"seed {SEED}, {duration.seconds:.0f} s")
        self.chance = random.Random(f"{SEED} {self.id()}")
        self.values = Values(self.chance)
        world.make()
        world.ping_host()
        self.socket = world.open_socket()
        self.device = world.make_device(sockets=[self.socket], proto41=["0.0.0.0"])
        world.route_pool()
        self.addCleanup(self.close)

    def close(self):
        for one in (self.socket, self.device):
            one.close()
        world.remove()

    def expect_to_work(self):
        """As a broker would find and make it."""
        self.device.flush()
        self.device.change(sockets=[self.socket], proto41=["0.0.0.0"], server=world.SERVER, clamp_mss=True)
        namespaces.ip("-n", "broker", "link", "set", "tsp0", "up", "mtu", "1400")
        client, host = world.UdpClient(), world.Host()
        tunnel = self.device.add(world.tunnel_of(client))
        client.send(packets.icmp(tunnel.inner, world.SERVER, packets.ECHO_REQUEST))
        self.assertEqual(client.receive()[40], packets.ECHO_REPLY)
        host.send(udp(HOST, tunnel.inner))
        self.assertEqual(client.receive()[24:40], socket.inet_pton(socket.AF_INET6, tunnel.inner))
        self.device.remove(tunnel.id)
        for one in (client, host):
            one.close()


class RequestsTest(WithRandomness):
    def test_requests(self):
        self.repeat(self.random_request)

    def test_changes_of_the_device(self):
        self.repeat(self.random_change)

    def repeat(self, attempt):
        deadline = duration.Deadline()
        rounds = refused = 0
        self.device.be_impatient(PATIENCE_SECONDS)
        while not deadline.is_over():
            for _ in range(ROUNDS_BETWEEN_LOOKS):
                try:
                    attempt()
                except Refused:
                    refused += 1
                except OSError:  # no request at all, or one that nobody answers
                    refused += 1
                rounds += 1
            self.open_again()
            self.expect_to_work()
        print(f"{rounds} requests, of which {refused} were refused")
        self.assertTrue(0 < refused < rounds)

    def open_again(self):
        self.device.close()
        with namespaces.inside("broker"):
            self.device = Device("tsp0", make=False)
        self.device.be_impatient(PATIENCE_SECONDS)

    def random_request(self):
        attributes = []
        if self.chance.random() < 0.95:
            attributes.append(netlink.u32(C["UTUN_A_IFINDEX"], self.device.index))
        if self.chance.random() < 0.6:
            attributes.append(netlink.u64(C["UTUN_A_ID"], 1000 + self.chance.randrange(32)))
        if self.chance.random() < 0.1:
            attributes.append(netlink.u64(C["UTUN_A_UNLESS_SEEN_SINCE"], self.chance.getrandbits(self.chance.randrange(1, 65))))
        if self.chance.random() < 0.7:
            attributes += [self.values.tunnel() for _ in range(self.chance.choice((1, 1, 1, 2, 10)))]
        attributes += [self.values.attribute() for _ in range(self.chance.choice((0, 0, 0, 1, 3)))]
        payload = b"".join(attributes)
        if self.chance.random() < 0.1:
            payload = self.values.damaged(payload)
        command = self.chance.choice(COMMANDS) if self.chance.random() < 0.95 else self.chance.randrange(256)
        flags = self.chance.choice((0, 0, 0, netlink.DUMP, self.chance.getrandbits(12) & ~netlink.REQUEST))
        self.device.send_raw(command, payload, flags)

    def random_change(self):
        data = [self.chance.choice((
            netlink.nest(C["IFLA_UTUN_SOCKETS"], *(netlink.u32(C["IFLA_UTUN_SOCKET"], self.random_descriptor())
                                                   for _ in range(self.chance.randrange(4)))),
            netlink.nest(C["IFLA_UTUN_PROTO41"], *(netlink.attribute(C["IFLA_UTUN_ADDRESS"], self.chance.randbytes(4))
                                                   for _ in range(self.chance.randrange(80)))),
            netlink.attribute(C["IFLA_UTUN_SERVER_ADDRESS"], self.chance.randbytes(16)),
            netlink.u8(C["IFLA_UTUN_CLAMP_MSS"], self.chance.randrange(3)),
            self.values.attribute(),
        )) for _ in range(self.chance.randrange(4))]  # fmt: skip
        message = link_message(self.device.index, None, data)
        if self.chance.random() < 0.2:
            message = message[:16] + self.values.damaged(message[16:])
        self.device.send_raw_link(NEWLINK, message)

    def random_descriptor(self):
        return self.chance.choice((self.socket.fileno(), self.device.fileno(), 0, 1, self.chance.getrandbits(32)))


class PacketsTest(WithRandomness):
    def setUp(self):
        super().setUp()
        self.clients = [world.UdpClient(), world.UdpClient(port=40001), world.Proto41Client(world.CLIENTS4[1])]
        self.tunnels = [self.device.add(world.tunnel_of(client, number, delegated=f"2001:db8:100:{0x100 + number:x}::/64",
                                                        confirmed=number != 1))
                        for number, client in enumerate(self.clients)]  # fmt: skip
        self.host = world.Host()

    def close(self):
        for one in (*self.clients, self.host):
            one.close()
        super().close()

    def some_address(self):
        tunnel = self.chance.choice(self.tunnels)
        return self.chance.choice((
            tunnel.inner, tunnel.inner, tunnel.delegated.replace("::/64", "::5"), HOST, world.SERVER, "fe80::1", "ff02::1", "::",
            "::1", "::ffff:192.0.2.1", "2001:db8:100:7::7", f"2002:{self.chance.getrandbits(32) >> 16:x}::1",
            socket.inet_ntop(socket.AF_INET6, self.chance.randbytes(16)),
        ))  # fmt: skip

    def some_packet(self, source):
        destination = self.some_address()
        hops = self.chance.choice((0, 1, 64, 255))
        kind = self.chance.randrange(7)
        if kind == 0:
            return packets.icmp(source, destination, self.chance.choice((1, 2, 3, 4, 128, 129, 133, 135, 137)), hop_limit=hops)
        if kind == 1:
            return packets.syn(source, destination, self.chance.randrange(1 << 16), flags=self.chance.randrange(256),
                               before=self.chance.choice((b"", b"\1", b"\1\1\2", b"\0", b"\2\0", self.chance.randbytes(4))))  # fmt: skip
        if kind == 2:
            headers = b"".join(self.chance.choice((b"\0", b"\x2b", b"\x3c", b"\x2c", b"\x06", b"\x3a")) + bytes([0])
                               + self.chance.randbytes(6) for _ in range(self.chance.randrange(1, 5)))  # fmt: skip
            return packets.ipv6(source, destination, self.chance.choice((0, 43, 44, 60)), headers, hop_limit=hops)
        if kind == 3:
            return self.chance.randbytes(self.chance.randrange(100))
        if kind == 4:
            return packets.ipv6(source, destination, self.chance.randrange(256), self.chance.randbytes(self.chance.randrange(64)))
        return packets.udp_of_size(source, destination, self.chance.choice((48, 64, 1280, 1281, 1400)))

    def send_some(self):
        from_host = self.chance.random() < 0.3
        at = self.chance.randrange(len(self.clients))
        own = HOST if from_host else self.tunnels[at].inner
        packet = self.some_packet(own if self.chance.random() < 0.7 else self.some_address())
        if self.chance.random() < 0.3:
            packet = self.values.damaged(packet)
        try:
            if not from_host:
                self.clients[at].send(packet, tos=self.chance.randrange(4))
            elif len(packet) >= 40:
                self.host.send(packet)
        except OSError:  # what the sender's own kernel refuses, or an ICMP error about an earlier one
            pass

    def test_packets(self):
        deadline = duration.Deadline()
        sent = 0
        while not deadline.is_over():
            for _ in range(ROUNDS_BETWEEN_LOOKS):
                self.send_some()
            sent += ROUNDS_BETWEEN_LOOKS
            for client in self.clients:
                self.expect_only_what_may_arrive(client)
        print(f"{sent} packets; {self.device.counters()}")
        self.assertTrue(self.device.counters()["drops"])
        for one in (*self.clients, self.host):
            one.close()
        self.expect_to_work()

    def expect_only_what_may_arrive(self, client):
        """Whole packets of IPv6 for its own addresses, whatever they hold."""
        tunnel = self.tunnels[self.clients.index(client)]
        own = tunnel.delegated.removesuffix("::/64")
        prefix = struct.pack(">4H", *(int(group, 16) for group in own.split(":")))
        while (packet := client.receive(0.01)) is not None:
            self.assertEqual(packet[0] >> 4, 6)
            # 0 where a jumbogram was meant: a router does not look at it
            self.assertIn(int.from_bytes(packet[4:6], "big"), (len(packet) - 40, 0))
            self.assertTrue(packet[24:40] == packets.in6(tunnel.inner) or packet[24:32] == prefix)
