# SPDX-License-Identifier: Apache-2.0
"""
Large packets: merged and cut up by the kernel, and on paths that are too narrow for them.

The far end is a device of the same kind, whose one tunnel leads to the broker, or a program with a TUN device.
"""

import fcntl
import os
import pathlib
import select
import socket
import struct
import threading
import unittest

import namespaces
import packets
import world
from packets import udp_of_size
from utun import Device, Tunnel
from world import BROKER4, CLIENT4, HOST, PORT

CLIENTS_PORT = 40000
INNER = "2001:db8:100:1::10"
BYTES = 4_000_000
SEGMENTS = BYTES // 1340
SET_GRO = 0x2C  # linux/ethtool.h
UDP_SEGMENT = 103  # linux/udp.h
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000  # linux/if_tun.h


def count_of(namespace, device, counter):
    with namespaces.inside(namespace):
        text = pathlib.Path("/proc/thread-self/net/dev").read_text()
    values = next(line for line in text.splitlines() if line.strip().startswith(f"{device}:")).split(":")[1].split()
    return int(values[{"rx_bytes": 0, "rx_packets": 1, "tx_bytes": 8, "tx_packets": 9}[counter]])


def configure_client(device):
    """The client's IPv6."""
    namespaces.ip_lines(
        "client", f"address add {INNER}/128 dev {device} nodad", f"link set {device} up mtu 1400", f"route add 2000::/3 dev {device}"
    )


class WithTransfers(unittest.TestCase):
    kind = "udp"

    def setUp(self):
        self.make_world()
        world.ping_host()
        # Whoever answers is the host's own address here.
        self.opened = []
        self.addCleanup(self.close)
        local, remote = ((BROKER4, PORT), (CLIENT4, CLIENTS_PORT)) if self.kind == "udp" else ((BROKER4, 0), (CLIENT4, 0))
        self.socket = self.keep(world.open_socket(address=self.bound_to()))
        self.device = self.keep(world.make_device(sockets=[self.socket], proto41=["0.0.0.0"]))
        world.route_pool()
        self.device.add(Tunnel(1, remote, local, INNER, confirmed=True, mtu=1400))
        self.make_far_end(local, remote)

    def make_world(self):
        world.make()

    def bound_to(self):
        return BROKER4

    def keep(self, one):
        self.opened.append(one)
        return one

    def close(self):
        for one in self.opened:
            one.close()
        world.remove()

    def make_far_end(self, broker, client):
        with namespaces.inside("client"):
            one = self.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            one.bind((self.bound_to() and CLIENT4, CLIENTS_PORT))
            far = self.keep(Device("tsp1", sockets=[one], proto41=["0.0.0.0"]))
        far.add(Tunnel(1, broker, client, "2001:db8::1", "2000::/3", server="2001:db8::1", confirmed=True, mtu=1400))
        configure_client("tsp1")

    def transfer(self, server, server_address, client):
        """Bytes from a client to a server in TCP."""
        with namespaces.inside(server):
            listener = socket.create_server((server_address, 5001), family=socket.AF_INET6)
        received = bytearray()

        def serve():
            connection, _ = listener.accept()
            while data := connection.recv(1 << 20):
                received.extend(data)
            connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with namespaces.inside(client):
            sender = socket.socket(socket.AF_INET6)
        sender.settimeout(60)
        sender.connect((server_address, 5001))
        sent = bytes(i * i & 0xFF for i in range(BYTES // 10)) * 10
        sender.sendall(sent)
        sender.close()
        thread.join(60)
        listener.close()
        self.assertEqual(bytes(received), sent)


class OffloadTest(WithTransfers):
    def packets_sent(self):
        return count_of("broker", "b0", "tx_packets")

    def expect_sent(self, packets):
        """A device without hardware is given every segment alone."""
        self.assertGreater(packets, SEGMENTS)

    def test_down_super_packets_are_cut_up_where_nobody_else_would(self):
        before = self.packets_sent()
        self.transfer("client", INNER, "host")
        sent = self.packets_sent() - before
        print(f"{BYTES} bytes down in {sent} packets; {SEGMENTS} segments")
        self.expect_sent(sent)
        # The tunnel counts what clients on a network see.
        counters = self.device.get(1).counters
        self.assertGreater(counters["packets_down"], SEGMENTS)
        self.assertGreater(counters["bytes_down"], SEGMENTS * 1400)

    def prepare_the_way_up(self):
        world.ethtool("broker", "b0", SET_GRO, 1)

    def test_up_segments_are_merged_on_their_way_in(self):
        self.prepare_the_way_up()
        before = count_of("broker", "h0", "tx_packets"), count_of("broker", "b0", "rx_packets")
        self.transfer("host", "2001:db8:ffff::81", "client")
        merged = count_of("broker", "h0", "tx_packets") - before[0]
        outer = count_of("broker", "b0", "rx_packets") - before[1]
        print(f"{BYTES} bytes up in {outer} outer packets, {merged} merged ones")
        self.assertGreater(outer, BYTES // 1400)
        self.assertLess(merged, outer // 2)


class AnyAddressTest(OffloadTest):
    """The kernels that look sockets up wrongly find this one."""

    def bound_to(self):
        return ""


class Proto41OffloadTest(OffloadTest):
    kind = "proto41"


@unittest.skipUnless(world.cards(), "this machine has no network cards")
class CardTest(OffloadTest):
    """Between network cards, which the kernel cuts super-packets up for."""

    def make_world(self):
        world.make(by_cards=True)

    def close(self):
        super().close()
        world.wait_for_cards()

    def prepare_the_way_up(self):
        """The cards do it already."""

    def packets_sent(self):
        """By IPv4, in front of the card."""
        with namespaces.inside("broker"):
            names, values = (line.split() for line in pathlib.Path("/proc/thread-self/net/snmp").read_text().splitlines()[:2])
        return int(dict(zip(names, values, strict=True))["OutRequests"])

    def expect_sent(self, packets):
        self.assertLess(packets, SEGMENTS * 2 // 3)


class AnyAddressCardTest(CardTest):
    def bound_to(self):
        return ""


class Proto41CardTest(CardTest):
    kind = "proto41"


class Pump(threading.Thread):
    """A client in user space: packets between a TUN device, inner0, and a socket, as they are."""

    def __init__(self, outer):
        super().__init__(daemon=True)
        self._outer = outer
        with namespaces.inside("client"):
            self._tun = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(self._tun, TUNSETIFF, struct.pack("16sH22x", b"inner0", IFF_TUN | IFF_NO_PI))
        self._stopped = threading.Event()

    def run(self):
        while not self._stopped.is_set():
            ready, _, _ = select.select([self._tun, self._outer], [], [], 0.1)
            if self._outer in ready:
                try:
                    os.write(self._tun, self._outer.recv(1 << 16))
                except OSError:  # longer than its header says, or than the device takes
                    pass
            if self._tun in ready:
                self._outer.send(os.read(self._tun, 1 << 16))

    def close(self):
        self._stopped.set()
        self.join()
        os.close(self._tun)
        self._outer.close()


class UserSpaceClientTest(WithTransfers):
    """TCP of the same host comes as super-packets, without checksums; what the client reads has to be whole."""

    def make_far_end(self, broker, client):
        with namespaces.inside("client"):
            outer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            outer.bind(client)
            outer.connect(broker)
        pump = self.keep(Pump(outer))
        configure_client("inner0")
        pump.start()

    def test_connections_from_both_ends(self):
        self.transfer("client", INNER, "host")
        self.transfer("host", "2001:db8:ffff::81", "client")


class SuperPacketOfDatagramsTest(WithTransfers):
    """A client of the same host sends several datagrams in one call, and UDP cuts them up in front of the module."""

    def make_far_end(self, broker, client):
        with namespaces.inside("client"):
            self.far = self.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.far.bind(client)
        self.far.connect(broker)

    def test_each_is_taken_alone(self):
        host = self.keep(world.Host())
        for destination in (world.SERVER, HOST):
            requests = [packets.icmp(INNER, destination, packets.ECHO_REQUEST, body=bytes([number] * 32)) for number in range(16)]
            self.far.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, len(requests[0]))
            self.far.send(b"".join(requests))
            arrived = [world.receive(self.far, 5) if destination == world.SERVER else host.receive() for _ in requests]
            self.assertEqual([packet[48:] for packet in arrived], [packet[48:] for packet in requests])
        self.assertIsNone(world.receive(self.far, 0.2))
        self.assertEqual(self.device.counters()["packets_up"], 32)
        self.assertEqual(self.device.counters()["drops"], {})


class NarrowPathTest(unittest.TestCase):
    """A router between client and broker, whose link to the client is narrow."""

    def setUp(self):
        world.make()
        world.ping_host()
        namespaces.add("far")
        namespaces.connect("client", "r0", "far", "f0")
        namespaces.write("client", "net/ipv4/ip_forward", 1)
        namespaces.ip_lines("client", "address add 203.0.113.1/24 dev r0")
        namespaces.ip_lines("far", "address add 203.0.113.2/24 dev f0", "route add default via 203.0.113.1")
        namespaces.ip_lines("broker", f"route add 203.0.113.0/24 via {CLIENT4}")
        self.socket = world.open_socket()
        self.device = world.make_device(sockets=[self.socket], proto41=["0.0.0.0"])
        world.route_pool()
        self.host = world.Host()
        with namespaces.inside("far"):
            self.far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.far.bind(("203.0.113.2", CLIENTS_PORT))
        self.device.add(Tunnel(1, ("203.0.113.2", CLIENTS_PORT), (BROKER4, PORT), INNER, confirmed=True, mtu=1400))
        self.addCleanup(self.close)

    def close(self):
        for one in (self.far, self.host, self.socket, self.device):
            one.close()
        world.remove()
        namespaces.remove("far")

    def narrow(self, mtu):
        for name, device in (("client", "r0"), ("far", "f0")):
            namespaces.ip("-n", name, "link", "set", device, "mtu", mtu)

    def expect_arrival(self, size):
        down = udp_of_size(HOST, INNER, size)
        self.host.send(down)
        received = world.receive(self.far, 5)
        self.assertIsNotNone(received)
        self.assertEqual(packets.without_hops(received), packets.without_hops(down))

    def test_a_narrow_path_gets_fragments_and_not_silence(self):
        for mtu in (1500, 1300, 1000, 576):
            self.narrow(mtu)
            for size in (1280, 1400):
                with self.subTest(mtu=mtu, size=size):
                    self.expect_arrival(size)

    def test_the_hosts_own_narrow_link_gets_fragments(self):
        for name, device in (("broker", "b0"), ("client", "c0")):
            namespaces.ip("-n", name, "link", "set", device, "mtu", 1000)
        self.expect_arrival(1400)

    def test_a_forged_path_mtu_changes_nothing(self):
        self.expect_arrival(1400)
        with namespaces.inside("client"):
            forger = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        ports = CLIENTS_PORT.to_bytes(2, "big")
        quoted = bytes.fromhex("4500059400004000401100 00".replace(" ", "")) + socket.inet_aton(BROKER4)
        quoted += socket.inet_aton("203.0.113.2") + PORT.to_bytes(2, "big") + ports + bytes(4)
        error = bytes([3, 4, 0, 0, 0, 0]) + (600).to_bytes(2, "big") + quoted
        total = sum(int.from_bytes(error[i : i + 2], "big") for i in range(0, len(error), 2))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        forger.sendto(error[:2] + (~total & 0xFFFF).to_bytes(2, "big") + error[4:], (BROKER4, 0))
        forger.close()
        before = count_of("client", "c0", "rx_packets")
        for _ in range(5):
            self.expect_arrival(1400)
        self.assertEqual(count_of("client", "c0", "rx_packets") - before, 5)

    def test_the_sender_learns_the_tunnels_mtu(self):
        larger = udp_of_size(HOST, INNER, 1401)
        self.host.send(larger)
        error = self.host.receive()
        self.assertEqual((error[40], int.from_bytes(error[44:48], "big")), (2, 1400))
