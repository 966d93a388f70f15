# SPDX-License-Identifier: Apache-2.0
"""Packets that no socket would send."""

import socket
import struct

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_RS, IPv6

from lib.tsp import PORT


def echo_request(source, destination, identifier=7, sequence=1, data=b"0123456789abcdef"):
    return bytes(IPv6(src=source, dst=destination) / ICMPv6EchoRequest(id=identifier, seq=sequence, data=data))


def router_solicitation():
    """What a client's kernel sends first on any new link."""
    return bytes(IPv6(src="fe80::1", dst="ff02::2", hlim=255) / ICMPv6ND_RS())


def is_echo_reply(packet, identifier=7, sequence=1, data=b"0123456789abcdef"):
    """Whether the bytes are the right answer to echo_request(), checksum included."""
    if packet is None:
        return False
    parsed = IPv6(packet)
    if ICMPv6EchoReply not in parsed:
        return False
    reply = parsed[ICMPv6EchoReply]
    received_checksum = reply.cksum
    del reply.cksum
    computed_checksum = IPv6(bytes(parsed))[ICMPv6EchoReply].cksum
    return (reply.id, reply.seq, reply.data, received_checksum) == (identifier, sequence, data, computed_checksum)


def send_spoofed(namespace, source, destination, payload):
    """Sends a UDP datagram from an (address, port) that belongs to somebody else to (address, port)."""
    packet = IP(src=source[0], dst=destination[0]) / UDP(sport=source[1], dport=destination[1]) / payload
    with namespace.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(bytes(packet), (destination[0], 0))


def send_spoofed_hello(namespace, source, destination, sequence=0xF00000F0):
    payload = struct.pack("!II", sequence, 1) + b"VERSION=2.0.2\r\n"
    send_spoofed(namespace, source, (destination, PORT), payload)
