# SPDX-License-Identifier: Apache-2.0
"""What becomes of packets: the rules of adapters/port/datapath_contract/datapath_contract.h, in UDP and in protocol 41."""

import struct
import time
import unittest
from dataclasses import replace

import packets
import world
from packets import ECHO_REPLY, ECHO_REQUEST, icmp, syn, udp, udp_of_size
from utun import Events
from world import HOST, SERVER


def setUpModule():
    world.make()
    world.ping_host()


def tearDownModule():
    world.remove()


class Rules:
    """Of both kinds of tunnels."""

    def setUp(self):
        self.opened = []
        self.socket = self.keep(world.open_socket())
        self.device = world.make_device(sockets=[self.socket], proto41=["0.0.0.0"])
        self.addCleanup(self.close_all)
        world.route_pool()
        self.host = self.keep(world.Host())
        self.events = self.keep(BrokersEvents())

    def close_all(self):
        self.device.delete()
        self.device.close()
        for one in self.opened:
            one.close()

    def keep(self, one):
        self.opened.append(one)
        return one

    def client(self, number=0):
        return self.keep(self.make_client(number))

    def installed(self, client, number=0, confirmed=True, **options):
        return self.device.add(world.tunnel_of(client, number, confirmed=confirmed, **options))

    def expect_drop(self, reason, action, count=1):
        before = self.device.dropped(reason)
        action()
        self.device.wait_until(lambda: self.device.dropped(reason) == before + count)

    def expect_uplink(self, client, tunnel):
        up = udp(tunnel.inner, HOST)
        client.send(up)
        received = self.host.receive()
        self.assertIsNotNone(received)
        self.assertEqual(packets.without_hops(received), packets.without_hops(up))

    def expect_downlink(self, client, tunnel):
        down = udp(HOST, tunnel.inner)
        self.host.send(down)
        received = client.receive()
        self.assertIsNotNone(received)
        self.assertEqual(packets.without_hops(received), packets.without_hops(down))

    def expect_nothing(self, *receivers):
        for receiver in receivers:
            self.assertIsNone(receiver.receive(0.05))

    # ---- from clients

    def test_packets_go_to_the_host_from_address_and_prefix(self):
        client = self.client()
        tunnel = self.installed(client, delegated="2001:db8:100:100::/56")
        self.expect_uplink(client, tunnel)
        client.send(udp("2001:db8:100:1ff::77", HOST))
        self.assertEqual(packets.source_of(self.host.receive()), "2001:db8:100:1ff::77")
        counted = self.device.get(tunnel.id).counters
        self.assertEqual((counted["packets_up"], counted["bytes_up"]), (2, 2 * 112))

    def test_each_violation_is_dropped_silently_and_counted(self):
        client = self.client()
        tunnel = self.installed(client)
        right = udp(tunnel.inner, HOST)
        echo = icmp(tunnel.inner, SERVER, ECHO_REQUEST)
        violations = [
            ("truncated", right[:-1]),
            ("length_mismatch", right + b"\0"),
            ("foreign_source", udp("2001:db8:100:1::99", HOST)),
            ("foreign_source", udp(HOST, tunnel.inner)),
            ("foreign_source", icmp("2001:db8:100:1::99", SERVER, ECHO_REQUEST)),
            ("bad_checksum", echo[:-1] + b"\1"),
            ("invalid_source", udp("::1", HOST)),
            ("invalid_source", udp("ff0e::1", HOST)),
            ("invalid_source", udp("::ffff:8.8.8.8", HOST)),
            ("invalid_source", udp("fec0::1", HOST)),
            ("invalid_source", udp("2002:a00:1::1", HOST)),
            ("invalid_source", udp("::", HOST)),
            ("invalid_destination", udp(tunnel.inner, "ff0e::1")),
            ("invalid_destination", udp(tunnel.inner, "::1")),
            ("invalid_destination", udp(tunnel.inner, "2002:c633:6401::1")),
            ("hop_limit", udp(tunnel.inner, HOST, hop_limit=0)),
            ("link_scope", udp("fe80::1", "ff02::2")),
            ("link_scope", udp("::", "ff02::2")),
            ("link_scope", udp("fe80::1", HOST)),
            ("link_scope", udp(tunnel.inner, "ff02::1")),
        ]
        for reason, packet in violations:
            with self.subTest(reason=reason, packet=packet[:40].hex()):
                self.expect_drop(reason, lambda packet=packet: client.send(packet))
                self.expect_nothing(client, self.host)
        drops = self.device.get(tunnel.id).counters["drops"]
        self.assertEqual(sum(drops.values()), len(violations))

    def test_congestion_on_what_is_not_capable_is_a_drop(self):
        client = self.client()
        tunnel = self.installed(client)
        self.expect_drop("ecn", lambda: client.send(udp(tunnel.inner, HOST), tos=3))
        self.expect_nothing(self.host)
        client.send(udp(tunnel.inner, HOST, traffic_class=2), tos=3)
        self.assertEqual(struct.unpack_from(">H", self.host.receive())[0] >> 4 & 3, 3)

    def test_the_first_valid_packet_confirms_and_is_told_once(self):
        client = self.client()
        tunnel = self.installed(client, confirmed=False)
        self.expect_drop("link_scope", lambda: client.send(udp("fe80::1", "ff02::2")))
        self.expect_drop("unconfirmed", lambda: self.host.send(udp(HOST, tunnel.inner)))
        self.expect_drop("unconfirmed", lambda: self.host.send(udp_of_size(HOST, tunnel.inner, 1400)))
        self.assertEqual(self.device.dropped("too_big"), 0)
        self.expect_nothing(client, self.host)
        self.assertIsNone(self.device.get(tunnel.id).last_seen)
        self.assertEqual(self.events.take(), [])
        for _ in range(2):
            self.expect_uplink(client, tunnel)
        told = [("tunnel_confirmed", {"ifindex": self.device.index, "id": tunnel.id})]
        self.assertEqual(self.events.take(), told)
        self.assertTrue(self.device.get(tunnel.id).tunnel.confirmed)
        self.expect_downlink(client, tunnel)

    def test_the_server_answers_echo_itself(self):
        client = self.client()
        tunnel = self.installed(client, confirmed=False, delegated="2001:db8:100:100::/56")
        for source in (tunnel.inner, "2001:db8:100:101::5"):
            client.send(icmp(source, SERVER, ECHO_REQUEST, body=b"probe", hop_limit=1))
            self.assertEqual(client.receive(), icmp(SERVER, source, ECHO_REPLY, body=b"probe"))
        self.expect_nothing(self.host)
        counted = self.device.counters()
        self.assertEqual((counted["echo_replies"], counted["packets_up"], counted["packets_down"]), (2, 2, 2))
        self.assertTrue(self.device.get(tunnel.id).tunnel.confirmed)

    def test_last_seen_is_of_the_last_accepted_packet(self):
        client = self.client()
        tunnel = self.installed(client)
        self.expect_drop("foreign_source", lambda: client.send(udp(HOST, tunnel.inner)))
        self.assertIsNone(self.device.get(tunnel.id).last_seen)
        before = time.monotonic_ns()
        self.expect_uplink(client, tunnel)
        seen = self.device.get(tunnel.id).last_seen
        self.assertLess(before - 20_000_000, seen)
        self.assertLessEqual(seen, time.monotonic_ns())

    # ---- to clients

    def test_packets_go_to_the_client_by_address_and_prefix(self):
        client = self.client()
        tunnel = self.installed(client, delegated="2001:db8:100:100::/56")
        self.expect_downlink(client, tunnel)
        self.host.send(udp(HOST, "2001:db8:100:1ff::9"))
        self.assertEqual(packets.destination_of(client.receive()), "2001:db8:100:1ff::9")
        counted = self.device.get(tunnel.id).counters
        self.assertEqual((counted["packets_down"], counted["bytes_down"]), (2, 2 * 112))

    def test_the_longest_prefix_wins(self):
        clients = [self.client(number) for number in range(3)]
        self.installed(clients[0], 0, delegated="2001:db8:100:100::/56")
        self.installed(clients[1], 1, delegated="2001:db8:100:108::/64")
        self.device.add(world.Tunnel(5000, clients[2].remote, clients[2].local, "2001:db8:100:108::5", confirmed=True))
        for destination, client in (("2001:db8:100:107::5", 0), ("2001:db8:100:108::6", 1), ("2001:db8:100:108::5", 2)):
            self.host.send(udp(HOST, destination))
            self.assertEqual(packets.destination_of(clients[client].receive()), destination)

    def test_what_is_larger_than_the_tunnel_is_answered_with_packet_too_big(self):
        client = self.client()
        for number, mtu in enumerate((1280, 1400)):
            tunnel = world.tunnel_of(client, number, confirmed=True, mtu=mtu)
            self.device.add(replace(tunnel, replaces=(999 + number,)))
            fits = udp_of_size(HOST, tunnel.inner, mtu)
            self.host.send(fits)
            self.assertEqual(packets.without_hops(client.receive()), packets.without_hops(fits))
            larger = udp_of_size(HOST, tunnel.inner, mtu + 1)
            self.expect_drop("too_big", lambda larger=larger: self.host.send(larger))
            self.expect_error(self.host.receive(), 2, 0, mtu, larger)
            self.expect_nothing(client)

    def expect_error(self, error, kind, code, parameter, about):
        self.assertEqual(packets.source_of(error), SERVER)
        self.assertEqual(packets.destination_of(error), packets.source_of(about))
        self.assertTrue(packets.checksum_is_right(error))
        self.assertEqual((error[40], error[41], struct.unpack_from(">I", error, 44)[0]), (kind, code, parameter))
        self.assertEqual(packets.without_hops(error[48:]), packets.without_hops(about[: 1280 - 48]))

    def test_where_there_is_no_tunnel_the_address_is_unreachable(self):
        self.installed(self.client())
        down = udp(HOST, "2001:db8:100:7::7")
        self.expect_drop("no_tunnel", lambda: self.host.send(down))
        self.expect_error(self.host.receive(), 1, 3, 0, down)

    def test_errors_are_not_answered_with_errors(self):
        for error in (icmp(HOST, "2001:db8:100:7::7", 1, 3, bytes(48)), icmp(HOST, "2001:db8:100:7::7", 137)):
            self.expect_drop("no_tunnel", lambda error=error: self.host.send(error))
        self.expect_nothing(self.host)

    def test_errors_about_one_flow_are_limited(self):
        for _ in range(100):
            self.host.send(udp(HOST, "2001:db8:100:7::7"))
        self.device.wait_until(lambda: self.device.dropped("no_tunnel") == 100)
        sent = self.device.counters()["icmp_errors"]
        self.assertIn(sent, range(10, 50))
        self.assertEqual(self.device.dropped("icmp_rate_limited"), 100 - sent)

    def test_sources_that_cannot_be_routed_do_not_go_to_clients(self):
        tunnel = self.installed(self.client())
        self.expect_drop("invalid_source", lambda: self.send_from_broker(udp("2002:a00:1::1", tunnel.inner)))

    def send_from_broker(self, packet):
        with world.namespaces.inside("broker"):
            one = world.socket.socket(world.socket.AF_INET6, world.socket.SOCK_RAW, world.socket.IPPROTO_RAW)
        one.sendto(packet, (packets.destination_of(packet), 0))
        one.close()

    def test_congestion_is_carried_and_the_class_of_service_is_not(self):
        client = self.client()
        tunnel = self.installed(client)
        self.host.send(udp(HOST, tunnel.inner, traffic_class=0xB8 | 1))
        packet, tos = client.receive_with_tos()
        self.assertEqual(tos, 1)
        self.assertEqual(struct.unpack_from(">H", packet)[0] >> 4 & 0xFF, 0xB8 | 1)

    # ---- between clients

    def test_clients_reach_each_other(self):
        clients = [self.client(number) for number in range(2)]
        first, second = (self.installed(client, number) for number, client in enumerate(clients))
        across = udp(first.inner, second.inner)
        clients[0].send(across)
        self.assertEqual(packets.without_hops(clients[1].receive()), packets.without_hops(across))
        larger = udp_of_size(first.inner, second.inner, 1400)
        clients[0].send(larger)
        self.expect_error(clients[0].receive(), 2, 0, 1280, larger)
        absent = udp(first.inner, "2001:db8:100:7::7")
        clients[0].send(absent)
        self.expect_error(clients[0].receive(), 1, 3, 0, absent)

    def test_a_client_reaches_no_unconfirmed_other(self):
        clients = [self.client(number) for number in range(2)]
        first = self.installed(clients[0], 0)
        second = self.installed(clients[1], 1, confirmed=False)
        self.expect_drop("unconfirmed", lambda: clients[0].send(udp(first.inner, second.inner)))
        self.expect_nothing(clients[1])

    # ---- TCP

    def test_the_mss_is_lowered_to_the_tunnel(self):
        client = self.client()
        tunnel = self.installed(client, mtu=1400)
        for before in (b"", b"\1", b"\1\1\1"):
            with self.subTest(before=before):
                client.send(syn(tunnel.inner, HOST, 1440, before=before))
                lowered = syn(tunnel.inner, HOST, 1340, before=before)
                self.assertEqual(packets.without_hops(self.host.receive()), packets.without_hops(lowered))
                self.host.send(syn(HOST, tunnel.inner, 1440, flags=18, before=before))
                lowered = syn(HOST, tunnel.inner, 1340, flags=18, before=before)
                self.assertEqual(packets.without_hops(client.receive()), packets.without_hops(lowered))
        self.assertEqual(self.device.counters()["mss_clamped"], 6)

    def test_an_mss_that_fits_or_that_shall_stay_is_left_alone(self):
        client = self.client()
        tunnel = self.installed(client)
        for mss, clamps in ((1000, True), (1440, False)):
            self.device.change(clamp_mss=clamps)
            client.send(syn(tunnel.inner, HOST, mss))
            wanted = syn(tunnel.inner, HOST, mss)
            self.assertEqual(packets.without_hops(self.host.receive()), packets.without_hops(wanted))

    # ---- replacing

    def test_a_replacement_takes_over_in_one_step(self):
        clients = [self.client(number) for number in range(2)]
        old = self.installed(clients[0], 0, delegated="2001:db8:100:100::/56")
        new = replace(old, id=2000, remote=clients[1].remote, replaces=(old.id, 77))
        self.device.add(new)
        self.assertEqual(self.device.tunnels(), [replace(new, replaces=())])
        self.expect_uplink(clients[1], new)
        self.expect_downlink(clients[1], new)
        self.expect_drop("unknown_endpoint", lambda: clients[0].send(udp(old.inner, HOST)))
        self.expect_nothing(self.host)


class BrokersEvents(Events):
    def __init__(self):
        with world.namespaces.inside("broker"):
            super().__init__()


class UdpTest(Rules, unittest.TestCase):
    @staticmethod
    def make_client(number):
        return world.UdpClient(port=40000 + number)

    def test_what_is_not_a_tunnels_reaches_the_socket_unchanged(self):
        client, stranger = self.client(0), self.client(1)
        tunnel = self.installed(client)
        signalling = bytes([0xF0, 0, 0, 1, 0, 0, 0, 2]) + b"VERSION=2.0.0\r\n"
        legacy = bytes([1, 0, 0, 0xF0, 0, 0, 0, 2]) + b"VERSION=2.0.0\r\n"
        for payload in (signalling, legacy, b"\0", b"", bytes([0x60] * 39), bytes([0x45] * 100), bytes([0x55] * 60)):
            client.send(payload)
            self.socket.settimeout(5)
            self.assertEqual(self.socket.recvfrom(65536), (payload, client.remote))
        self.assertEqual(self.device.counters()["drops"], {})
        from_elsewhere = udp(tunnel.inner, HOST)
        stranger.send(from_elsewhere)
        self.assertEqual(self.socket.recvfrom(65536), (from_elsewhere, stranger.remote))
        self.assertEqual(self.device.dropped("unknown_endpoint"), 1)
        told = ("unknown_endpoint", {"ifindex": self.device.index, "inner_source": tunnel.inner})
        self.assertEqual(self.events.take(), [told])
        self.assertEqual(self.device.tunnels(), [tunnel])
        self.socket.sendto(b"answer", client.remote)
        self.assertEqual(client.receive(), b"answer")

    def test_events_about_strangers_are_few(self):
        stranger = self.client()
        for _ in range(200):
            stranger.send(udp("2001:db8:100:1::16", HOST))
        self.device.wait_until(lambda: self.device.dropped("unknown_endpoint") == 200)
        self.assertIn(len(self.events.take()), range(1, 101))


class Proto41Test(Rules, unittest.TestCase):
    @staticmethod
    def make_client(number):
        return world.Proto41Client(world.CLIENTS4[number])

    def test_strangers_and_garbage_are_counted_and_never_answered(self):
        stranger = self.client()
        with world.namespaces.inside("client"):
            errors = self.keep(world.socket.socket(world.socket.AF_INET, world.socket.SOCK_RAW, 1))
        self.expect_drop("garbage", lambda: stranger.send(bytes([0x55] * 100)))
        self.expect_drop("unknown_endpoint", lambda: stranger.send(udp("2001:db8:100:1::16", HOST)))
        told = ("unknown_endpoint", {"ifindex": self.device.index, "inner_source": "2001:db8:100:1::16"})
        self.assertEqual(self.events.take(), [told])
        self.assertIsNone(world.receive(errors, 0.05))

    def test_ipv4_in_a_tunnel_of_ipv6_is_a_drop(self):
        client = self.client()
        self.installed(client)
        header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 60, 0, 0, 64, 17, 0, bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
        self.expect_drop("wrong_version", lambda: client.send(header + bytes(40)))

    def test_errors_that_come_back_are_counted_and_change_nothing(self):
        client = self.client()
        tunnel = self.installed(client)
        client.close()  # now nobody there takes protocol 41
        self.host.send(udp(HOST, tunnel.inner))
        self.device.wait_until(lambda: self.device.counters()["outer_errors"] == 1)
        self.assertEqual(self.device.tunnels(), [tunnel])

    def test_a_tunnel_of_sit_beside_it_gets_its_packets(self):
        client = self.client()
        world.namespaces.ip("-n", "broker", "tunnel", "add", "sit9", "mode", "sit", "remote", client.remote[0], "local",
                            world.BROKER4)  # fmt: skip
        self.addCleanup(world.namespaces.ip, "-n", "broker", "link", "delete", "sit9")
        world.namespaces.ip("-n", "broker", "link", "set", "sit9", "up")
        up = udp("2001:db8:9::1", HOST)
        client.send(up)
        self.assertEqual(packets.without_hops(self.host.receive()), packets.without_hops(up))
        self.assertEqual(self.device.counters()["drops"], {})

    def test_without_the_address_nothing_is_taken(self):
        client = self.client()
        self.installed(client)
        self.device.change(proto41=["198.51.100.77"])
        client.send(udp("2001:db8:100:1::10", HOST))
        self.expect_nothing(self.host)
        self.device.change(proto41=["198.51.100.77", world.BROKER4])
        client.send(udp("2001:db8:100:1::10", HOST))
        self.assertIsNotNone(self.host.receive())
