# SPDX-License-Identifier: Apache-2.0
"""
A hundred thousand tunnels: what each of them costs, and how fast they go.

The times are those of an emulated processor, which shares a machine: limits are far from what is printed.
"""

import pathlib
import struct
import time
import unittest
from dataclasses import replace

import namespaces
import packets
import world
from packets import udp
from utun import Tunnel, in4, in6
from world import HOST

TUNNELS = 100_000
BATCH = 500
REMOVALS = 20_000
SOME = 2 * REMOVALS
# The aims of time are 60 microseconds and 10,000 removals a second.
BYTES_MAX = 800
ADD_MICROSECONDS_MAX = 600
REMOVALS_PER_SECOND_MIN = 2_000


def id_of(number):
    return number << 20 | 0xABCDE


def inner_of(number):
    return f"2001:db8:100:1::{number + 16 >> 16:x}:{number + 16 & 0xFFFF:x}"


def prefix_of(number):
    return f"2001:db8:{0x100 + (number >> 16):x}:{number & 0xFFFF:x}::"


def remote_of(number):
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def tunnel(number):
    return Tunnel(id_of(number), (remote_of(number), 4000), (world.BROKER4, world.PORT), inner_of(number),
                  f"{prefix_of(number)}/64", confirmed=True)  # fmt: skip


class Stamp:
    """Makes the attributes of many tunnels faster than Tunnel does."""

    def __init__(self):
        number = 0x11223
        self._pattern = tunnel(number).nest()
        self._id_at = self._pattern.index(struct.pack("=Q", id_of(number)))
        self._remote_at = self._pattern.index(in4(remote_of(number)))
        self._inner_at = self._pattern.index(in6(inner_of(number))) + 12
        self._prefix_at = self._pattern.index(in6(prefix_of(number))) + 4
        for example in (0, 1, TUNNELS - 1):
            if self.nest(example) != tunnel(example).nest():
                raise AssertionError(f"tunnel {example}")

    def nest(self, number):
        made = bytearray(self._pattern)
        struct.pack_into("=Q", made, self._id_at, id_of(number))
        struct.pack_into(">I", made, self._remote_at, 10 << 24 | number)
        struct.pack_into(">I", made, self._inner_at, number + 16)
        struct.pack_into(">I", made, self._prefix_at, (0x100 << 16) + number)
        return made


def kernel_bytes():
    """What the kernel has taken for itself."""
    values = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
    return sum(int(values[name].split()[0]) for name in ("Slab", "Percpu", "VmallocUsed")) * 1024


class Watch:
    def __enter__(self):
        self._started = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self._started


class ScaleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        world.make()
        world.ping_host()
        cls.socket = world.open_socket()
        cls.device = world.make_device(sockets=[cls.socket], proto41=["0.0.0.0"])
        world.route_pool()
        namespaces.ip("-n", "broker", "route", "add", "10.0.0.0/8", "via", world.CLIENT4)
        # Before anything is measured.
        stamp = Stamp()
        cls.batches = [b"".join(map(stamp.nest, range(start, start + BATCH))) for start in range(0, TUNNELS, BATCH)]

    @classmethod
    def tearDownClass(cls):
        cls.socket.close()
        cls.device.close()
        world.remove()

    def fill(self, count):
        for batch in self.batches[: count // BATCH]:
            self.device.add_raw_batch(batch)

    def setUp(self):
        self.device.flush()
        time.sleep(1)  # for RCU to give the memory back

    def test_a_tunnel_costs_little(self):
        before = kernel_bytes()
        with Watch() as adding:
            self.fill(TUNNELS)
        each_bytes = (kernel_bytes() - before) / TUNNELS
        self.assertEqual(self.device.info()["tunnel_count"], TUNNELS)
        with Watch() as listing:
            listed = self.device.count()
        self.assertEqual((listed, self.device.list_was_interrupted), (TUNNELS, False))
        self.expect_packets()
        with Watch() as flushing:
            self.device.flush()
        each_microseconds = adding.seconds / TUNNELS * 1e6
        print(f"{each_bytes:.0f} bytes and {each_microseconds:.1f} µs each to add {TUNNELS} tunnels; "
              f"listed in {listing.seconds:.2f} s, flushed in {flushing.seconds:.2f} s")  # fmt: skip
        self.assertLess(each_bytes, BYTES_MAX)
        self.assertLess(each_microseconds, ADD_MICROSECONDS_MAX)

    def expect_packets(self):
        """The first one, the last one, and what is of no tunnel."""
        host = world.Host()
        client = world.UdpClient()
        mine = self.device.add(replace(world.tunnel_of(client), inner="2001:db8:1f0::1"))
        client.send(packets.icmp(mine.inner, world.SERVER, packets.ECHO_REQUEST))
        self.assertEqual(client.receive()[40], packets.ECHO_REPLY)
        before = self.device.counters()
        for number in (0, TUNNELS - 1):
            for destination in (inner_of(number), f"{prefix_of(number)}77"):
                host.send(udp(HOST, destination))
        host.send(udp(HOST, "2001:db8:1ff:ffff::1"))
        self.device.wait_until(lambda: self.device.dropped("no_tunnel") == before["drops"].get("no_tunnel", 0) + 1)
        self.assertEqual(self.device.counters()["packets_down"] - before["packets_down"], 4)
        for one in (host, client):
            one.close()

    def test_removing_them_one_by_one(self):
        self.fill(SOME)
        requests = [self.device.pack_removals(map(id_of, range(at, at + BATCH))) for at in range(0, REMOVALS, BATCH)]
        with Watch() as removing:
            for packed in requests:
                self.device.send_packed(packed)
        rate = REMOVALS / removing.seconds
        print(f"{rate:.0f} removals a second")
        self.assertEqual(self.device.info()["tunnel_count"], SOME - REMOVALS)
        self.assertGreater(rate, REMOVALS_PER_SECOND_MIN)

    def test_the_device_goes_with_all_of_them(self):
        self.fill(SOME)
        with Watch() as deleting:
            self.device.delete()
        print(f"the device with {SOME} tunnels was deleted in {deleting.seconds:.2f} s")
        self.device.close()
        type(self).device = world.make_device(sockets=[self.socket], proto41=["0.0.0.0"])
        world.route_pool()
