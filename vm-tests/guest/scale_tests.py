# SPDX-License-Identifier: Apache-2.0
"""A hundred thousand tunnels: memory and time for each. Times are those of an emulated machine."""

import pathlib
import struct
import time
import unittest

import namespaces
from netlink import DUMP, u32
from utun import C, Device, Tunnel

TUNNELS = 100_000
BATCH = 400
BYTES_EACH_MAX = 800


def used_bytes():
    """What the kernel has taken: an unused page cache is none of it."""
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
    info = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
    kilobytes = {name: int(value.split()[0]) for name, value in info.items()}
    return 1024 * (kilobytes["Slab"] + kilobytes["Percpu"] + kilobytes["VmallocUsed"])


def batches():
    """Messages made of one that is changed in place: they would take longer to make than to be answered."""
    one = Tunnel(0x1122334455667788, ("99.98.97.96", 0x5A5A), ("198.51.100.1", 3653), "2001:db8:100::5b5b:5c5c",
                 "2001:db8:5d5d:5e00::/56", confirmed=True).nest()  # fmt: skip
    at_id = one.index(struct.pack("=Q", 0x1122334455667788))
    at_remote = one.index(bytes([99, 98, 97, 96]))
    at_inner = one.index(bytes.fromhex("5b5b5c5c"))
    at_prefix = one.index(bytes.fromhex("5d5d5e00"))
    for start in range(0, TUNNELS, BATCH):
        batch = []
        for number in range(start, start + BATCH):
            tunnel = bytearray(one)
            struct.pack_into("=Q", tunnel, at_id, number * 0x9E3779B97F % (1 << 53))
            struct.pack_into(">I", tunnel, at_remote, 0x0B000000 + number)
            struct.pack_into(">I", tunnel, at_inner, number)
            struct.pack_into(">I", tunnel, at_prefix, number << 8)
            batch.append(bytes(tunnel))
        yield batch


class ScaleTest(unittest.TestCase):
    def test_a_hundred_thousand_tunnels(self):
        namespaces.add("broker")
        with namespaces.inside("broker"):
            device = Device("tsp0")
        index = u32(C["UTUN_A_IFINDEX"], device.index)
        before, adding = used_bytes(), 0.0
        for batch in batches():
            start = time.monotonic()
            _, found = device.call("TUNNEL_ADD_BATCH", index, *batch)[0]
            adding += time.monotonic() - start
            self.assertEqual(found, [(C["UTUN_A_ADDED"], struct.pack("=I", BATCH))])
        each = (used_bytes() - before) / TUNNELS
        print(f"{TUNNELS} tunnels with two prefixes: {each:.0f} bytes and {adding / TUNNELS * 1e6:.0f} µs each to add")
        start = time.monotonic()
        listed = sum(1 for _ in device.call("TUNNEL_GET", index, flags=DUMP))
        print(f"listed in {time.monotonic() - start:.1f} s, most of them spent in Python")
        self.assertEqual(listed, TUNNELS)
        start = time.monotonic()
        device.flush()
        print(f"removed in {(time.monotonic() - start) / TUNNELS * 1e6:.0f} µs each")
        self.assertLess(each, BYTES_EACH_MAX)
        device.delete()
        device.close()
