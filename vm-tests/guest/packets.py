# SPDX-License-Identifier: Apache-2.0
"""Packets of IPv6, made and read."""

import socket
import struct

TCP, UDP, FRAGMENT, ICMPV6 = 6, 17, 44, 58
ECHO_REQUEST, ECHO_REPLY = 128, 129


def in6(address):
    return socket.inet_pton(socket.AF_INET6, address)


def _sum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(source, destination, protocol, payload):
    pseudo = in6(source) + in6(destination) + struct.pack(">IxxxB", len(payload), protocol)
    return ~_sum(pseudo + payload) & 0xFFFF


def ipv6(source, destination, protocol, payload, hop_limit=64, traffic_class=0):
    word = 6 << 28 | traffic_class << 20
    return struct.pack(">IHBB", word, len(payload), protocol, hop_limit) + in6(source) + in6(destination) + payload


def _with_checksum(source, destination, protocol, payload, at):
    value = checksum(source, destination, protocol, payload)
    return payload[:at] + struct.pack(">H", value) + payload[at + 2 :]


def udp(source, destination, size=64, **options):
    payload = struct.pack(">HHHH", 4000, 4001, 8 + size, 0) + bytes(i & 0xFF for i in range(size))
    return ipv6(source, destination, UDP, _with_checksum(source, destination, UDP, payload, 6), **options)


def udp_of_size(source, destination, size):
    return udp(source, destination, size - 48)


def icmp(source, destination, kind, code=0, body=bytes(16), **options):
    payload = struct.pack(">BBHHH", kind, code, 0, 0x1234, 1) + body
    return ipv6(source, destination, ICMPV6, _with_checksum(source, destination, ICMPV6, payload, 2), **options)


def syn(source, destination, mss, flags=2, before=b""):
    """`before`: options in front of the MSS."""
    options = before + struct.pack(">BBH", 2, 4, mss)
    options += b"\0" * (-len(options) % 4)
    payload = struct.pack(">HHIIBBHHH", 5000, 80, 1, 0, (20 + len(options)) // 4 << 4, flags, 1000, 0, 0) + options
    return ipv6(source, destination, TCP, _with_checksum(source, destination, TCP, payload, 16))


def source_of(packet):
    return socket.inet_ntop(socket.AF_INET6, packet[8:24])


def destination_of(packet):
    return socket.inet_ntop(socket.AF_INET6, packet[24:40])


def checksum_is_right(packet):
    payload = packet[40:]
    return checksum(source_of(packet), destination_of(packet), packet[6], payload) == 0


def without_hops(packet):
    """Routers on the way count down the hop limit."""
    return packet[:7] + b"\0" + packet[8:]
