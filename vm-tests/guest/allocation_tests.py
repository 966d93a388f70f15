# SPDX-License-Identifier: Apache-2.0
"""
Each single allocation of each request, failing one by one, and those of packets failing at random.

A request that fails has changed nothing, or it is done and only its answer is lost. In both cases the device goes on.
"""

import socket
import time
import unittest
from dataclasses import replace

import faults
import lifecycle_tests
import namespaces
import world
from netlink import NETLINK_ROUTE, Netlink
from packets import udp
from utun import Device, Events, Tunnel, make_device
from world import BROKER4, HOST, PORT

FIRST = Tunnel(1000, ("198.51.100.2", 4000), (BROKER4, PORT), "2001:db8:100:1::10", "2001:db8:100:100::/56", confirmed=True)
SECOND = Tunnel(1001, ("198.51.100.2", 4001), (BROKER4, PORT), "2001:db8:100:1::11", confirmed=True)
THIRD = Tunnel(1002, ("198.51.100.3", 0), (BROKER4, 0), "2001:db8:100:1::12", "2001:db8:100:200::/56", mtu=1400)
ALL = [FIRST, SECOND, THIRD]
# An answer that does not come in this time was lost for want of memory.
PATIENCE_SECONDS = 2


def setUpModule():
    if not faults.are_possible():
        raise unittest.SkipTest("this kernel has no fault injection")
    faults.set_up()


def device_names():
    with namespaces.inside("broker"):
        return [name for _, name in socket.if_nameindex()]


class WithBroker(unittest.TestCase):
    def setUp(self):
        world.make()
        world.ping_host()
        self.addCleanup(self.close)
        self.opened = []
        self.socket = self.keep(world.open_socket())

    def keep(self, one):
        self.opened.append(one)
        return one

    def close(self):
        for one in self.opened:
            one.close()
        world.remove()

    def fail_each(self, what, attempt, check):
        print(f"{what}: {faults.each(attempt, check)} allocations")


class RequestsTest(WithBroker):
    """Requests to a device. `self.device` makes them, `self.observer` looks what came of them."""

    def setUp(self):
        super().setUp()
        self.observer = self.keep(world.make_device(sockets=[self.socket], proto41=["0.0.0.0"]))
        world.route_pool()
        with namespaces.inside("broker"):
            self.listener = self.keep(Events())
        self.device = None
        self.open_device()
        self.addCleanup(lambda: self.device.close())

    def open_device(self):
        """Anew, because an answer that broke off is not over."""
        if self.device:
            self.device.close()
        with namespaces.inside("broker"):
            self.device = Device("tsp0", make=False)
        self.device.be_impatient(PATIENCE_SECONDS)

    def fail_each(self, what, attempt, before, after):
        """From the tunnels `before` to those `after`."""

        def check(error):
            self.assertIn(self.observer.tunnels(), [before, after] if error else [after])
            if error:
                self.open_device()
            self.listener.forget()
            self.make_exactly(before)

        self.make_exactly(before)
        super().fail_each(what, attempt, check)
        self.expect_to_work()

    def make_exactly(self, tunnels):
        if self.observer.tunnels() == tunnels:
            return
        self.observer.flush()
        for tunnel in tunnels:
            self.observer.add(tunnel)

    def expect_to_work(self):
        self.observer.flush()
        client, host = world.UdpClient(), world.Host()
        tunnel = self.observer.add(world.tunnel_of(client))
        client.send(udp(tunnel.inner, HOST))
        self.assertIsNotNone(host.receive())
        host.send(udp(HOST, tunnel.inner))
        self.assertIsNotNone(client.receive())
        self.observer.remove(tunnel.id)
        for one in (client, host):
            one.close()

    def test_adding(self):
        for tunnel in ALL:
            self.fail_each("add", lambda tunnel=tunnel: self.device.add(tunnel), [], [tunnel])

    def test_adding_what_is_there(self):
        self.fail_each("add the same", lambda: self.device.add(FIRST), [FIRST], [FIRST])

    def test_replacing(self):
        moved = replace(FIRST, remote=("198.51.100.4", 1))
        request = replace(moved, replaces=(FIRST.id,))
        self.fail_each("move", lambda: self.device.add(request), ALL, [moved, SECOND, THIRD])
        new = replace(SECOND, id=999, delegated=FIRST.delegated)
        request = replace(new, replaces=(FIRST.id, SECOND.id))
        self.fail_each("replace two", lambda: self.device.add(request), ALL, [new, THIRD])

    def test_keeping_one_that_replaces_another(self):
        request = replace(FIRST, replaces=(SECOND.id,))
        self.fail_each("keep and replace", lambda: self.device.add(request), ALL, [FIRST, THIRD])

    def test_removing(self):
        self.fail_each("remove", lambda: self.device.remove(SECOND.id), ALL, [FIRST, THIRD])
        self.fail_each("flush", lambda: self.device.flush(), ALL, [])

    def test_asking(self):
        self.fail_each("get", lambda: self.assertEqual(self.device.get(FIRST.id).tunnel, FIRST), ALL, ALL)
        self.fail_each("list", lambda: self.assertEqual(self.device.tunnels(), ALL), ALL, ALL)
        self.fail_each("counters", lambda: self.device.counters(), ALL, ALL)

    def test_adding_several(self):
        """Each of them is there, or refused."""
        answer = None

        def attempt():
            nonlocal answer
            answer = self.device.add_batch(ALL)

        def check(error):
            there = self.observer.tunnels()
            self.assertLessEqual(set(there), set(ALL))
            if error is None:
                added, refusals = answer
                self.assertEqual(len(there), added)
                # The id is not known of one that could not be read.
                refused = {identity for _, identity, _, _ in refusals} - {0}
                self.assertLessEqual(refused, {one.id for one in ALL} - {one.id for one in there})
                self.assertEqual(added + len(refusals), len(ALL))
            self.observer.flush()

        WithBroker.fail_each(self, "batch", attempt, check)
        self.expect_to_work()

    def test_changing_the_device(self):
        other = self.keep(world.open_socket(port=PORT + 1))

        def attempt():
            self.device.change(sockets=[self.socket, other], proto41=[BROKER4], clamp_mss=False)

        def check(error):
            if error:
                self.open_device()
            info = self.observer.info()
            told = info["socket_count"], info["proto41"], info["clamp_mss"]
            before, after = (1, ["0.0.0.0"], 1), (2, [BROKER4], 0)
            self.assertIn(told, [before, after] if error else [after])
            self.observer.change(sockets=[self.socket], proto41=["0.0.0.0"], clamp_mss=True)

        WithBroker.fail_each(self, "change", attempt, check)
        self.expect_to_work()

    def test_asking_the_device(self):
        WithBroker.fail_each(self, "information", self.device.info, lambda error: None)

    def test_a_socket_that_is_closed(self):
        """That cannot fail: the device has none afterwards."""

        def check(_):
            self.assertEqual(self.observer.info()["socket_count"], 0)
            self.socket = world.open_socket()
            self.observer.change(sockets=[self.socket])

        WithBroker.fail_each(self, "close", lambda: self.socket.close(), check)
        self.expect_to_work()
        self.socket.close()


class DevicesTest(WithBroker):
    def test_making(self):
        with namespaces.inside("broker"):
            route = self.keep(Netlink(NETLINK_ROUTE))
        route.patience = PATIENCE_SECONDS

        def check(error):
            there = "tsp0" in device_names()
            if error is None:
                self.assertTrue(there)
            if there:
                namespaces.ip("-n", "broker", "link", "delete", "tsp0")
            self.socket.close()
            self.socket = self.keep(world.open_socket())  # no device has kept the one of before

        self.fail_each("make", lambda: make_device(route, "tsp0", sockets=[self.socket], proto41=["0.0.0.0"]), check)

    def test_removing(self):
        device = None

        def make():
            nonlocal device
            device = world.make_device(sockets=[self.socket], proto41=["0.0.0.0"])
            device.be_impatient(PATIENCE_SECONDS)
            for tunnel in ALL:
                device.add(tunnel)

        def check(error):
            if error is None:
                self.assertNotIn("tsp0", device_names())
            device.close()
            if "tsp0" in device_names():
                namespaces.ip("-n", "broker", "link", "delete", "tsp0")
            make()

        make()
        self.fail_each("delete", lambda: device.delete(), check)
        device.close()


class PacketsTest(lifecycle_tests.WithWorld):
    def test_packets_without_memory(self):
        caches = ["skbuff_head_cache", "skbuff_small_head", "skbuff_fclone_cache", "kmalloc-512", "kmalloc-1k", "kmalloc-2k"]
        self.expect_both_ways()
        with self.flood() as flood:
            with faults.at_random(10, caches):
                flood.wait(200)
            time.sleep(0.1)
        self.expect_both_ways()
        self.expect_both_ways(1)
