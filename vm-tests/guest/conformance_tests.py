# SPDX-License-Identifier: Apache-2.0
"""What the module makes of requests, right ones and wrong ones."""

import errno
import os
import socket
import subprocess
import time
import unittest
from dataclasses import replace

import namespaces
from netlink import Refused, attribute, nest, u8, u32, u64
from utun import C, Device, Events, Tunnel, in6

FIRST = Tunnel(1000, ("192.0.2.1", 4000), ("198.51.100.1", 3653), "2001:db8:100:1::10", "2001:db8:100:100::/56")
SECOND = Tunnel((1 << 53) - 1, ("192.0.2.2", 4000), ("198.51.100.1", 3653), "2001:db8:100:1::11", mtu=1400, confirmed=True)
OF_PROTO41 = Tunnel(7, ("192.0.2.1", 0), ("198.51.100.1", 0), "2001:db8:100:1::12")


def setUpModule():
    namespaces.add("broker", "elsewhere")
    namespaces.ip_lines("broker", "link add b0 type dummy", "address add 198.51.100.1/24 dev b0", "link set b0 up")


def tearDownModule():
    namespaces.remove("broker", "elsewhere")


class WithDevice(unittest.TestCase):
    def setUp(self):
        with namespaces.inside("broker"):
            self.device = Device("tsp0")
            self.events = Events()
        self.addCleanup(self.end)

    def end(self):
        self.device.delete()
        self.device.close()
        self.events.close()

    def expect_refusal(self, code, text, action, *words, **options):
        with self.assertRaises(Refused) as caught:
            action(*words, **options)
        self.assertEqual((errno.errorcode[caught.exception.code], caught.exception.text), (errno.errorcode[code], text))


class TunnelsTest(WithDevice):
    def test_what_was_added_is_listed_as_it_was_ordered(self):
        for tunnel in (FIRST, SECOND, OF_PROTO41):
            self.device.add(tunnel)
        self.assertEqual(self.device.tunnels(), [OF_PROTO41, FIRST, SECOND])
        for tunnel in (FIRST, SECOND, OF_PROTO41):
            listed = self.device.get(tunnel.id)
            self.assertEqual(listed.tunnel, tunnel)
            self.assertIsNone(listed.last_seen)
            self.assertLess(time.monotonic_ns() - listed.installed, 10_000_000_000)
        self.assertEqual(self.device.info()["tunnel_count"], 3)

    def test_the_same_again_is_success_and_takes_no_confirmation_back(self):
        self.device.add(FIRST)
        installed = self.device.get(FIRST.id).installed
        for tunnel in (FIRST, replace(FIRST, confirmed=True), FIRST):
            self.device.add(tunnel)
        self.assertEqual(self.device.get(FIRST.id).tunnel, replace(FIRST, confirmed=True))
        self.assertEqual(self.device.get(FIRST.id).installed, installed)

    def test_a_conflict_is_named_and_changes_nothing(self):
        self.device.add(FIRST)
        self.device.add(SECOND)
        other = Tunnel(3, ("192.0.2.3", 1), ("198.51.100.1", 3653), "2001:db8:100:1::13")
        conflicts = [
            ("another tunnel has this id", replace(other, id=FIRST.id)),
            ("another tunnel has this path", replace(other, remote=FIRST.remote)),
            ("another tunnel has this address", replace(other, inner=FIRST.inner)),
            ("another tunnel has this prefix", replace(other, delegated=FIRST.delegated)),
            ("another tunnel has this prefix", replace(other, delegated=f"{SECOND.inner}/128", replaces=(FIRST.id,))),
        ]
        for text, tunnel in conflicts:
            for named in (tunnel.replaces, (*tunnel.replaces, 99)):
                self.expect_refusal(errno.EEXIST, text, self.device.add, replace(tunnel, replaces=named))
                self.assertEqual(self.device.tunnels(), [FIRST, SECOND])
        self.assertEqual(self.events.take(0.1), [])

    def test_one_tunnel_replaces_several_in_one_step(self):
        for tunnel in (FIRST, SECOND, OF_PROTO41):
            self.device.add(tunnel)
        new = Tunnel(3, SECOND.remote, SECOND.local, FIRST.inner, FIRST.delegated)
        self.device.add(replace(new, replaces=(FIRST.id, SECOND.id, FIRST.id, 99)))
        self.assertEqual(self.device.tunnels(), [new, OF_PROTO41])
        told = self.events.take()
        self.assertEqual([(name, event["id"], event["reason"]) for name, event in told], [
            ("tunnel_removed", FIRST.id, C["UTUN_REMOVED_REPLACED"]),
            ("tunnel_removed", SECOND.id, C["UTUN_REMOVED_REPLACED"]),
        ])  # fmt: skip
        self.assertEqual(told[0][1]["counters"]["packets_up"], 0)

    def test_the_same_id_is_replaced_on_request(self):
        self.device.add(FIRST)
        moved = replace(FIRST, remote=("192.0.2.9", 9))
        self.expect_refusal(errno.EEXIST, "another tunnel has this id", self.device.add, moved)
        self.device.add(replace(moved, replaces=(FIRST.id,)))
        self.assertEqual(self.device.tunnels(), [moved])
        self.device.add(replace(SECOND, replaces=(SECOND.id,)))  # there is none
        self.assertEqual(self.device.tunnels(), [moved, SECOND])

    def test_a_prefix_may_be_the_address_once_more(self):
        tunnel = replace(FIRST, delegated=f"{FIRST.inner}/128")
        self.device.add(tunnel)
        self.device.add(replace(tunnel, id=5, replaces=(FIRST.id,)))
        self.device.remove(5)
        self.device.add(FIRST)
        self.assertEqual(self.device.tunnels(), [FIRST])

    def test_removing(self):
        self.device.add(FIRST)
        self.expect_refusal(errno.ENOENT, "no such tunnel", self.device.remove, SECOND.id)
        self.expect_refusal(errno.ENOENT, "no such tunnel", self.device.get, SECOND.id)
        self.device.remove(FIRST.id, unless_seen_since=0)  # it was never seen
        self.assertEqual(self.device.tunnels(), [])
        self.assertEqual([event["reason"] for _, event in self.events.take()], [C["UTUN_REMOVED_DELETED"]])
        self.device.add(FIRST)

    def test_flushing(self):
        self.device.add(FIRST)
        self.device.add(SECOND)
        self.device.flush()
        self.assertEqual(self.device.tunnels(), [])
        told = {"ifindex": self.device.index, "reason": C["UTUN_REMOVED_FLUSHED"]}
        self.assertEqual(self.events.take(), [("tunnel_removed", told)])

    def test_a_batch_tells_what_it_refused(self):
        self.device.add(FIRST)
        bad = replace(SECOND, id=5, delegated="2001:db8:100:200::1/56")
        added, refusals = self.device.add_batch([SECOND, replace(FIRST, id=9), OF_PROTO41, bad])
        self.assertEqual(added, 2)
        self.assertEqual(refusals, [
            (1, 9, errno.EEXIST, "another tunnel has this path"),
            (3, 5, errno.EINVAL, "the prefix has bits beyond its length"),
        ])  # fmt: skip
        self.assertEqual(self.device.tunnels(), [OF_PROTO41, FIRST, SECOND])

    def test_a_long_list_is_complete_and_can_change_meanwhile(self):
        def tunnel(number):
            return Tunnel(number << 33, (f"10.{number >> 8}.{number & 255}.1", 9), ("198.51.100.1", 3653),
                          f"2001:db8:100:2::{number:x}", f"2001:db8:101:{number:x}::/64")  # fmt: skip

        everything = [tunnel(number) for number in range(1, 2001)]
        for start in range(0, len(everything), 100):
            self.assertEqual(self.device.add_batch(everything[start : start + 100]), (100, []))
        self.assertEqual(self.device.tunnels(), everything)
        self.assertFalse(self.device.list_was_interrupted)
        for removed in everything[::2]:
            self.device.remove(removed.id)
        self.assertEqual(self.device.tunnels(), everything[1::2])


class WrongRequestsTest(WithDevice):
    def add_with(self, **changes):
        made = {**FIRST.attributes(), **changes}
        index = u32(C["UTUN_A_IFINDEX"], self.device.index)
        self.device.call("TUNNEL_ADD", index, nest(C["UTUN_A_TUNNEL"], *(one for one in made.values() if one is not None)))

    def tearDown(self):
        self.assertEqual(self.device.tunnels(), [])

    def test_each_attribute_missing(self):
        texts = {
            "ID": "the tunnel lacks its id",
            "TYPE": "the tunnel lacks its type",
            "REMOTE": "the tunnel lacks an outer address",
            "LOCAL": "the tunnel lacks an outer address",
            "REMOTE_PORT": "the tunnel lacks a port",
            "LOCAL_PORT": "the tunnel lacks a port",
            "INNER": "the tunnel lacks its inner address",
            "SERVER": "the tunnel lacks the server address",
            "MTU": "the tunnel lacks its MTU",
            "DELEGATED": "a prefix and its length go together",
            "DELEGATED_LENGTH": "a prefix and its length go together",
        }
        for name in FIRST.attributes():
            if name != "CONFIRMED":
                self.expect_refusal(errno.EINVAL, texts[name], self.add_with, **{name: None})

    def test_each_attribute_too_short_and_too_long(self):
        made = {**FIRST.attributes(), "REPLACES 0": u64(C["UTUN_TUNNEL_A_REPLACES"], 1)}
        for name, right in made.items():
            length, kind = int.from_bytes(right[:2], "little") - 4, int.from_bytes(right[2:4], "little")
            value = right[4 : 4 + length]
            for wrong in (b"", value[:-1], value + b"\0", value * 2):
                with self.subTest(name=name, length=len(wrong)), self.assertRaises(Refused) as caught:
                    self.add_with(**{name: attribute(kind, wrong)})
                self.assertIn(caught.exception.code, (errno.EINVAL, errno.ERANGE))
                self.assertTrue(caught.exception.text)

    def test_each_value_out_of_range(self):
        def address(name, value):
            return {name: attribute(C[f"UTUN_TUNNEL_A_{name}"], value)}

        ranges = [
            {"TYPE": u8(C["UTUN_TUNNEL_A_TYPE"], 0)},
            {"TYPE": u8(C["UTUN_TUNNEL_A_TYPE"], 4)},
            {"MTU": u32(C["UTUN_TUNNEL_A_MTU"], 1279)},
            {"MTU": u32(C["UTUN_TUNNEL_A_MTU"], 65508)},
            {"DELEGATED_LENGTH": u8(C["UTUN_TUNNEL_A_DELEGATED_LENGTH"], 0)},
            {"DELEGATED_LENGTH": u8(C["UTUN_TUNNEL_A_DELEGATED_LENGTH"], 129)},
            {"CONFIRMED": u8(C["UTUN_TUNNEL_A_CONFIRMED"], 2)},
        ]
        for wrong in ranges:
            with self.subTest(wrong=wrong), self.assertRaises(Refused) as caught:
                self.add_with(**wrong)
            self.assertEqual(caught.exception.code, errno.ERANGE)
        for text, wrong in [
            ("the remote address is no host's", address("REMOTE", bytes(4))),
            ("the remote address is no host's", address("REMOTE", bytes([224, 0, 0, 1]))),
            ("the remote address is no host's", address("REMOTE", bytes([255] * 4))),
            ("the local address is no host's", address("LOCAL", bytes(4))),
            ("port 0 is no port", address("REMOTE_PORT", bytes(2))),
            ("port 0 is no port", address("LOCAL_PORT", bytes(2))),
            ("the inner address is no host's", address("INNER", bytes(16))),
            ("the inner address is no host's", address("INNER", in6("ff02::1"))),
            ("the server address is no host's", address("SERVER", bytes(16))),
            ("the prefix has bits beyond its length", address("DELEGATED", in6("2001:db8:100:101::"))),
            ("protocol 41 has no ports", {"TYPE": u8(C["UTUN_TUNNEL_A_TYPE"], C["UTUN_TYPE_V6V4"])}),
        ]:
            self.expect_refusal(errno.EINVAL, text, self.add_with, **wrong)
        self.expect_refusal(errno.EOPNOTSUPP, "this module has no tunnels of IPv4 in IPv6", self.add_with,
                            TYPE=u8(C["UTUN_TUNNEL_A_TYPE"], C["UTUN_TYPE_V4V6"]))  # fmt: skip

    def test_attributes_that_only_answers_have_or_nobody_knows(self):
        for kind in (C["UTUN_TUNNEL_A_INSTALLED"], C["UTUN_TUNNEL_A_LAST_SEEN"], C["UTUN_TUNNEL_A_COUNTERS"],
                     C["UTUN_TUNNEL_A_PAD"], 0, 99):  # fmt: skip
            with self.subTest(kind=kind), self.assertRaises(Refused) as caught:
                self.add_with(unknown=u64(kind, 1))
            self.assertEqual(caught.exception.code, errno.EINVAL)

    def test_too_many_to_replace(self):
        for count, refused in ((64, False), (65, True)):
            tunnel = replace(FIRST, replaces=tuple(range(1, count + 1)))
            if refused:
                self.expect_refusal(errno.E2BIG, "too many tunnels to replace", self.device.add, tunnel)
            else:
                self.device.add(tunnel)
                self.device.remove(FIRST.id)

    def test_the_request_itself(self):
        index = u32(C["UTUN_A_IFINDEX"], self.device.index)
        one = "the request has not exactly one tunnel"
        self.expect_refusal(errno.EINVAL, one, self.device.call, "TUNNEL_ADD", index)
        self.expect_refusal(errno.EINVAL, one, self.device.call, "TUNNEL_ADD", index, FIRST.nest(), SECOND.nest())
        self.expect_refusal(errno.EINVAL, "the request has no tunnels", self.device.call, "TUNNEL_ADD_BATCH", index)
        no_id = "the request lacks the id of the tunnel"
        self.expect_refusal(errno.EINVAL, no_id, self.device.call, "TUNNEL_DEL", index)
        self.expect_refusal(errno.EINVAL, no_id, self.device.call, "TUNNEL_GET", index)
        no_index = "the request lacks the index of the device"
        number = u64(C["UTUN_A_ID"], 1)
        for command, *attributes in [("TUNNEL_ADD", FIRST.nest()), ("TUNNEL_ADD_BATCH", FIRST.nest()), ("TUNNEL_DEL", number),
                                     ("TUNNEL_GET", number), ("TUNNEL_FLUSH",), ("DEVICE_GET",)]:  # fmt: skip
            self.expect_refusal(errno.EINVAL, no_index, self.device.call, command, *attributes)
            for wrong in (999_999, 1):  # nothing, and lo
                self.expect_refusal(errno.ENODEV, "no utun device of this namespace has that index", self.device.call, command,
                                    u32(C["UTUN_A_IFINDEX"], wrong), *attributes)  # fmt: skip
        flat = attribute(C["UTUN_A_TUNNEL"], b"".join(FIRST.attributes().values()))
        with self.assertRaises(Refused):  # no flag that it is a nest
            self.device.call("TUNNEL_ADD", index, flat)
        broken = nest(C["UTUN_A_TUNNEL"], *FIRST.attributes().values(), b"\x40\0\1\0")
        with self.assertRaises(Refused):
            self.device.call("TUNNEL_ADD", index, broken)
        with self.assertRaises(Refused):
            self.device.call("UNSPEC", index)
        with self.assertRaises(Refused):
            self.device.call("TUNNEL_CONFIRMED_NTF", index)

    def test_a_malformed_batch_adds_none(self):
        bad = nest(C["UTUN_A_TUNNEL"], u32(C["UTUN_TUNNEL_A_ID"], 1))
        with self.assertRaises(Refused):
            self.device.call("TUNNEL_ADD_BATCH", u32(C["UTUN_A_IFINDEX"], self.device.index), FIRST.nest(), bad)

    def test_every_request_needs_permission(self):
        """Of somebody else, in the same namespace."""
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            refused = 0
            try:
                namespaces.enter("broker")
                os.setgroups([])
                os.setresuid(65534, 65534, 65534)
                stranger = Device("tsp0", make=False)
                for action in (lambda: stranger.add(FIRST), lambda: stranger.add_batch([FIRST]), lambda: stranger.remove(1),
                               lambda: stranger.get(1), stranger.list, stranger.flush, stranger.counters,
                               lambda: stranger.change(clamp_mss=False)):  # fmt: skip
                    try:
                        action()
                    except Refused as error:
                        refused += error.code == errno.EPERM
            finally:
                os.write(write_end, bytes([refused]))
                os._exit(0)
        os.close(write_end)
        os.waitpid(child, 0)
        self.assertEqual(os.read(read_end, 1), bytes([8]))
        os.close(read_end)

    def test_a_device_of_another_namespace_is_none_of_ours(self):
        with namespaces.inside("elsewhere"):
            other = Device("tsp1")
        try:
            for action in (other.tunnels, lambda: other.add(FIRST)):
                other.index, index = self.device.index + 1000, other.index
                with self.assertRaises(Refused) as caught:
                    action()
                self.assertEqual(caught.exception.code, errno.ENODEV)
                other.index = index
            other.add(FIRST)
            self.assertEqual(self.device.tunnels(), [])
            self.assertEqual(self.events.take(0.1), [])
            result = subprocess.run(["/sbin/ip", "-n", "elsewhere", "link", "set", "tsp1", "netns", "broker"], capture_output=True)
            self.assertNotEqual(result.returncode, 0)
        finally:
            other.delete()
            other.close()


class LinkTest(WithDevice):
    def setUp(self):
        super().setUp()
        with namespaces.inside("broker"):
            self.udp = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
            for one in self.udp:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                one.bind(("198.51.100.1", 3653))

    def tearDown(self):
        for one in self.udp:
            one.close()

    def test_what_a_device_is_told_it_tells(self):
        self.assertEqual(self.device.info(), {"server_address": "::", "clamp_mss": 1, "socket_count": 0, "tunnel_count": 0,
                                              "proto41": [], "carrier": False})  # fmt: skip
        addresses = ["198.51.100.1", "198.51.100.2"]
        self.device.change(sockets=self.udp, proto41=addresses, server="2001:db8::1", clamp_mss=False)
        told = {"server_address": "2001:db8::1", "clamp_mss": 0, "socket_count": 2, "tunnel_count": 0, "proto41": addresses,
                "carrier": True}  # fmt: skip
        self.assertEqual(self.device.info(), told)
        self.device.change(clamp_mss=True)
        self.assertEqual(self.device.info(), {**told, "clamp_mss": 1})
        self.device.change(sockets=[], proto41=[])
        self.assertEqual(self.device.info(), {**told, "clamp_mss": 1, "socket_count": 0, "proto41": [], "carrier": False})

    def test_a_list_of_devices_with_all_of_each_has_ours(self):
        """Its size is asked for without RTNL."""
        self.device.change(proto41=["198.51.100.1", "198.51.100.2"])
        listed = namespaces.ip("-n", "broker", "-d", "link", "show")
        self.assertIn("tsp0:", listed)
        self.assertIn("utun", listed)

    def test_sockets_come_and_go(self):
        for given, count in ((self.udp[:1], 1), (self.udp, 2), (self.udp[1:], 1), (self.udp, 2)):
            self.device.change(sockets=given)
            self.assertEqual(self.device.info()["socket_count"], count)
        self.udp.pop().close()
        self.assertEqual((self.device.info()["socket_count"], self.device.info()["carrier"]), (1, True))
        self.udp.pop().close()
        self.assertEqual((self.device.info()["socket_count"], self.device.info()["carrier"]), (0, False))

    def test_wrong_sockets_are_refused_and_the_old_ones_stay(self):
        self.device.change(sockets=self.udp[:1])
        with namespaces.inside("broker"):
            unbound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            merging = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            merging.bind(("198.51.100.1", 3654))
            merging.setsockopt(socket.IPPROTO_UDP, 104, 1)  # UDP_GRO
            tcp = socket.socket()
            ipv6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 41)
            other_device = Device("tsp7")
        file = open("/guest/utun.h")
        not_udp = "not a UDP socket over IPv4"
        for code, text, one in [
            (errno.EINVAL, "the socket is not bound", unbound), (errno.EINVAL, "the socket has UDP_GRO", merging),
            (errno.EINVAL, not_udp, tcp), (errno.EINVAL, not_udp, ipv6), (errno.EINVAL, not_udp, raw),
            (errno.ENOTSOCK, "not a socket", file),
        ]:  # fmt: skip
            self.expect_refusal(code, text, self.device.change, sockets=[self.udp[1], one])
            self.assertEqual(self.device.info()["socket_count"], 1)
            # The one before it was given back.
            other_device.change(sockets=[self.udp[1]])
            other_device.change(sockets=[])
        busy = "the socket belongs to another tunnel device or protocol"
        self.expect_refusal(errno.EBUSY, busy, other_device.change, sockets=self.udp[:1])
        self.expect_refusal(errno.EINVAL, "the same socket twice", self.device.change, sockets=[self.udp[0]] * 2)
        no_descriptor = nest(C["IFLA_UTUN_SOCKETS"], u32(C["IFLA_UTUN_SOCKET"], 4_000_000_000))
        self.expect_refusal(errno.EBADF, "not a socket", self.device.change_raw, no_descriptor)
        for one in (unbound, merging, tcp, ipv6, raw, file, other_device):
            one.delete() if one is other_device else None
            one.close()

    def test_wrong_attributes_of_a_device(self):
        wrong = [
            attribute(C["IFLA_UTUN_CLAMP_MSS"], b"\2"),
            attribute(C["IFLA_UTUN_CLAMP_MSS"], b""),
            attribute(C["IFLA_UTUN_CLAMP_MSS"], b"\0\0"),
            attribute(C["IFLA_UTUN_SERVER_ADDRESS"], bytes(15)),
            attribute(C["IFLA_UTUN_SERVER_ADDRESS"], bytes(17)),
            u32(C["IFLA_UTUN_SOCKET_COUNT"], 1),
            u32(C["IFLA_UTUN_TUNNEL_COUNT"], 1),
            nest(C["IFLA_UTUN_SOCKETS"], u8(C["IFLA_UTUN_SOCKET"], 1)),
            nest(C["IFLA_UTUN_SOCKETS"], attribute(C["IFLA_UTUN_ADDRESS"], bytes(4))),
            nest(C["IFLA_UTUN_PROTO41"], attribute(C["IFLA_UTUN_ADDRESS"], bytes(5))),
            nest(C["IFLA_UTUN_PROTO41"], *[attribute(C["IFLA_UTUN_ADDRESS"], bytes([10, 0, 0, i])) for i in range(65)]),
            nest(C["IFLA_UTUN_SOCKETS"], *[u32(C["IFLA_UTUN_SOCKET"], 0)] * 257),
        ]
        before = self.device.info()
        for one in wrong:
            with self.subTest(one=one[:40]), self.assertRaises(Refused):
                self.device.change_raw(one)
            self.assertEqual(self.device.info(), before)


    def test_a_device_that_cannot_be_made_leaves_nothing(self):
        with namespaces.inside("broker"):
            unbound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.expect_refusal(errno.EINVAL, "the socket is not bound", Device, "tsp8", sockets=[unbound])
            unbound.close()
            self.assertNotIn("tsp8", [name for _, name in socket.if_nameindex()])
