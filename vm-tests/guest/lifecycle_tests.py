# SPDX-License-Identifier: Apache-2.0
"""Brokers that die and come back, and devices, namespaces and modules that go away while packets run."""

import socket
import subprocess
import threading
import time
import unittest
from dataclasses import replace

import namespaces
import packets
import world
from netlink import Refused
from packets import udp
from utun import C, Device, Events, Tunnel
from world import HOST


def load_module():
    subprocess.run(["insmod", "/utun.ko"], check=True)


def unload_module():
    subprocess.run(["rmmod", "utun"], check=True)


class Flood(threading.Thread):
    """Packets of all kinds from a client, and to it, until it is stopped."""

    def __init__(self, clients, destinations):
        super().__init__(daemon=True)
        self._clients, self._destinations = clients, destinations
        self._stopped = threading.Event()
        self._host = world.Host()
        self.rounds = 0

    def run(self):
        while not self._stopped.is_set():
            for client, inner in zip(self._clients, self._destinations, strict=True):
                for payload in (udp(inner, HOST), udp("2001:db8:bad::1", HOST), b"\xf0signalling", b"", udp(inner, world.SERVER)):
                    self._try(client.send, payload)
                for destination in (inner, "2001:db8:100:7::7"):
                    self._try(self._host.send, udp(HOST, destination))
            self.rounds += 1

    @staticmethod
    def _try(send, payload):
        try:
            send(payload)
        except OSError:  # an ICMP error about an earlier one
            pass

    def __enter__(self):
        self.start()
        self.wait(3)
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self.join()
        self._host.close()

    def wait(self, rounds):
        end = self.rounds + rounds
        while self.rounds < end:
            time.sleep(0.01)


class WithWorld(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        world.make()
        world.ping_host()

    @classmethod
    def tearDownClass(cls):
        world.remove()

    def setUp(self):
        self.socket = world.open_socket()
        self.device = world.make_device(sockets=[self.socket], proto41=["0.0.0.0"])
        world.route_pool()
        self.clients = [world.UdpClient(), world.Proto41Client(world.CLIENTS4[1])]
        self.tunnels = [world.tunnel_of(client, number, confirmed=True) for number, client in enumerate(self.clients)]
        for tunnel in self.tunnels:
            self.device.add(tunnel)
        self.addCleanup(self.close)

    def close(self):
        for client in self.clients:
            client.close()
        self.socket.close()
        if "tsp0" in namespaces.ip("-n", "broker", "link", "show"):
            self.device.delete()
        self.device.close()

    def flood(self):
        return Flood(self.clients, [tunnel.inner for tunnel in self.tunnels])

    def expect_both_ways(self, number=0):
        client, tunnel, host = self.clients[number], self.tunnels[number], world.Host()
        client.send(udp(tunnel.inner, HOST))
        self.assertIsNotNone(host.receive())
        host.send(udp(HOST, tunnel.inner))
        self.assertIsNotNone(client.receive())
        host.close()


class BrokersTest(WithWorld):
    def test_the_tunnels_outlive_the_broker_and_its_successor_finds_them(self):
        self.expect_both_ways()
        before = self.device.get(self.tunnels[0].id).counters
        self.socket.close()
        self.device.close()  # all that the broker had
        with namespaces.inside("broker"):
            self.device = Device("tsp0", make=False)
        self.assertEqual((self.device.info()["carrier"], self.device.info()["socket_count"]), (False, 0))
        self.assertEqual(self.device.tunnels(), self.tunnels)
        self.socket = world.open_socket()
        self.device.change(sockets=[self.socket])
        self.assertTrue(self.device.info()["carrier"])
        self.expect_both_ways()
        self.assertEqual(self.device.get(self.tunnels[0].id).counters["packets_up"], before["packets_up"] + 1)
        self.clients[0].send(b"\xf0signalling")
        self.assertEqual(self.socket.recv(100), b"\xf0signalling")

    def test_a_successor_takes_over_while_the_old_broker_runs(self):
        self.socket.close()
        old = world.open_socket(share=True)
        self.device.change(sockets=[old])
        with self.flood() as flood:
            self.socket = world.open_socket(share=True)
            self.device.change(sockets=[self.socket])
            flood.wait(2)
            old.close()
            flood.wait(2)
        self.expect_both_ways()

    def test_several_sockets_share_the_port(self):
        self.socket.close()
        several = [world.open_socket(share=True) for _ in range(4)]
        self.device.change(sockets=several)
        for port in range(41000, 41016):
            client = world.UdpClient(port=port)
            self.clients.append(client)
            self.tunnels.append(self.device.add(world.tunnel_of(client, port, confirmed=True)))
            client.send(packets.icmp(self.tunnels[-1].inner, world.SERVER, packets.ECHO_REQUEST))
            self.assertEqual(client.receive()[40], packets.ECHO_REPLY)
        for one in several:
            one.close()
        self.device.wait_until(lambda: not self.device.info()["carrier"])

    def test_without_a_socket_nothing_is_sent(self):
        self.device.change(sockets=[])
        host = world.Host()
        host.send(udp(HOST, self.tunnels[0].inner))
        time.sleep(0.1)
        self.assertIsNone(self.clients[0].receive(0.1))
        host.close()
        self.clients[0].send(udp(self.tunnels[0].inner, HOST))
        self.assertEqual(self.socket.recv(100)[0] >> 4, 6)  # the socket is an ordinary one again

    def test_what_was_seen_is_not_removed_as_idle(self):
        self.expect_both_ways()
        identity = self.tunnels[0].id
        with self.assertRaises(Refused) as caught:
            self.device.remove(identity, unless_seen_since=max(0, time.monotonic_ns() - 60_000_000_000))
        self.assertEqual(caught.exception.text, "the tunnel has been used since")
        self.expect_both_ways()
        self.device.remove(identity, unless_seen_since=time.monotonic_ns() + 60_000_000_000)

    def test_thousands_of_tunnels_come_and_go_under_traffic(self):
        with self.flood():
            many = [
                Tunnel(10_000 + number, ("10.1.0.1", 1 + number), (world.BROKER4, world.PORT), f"2001:db8:140::{number:x}")
                for number in range(2_000)
            ]
            for start in range(0, len(many), 200):
                self.assertEqual(self.device.add_batch(many[start : start + 200]), (200, []))
            for tunnel in many[:500]:
                self.device.remove(tunnel.id)
            self.device.flush()
        self.assertEqual(self.device.tunnels(), [])

    def test_a_tunnel_that_moves_to_and_fro_loses_no_packet(self):
        """Of those that its address owns all the time: each finds the old tunnel or the new one."""
        host, tunnel = world.Host(), self.tunnels[0]
        elsewhere = replace(tunnel, id=1, remote=("198.51.100.2", 45000))
        with namespaces.inside("broker"):
            by_mover = Device("tsp0", make=False)
        stopped = threading.Event()
        moves = 0

        def move():
            nonlocal moves
            while not stopped.is_set():
                by_mover.add(replace(elsewhere, replaces=(tunnel.id,)))
                by_mover.add(replace(tunnel, replaces=(elsewhere.id,)))
                moves += 2

        mover = threading.Thread(target=move, daemon=True)
        mover.start()
        sent = 0
        while sent < 1000 or moves < 100:
            host.send(udp(HOST, tunnel.inner))
            sent += 1
        self.device.wait_until(lambda: self.device.counters()["packets_down"] == sent)
        stopped.set()
        mover.join()
        for one in (host, by_mover):
            one.close()
        self.assertEqual(self.device.counters()["drops"], {})


class EndsTest(WithWorld):
    def test_the_device_is_deleted_under_traffic(self):
        with namespaces.inside("broker"):
            events = Events()
        index = self.device.index
        with self.flood() as flood:
            flood.wait(2)
            self.device.delete()
            flood.wait(2)
        told = ("tunnel_removed", {"ifindex": index, "reason": C["UTUN_REMOVED_DEVICE_GONE"]})
        self.assertIn(told, events.take())
        events.close()

    def test_the_module_is_unloaded_under_traffic_and_loaded_again(self):
        with self.flood() as flood:
            self.device.close()
            unload_module()
            flood.wait(2)
            load_module()
        with namespaces.inside("broker"):
            self.assertNotIn("tsp0", [name for _, name in socket.if_nameindex()])
        self.device = world.make_device(sockets=[self.socket], proto41=["0.0.0.0"])
        world.route_pool()
        for tunnel in self.tunnels:
            self.device.add(tunnel)
        self.expect_both_ways()


class NamespacesTest(unittest.TestCase):
    def test_a_namespace_goes_with_everything_in_place(self):
        for _ in range(3):
            world.make()
            broker = world.open_socket()
            device = world.make_device(sockets=[broker], proto41=["0.0.0.0"])
            world.route_pool()
            client = world.UdpClient()
            tunnel = device.add(world.tunnel_of(client, confirmed=True))
            with Flood([client], [tunnel.inner]) as flood:
                flood.wait(2)
                world.remove()
            for one in (client, device, broker):
                one.close()
        # All of it is gone when the module lets itself be unloaded, in tearDownModule.

    def test_the_socket_may_be_of_another_namespace(self):
        world.make()
        world.ping_host()
        namespaces.add("inner")
        namespaces.connect("broker", "i0", "inner", "i1")
        with namespaces.inside("inner"):
            device = Device("tsp0", server=world.SERVER)
        namespaces.bring_up("inner", "tsp0")
        broker, client = world.open_socket(), world.UdpClient()
        device.change(sockets=[broker])
        tunnel = device.add(world.tunnel_of(client))
        client.send(packets.icmp(tunnel.inner, world.SERVER, packets.ECHO_REQUEST))
        self.assertEqual(client.receive()[40], packets.ECHO_REPLY)
        self.assertEqual(device.info()["carrier"], True)
        namespaces.remove("inner")
        device.close()
        client.send(b"\xf0after")
        self.assertEqual(broker.recv(100), b"\xf0after")
        for one in (client, broker):
            one.close()
        world.remove()


def tearDownModule():
    unload_module()
    load_module()
