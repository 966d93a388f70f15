# SPDX-License-Identifier: Apache-2.0
"""
Eight workers at once on one device: tunnels are added, replaced, removed, listed and flushed, sockets change, and packets
run both ways all the time.
"""

import collections
import errno
import multiprocessing
import random
import signal
import socket
import traceback
import unittest
from dataclasses import replace

import duration
import namespaces
import packets
import world
from netlink import Refused
from packets import udp
from utun import Device, Events
from world import HOST

SEED = random.SystemRandom().getrandbits(32)
# More tunnels than there are paths and addresses for at once: conflicts are part of it.
NUMBERS = 64
PORTS = [40000 + number for number in range(NUMBERS)]
CLIENTS = world.CLIENTS4[:2]
BATCH = 30  # so few that the answer has room for all refusals
# What others are doing meanwhile can be in the way.
EXPECTED = {errno.EEXIST, errno.ENOENT, errno.EBUSY}


class Client:
    """What world.tunnel_of() wants of one."""

    def __init__(self, number):
        self.udp = number % 4 != 0
        self.remote = (CLIENTS[number % 2], PORTS[number]) if self.udp else (world.CLIENTS4[2], 0)
        self.local = (world.BROKER4, world.PORT if self.udp else 0)


def any_tunnel(chance):
    number = chance.randrange(NUMBERS)
    delegated = f"2001:db8:100:{0x100 + number:x}::/64" if chance.random() < 0.5 else ""
    tunnel = world.tunnel_of(Client(number), number, delegated=delegated, confirmed=chance.random() < 0.7)
    if chance.random() < 0.3:
        tunnel = replace(tunnel, inner=f"2001:db8:100:1::{16 + chance.randrange(NUMBERS):x}")
    replaces = [1000 + chance.randrange(NUMBERS) for _ in range(chance.randrange(5))]
    return replace(tunnel, mtu=chance.choice((1280, 1400)), replaces=tuple(replaces))


class Worker:
    def __init__(self, number):
        self.chance = random.Random(SEED + number)
        with namespaces.inside("broker"):
            self.device = Device("tsp0", make=False)


class Changer(Worker):
    """Adds, replaces, removes."""

    def work(self):
        tunnel = any_tunnel(self.chance)
        if self.chance.random() < 0.7:
            self.device.add(tunnel)
        else:
            self.device.remove(tunnel.id)


class Batcher(Worker):
    def work(self):
        added, refusals = self.device.add_batch([any_tunnel(self.chance) for _ in range(BATCH)])
        if added + len(refusals) != BATCH or {code for _, _, code, _ in refusals} - {errno.EEXIST}:
            raise AssertionError(f"{added} added, {refusals}")
        if self.chance.random() < 0.05:
            self.device.flush()


class Lister(Worker):
    """What is listed without a change meanwhile has each path, address and prefix once."""

    def work(self):
        listed = [one.tunnel for one in self.device.list()]
        if self.device.list_was_interrupted:
            return
        for of in ("id", "inner", "delegated"):
            values = collections.Counter(getattr(one, of) for one in listed if getattr(one, of))
            if values and max(values.values()) > 1:
                raise AssertionError(f"{of} twice: {values.most_common(1)}")
        paths = {(one.remote, one.local) for one in listed}
        if len(paths) != len(listed):
            raise AssertionError(f"a path twice: {listed}")
        for one in listed[:5]:
            self.device.get(one.id)


class Configurer(Worker):
    """Sockets come and go, and all else that a device is told."""

    def __init__(self, number):
        super().__init__(number)
        with namespaces.inside("broker"):
            self.events = Events()
        self.sockets = []

    def work(self):
        if self.chance.random() < 0.5:
            self.sockets.append(world.open_socket(share=True))
        if len(self.sockets) > 4:
            self.sockets.pop(0).close()
        self.device.change(sockets=self.sockets, proto41=self.chance.choice((["0.0.0.0"], [world.BROKER4], [])),
                           server=world.SERVER, clamp_mss=self.chance.random() < 0.5)  # fmt: skip
        self.device.info()
        self.device.counters()
        if self.chance.random() < 0.1:
            self.events.take(0.001)


class Sender(Worker):
    """Packets from clients of all kinds, and answers that are not read."""

    def __init__(self, number):
        super().__init__(number)
        mine = [one for one in range(NUMBERS) if one % 4 and one // 2 % 2 == number % 2]  # the other sender has the rest
        self.udp = [(one, world.UdpClient(CLIENTS[one % 2], PORTS[one])) for one in mine]
        self.proto41 = [(0, world.Proto41Client(world.CLIENTS4[2]))]

    def work(self):
        number, client = self.chance.choice(self.udp if self.chance.random() < 0.8 else self.proto41)
        inner = f"2001:db8:100:1::{16 + number:x}"
        made = (udp(inner, HOST), udp(inner, world.SERVER), packets.icmp(inner, world.SERVER, packets.ECHO_REQUEST),
                packets.syn(inner, HOST, 1460), udp("2001:db8:bad::1", HOST), b"\xf0signalling", b"", b"\x60",
                udp(inner, f"2001:db8:100:1::{16 + self.chance.randrange(NUMBERS):x}"))  # fmt: skip
        for payload in made:
            try:
                client.send(payload)
            except OSError:  # an ICMP error about an earlier one
                pass


class Host(Worker):
    """Packets to clients, and to nobody."""

    def __init__(self, number):
        super().__init__(number)
        self.host = world.Host()

    def work(self):
        for _ in range(10):
            group = self.chance.choice(("1::", f"{0x100 + self.chance.randrange(NUMBERS):x}::"))
            inner = f"2001:db8:100:{group}{16 + self.chance.randrange(NUMBERS):x}"
            size = self.chance.choice((64, 1280, 1400))
            try:
                self.host.send(packets.udp_of_size(HOST, inner, size))
            except OSError:
                pass


WORKERS = [Changer, Changer, Batcher, Lister, Configurer, Sender, Sender, Host]


def run(kind, number, result):
    """In a process of its own."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        rounds, refused, deadline = 0, 0, duration.Deadline()
        worker = kind(number)
        while not deadline.is_over():
            try:
                worker.work()
            except Refused as error:
                if error.code not in EXPECTED:
                    raise
                refused += 1
            rounds += 1
        result.send((kind.__name__, rounds, refused, ""))
    except BaseException:
        result.send((kind.__name__, 0, 0, traceback.format_exc()))


class StressTest(unittest.TestCase):
    def setUp(self):
        world.make()
        world.ping_host()
        self.socket = world.open_socket(share=True)
        self.device = world.make_device(sockets=[self.socket], proto41=["0.0.0.0"])
        world.route_pool()
        self.addCleanup(self.close)

    def close(self):
        for one in (self.socket, self.device):
            one.close()
        world.remove()

    def test_eight_workers(self):
        print(f"seed {SEED}, {duration.seconds:.0f} s")
        context = multiprocessing.get_context("fork")
        started = []
        for number, kind in enumerate(WORKERS):
            result, end = context.Pipe(duplex=False)
            process = context.Process(target=run, args=(kind, number, end))
            process.start()
            started.append((process, result))
        told = [result.recv() for _, result in started]
        for process, _ in started:
            process.join()
        for name, rounds, refused, _ in told:
            print(f"{name}: {rounds} rounds, {refused} refused")
        self.assertEqual([error for *_, error in told if error], [])
        self.assertTrue(all(rounds for _, rounds, _, _ in told))
        self.expect_to_work()

    def expect_to_work(self):
        self.device.flush()
        self.assertEqual(self.device.count(), 0)
        self.device.change(sockets=[self.socket], proto41=["0.0.0.0"])
        client, host = world.UdpClient(), world.Host()
        tunnel = self.device.add(world.tunnel_of(client, confirmed=True))
        host.send(udp(HOST, tunnel.inner))
        self.assertEqual(client.receive()[24:40], socket.inet_pton(socket.AF_INET6, tunnel.inner))
        for one in (client, host):
            one.close()
