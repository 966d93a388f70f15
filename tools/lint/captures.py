#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing in pcaps/ tells of a real network: what pcap-sanitize leaves, and nothing else.

Raw IP packets only, because link headers have hardware addresses; documentation and private addresses in headers,
tunnelled packets and messages; logins and realms that pcap-sanitize gives.
"""

import base64
import binascii
import ipaddress
import re
import struct

from tree import main

SIZE_MAX = 20_000

_MAGIC = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}
_LINKTYPE_RAW = 101
_TCP, _UDP = 6, 17
_IPV6_IN_IPV4, _IPV4_IN_IPV6 = 41, 4

_ALLOWED = [
    ipaddress.ip_network(network)
    for network in (
        # Documentation (RFC 5737, RFC 3849), private (RFC 1918, RFC 4193), unspecified, loopback, link-local, multicast.
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32",
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
        "0.0.0.0/32", "127.0.0.0/8", "224.0.0.0/4", "::/127", "fe80::/10", "ff00::/8",
    )
]  # fmt: skip

_IPV4_TEXT = re.compile(rb"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_IPV6_TEXT = re.compile(rb"(?<![0-9A-Za-z:])[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")
_NAME_TEXT = re.compile(rb'type="dn">\s*([^<]*?)\s*<')
_CREDENTIALS = re.compile(rb"(?:^|\n)\0+([^\0\r\n]+)\0")
_TOKEN = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
_SECRET = re.compile(rb'(username|realm|digest-uri)="?([^",]*)')

_ALIASES = {
    b"username": re.compile(rb"user\d+"),
    b"realm": re.compile(rb"broker\.example"),
    b"digest-uri": re.compile(rb"tsp/broker\.example"),
}
_NAME_ALIAS = re.compile(rb"name\d+\.example")


class Damaged(ValueError):
    pass


def _packets(data):
    """The IP packets of a classic pcap file."""
    order = _MAGIC.get(data[:4])
    if order is None or len(data) < 24:
        raise Damaged("no classic pcap file with microseconds")
    link_type = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF
    if link_type != _LINKTYPE_RAW:
        raise Damaged(f"link type {link_type}; only raw IP packets have no hardware addresses")
    at = 24
    while at < len(data):
        if at + 16 > len(data):
            raise Damaged("ends within a packet")
        captured = struct.unpack(order + "I", data[at + 8 : at + 12])[0]
        yield data[at + 16 : at + 16 + captured]
        at += 16 + captured


def _address_faults(*addresses):
    for address in addresses:
        address = ipaddress.ip_address(address)
        if not any(address in network for network in _ALLOWED if network.version == address.version):
            yield f"{address} is a real address"


def _parsed(words):
    for word in words:
        try:
            yield str(ipaddress.ip_address(word.decode()))
        except ValueError:
            continue


def _token_faults(text):
    for token in _TOKEN.findall(text):
        try:
            decoded = base64.b64decode(token, validate=True)
        except binascii.Error:
            continue
        for name, value in _SECRET.findall(decoded):
            if not _ALIASES[name].fullmatch(value):
                yield f"{name.decode()} {value.decode(errors='replace')} is no alias"


def _text_faults(text):
    yield from _address_faults(*_parsed(_IPV4_TEXT.findall(text)), *_parsed(_IPV6_TEXT.findall(text)))
    for name in _NAME_TEXT.findall(text):
        if not _NAME_ALIAS.fullmatch(name):
            yield f"the name {name.decode(errors='replace')} is no alias"
    for login in _CREDENTIALS.findall(text):
        if not _ALIASES[b"username"].fullmatch(login):
            yield f"the login {login.decode(errors='replace')} is no alias"
    yield from _token_faults(text)


def _parts(packet):
    """Both addresses, the protocol, and what is behind the header; None if it is no whole IP header."""
    if len(packet) >= 20 and packet[0] >> 4 == 4:
        return packet[12:16], packet[16:20], packet[9], packet[(packet[0] & 15) * 4 :]
    if len(packet) >= 40 and packet[0] >> 4 == 6:
        return packet[8:24], packet[24:40], packet[6], packet[40:]
    return None


def _tunnelled_faults(packet):
    parts = _parts(packet)
    if parts is None:
        yield "a tunnelled packet without a whole header"
    else:
        yield from _address_faults(*parts[:2])


def _packet_faults(packet):
    parts = _parts(packet)
    if parts is None:
        yield "a packet that is not IP"
        return
    source, destination, protocol, transport = parts
    yield from _address_faults(source, destination)
    if protocol == _UDP:
        payload = transport[8:]
        if len(payload) >= 40 and payload[0] >> 4 == 6:
            yield from _tunnelled_faults(payload)
        else:
            yield from _text_faults(payload[8:])
    elif protocol == _TCP:
        yield from _text_faults(transport[(transport[12] >> 4) * 4 :])
    elif protocol == (_IPV6_IN_IPV4 if len(source) == 4 else _IPV4_IN_IPV6):
        yield from _tunnelled_faults(transport)
    else:
        yield f"a packet of protocol {protocol}"


def _file_faults(path):
    data = path.read_bytes()
    if len(data) > SIZE_MAX:
        yield f"{len(data)} bytes, at most {SIZE_MAX}"
    if not path.with_suffix(".expect").is_file():
        yield "has no expectation file"
    try:
        for number, packet in enumerate(_packets(data), 1):
            yield from (f"packet {number}: {fault}" for fault in _packet_faults(packet))
    except Damaged as fault:
        yield str(fault)


def check(root):
    for path in sorted((root / "pcaps").glob("*.pcap")):
        yield from (f"{path.relative_to(root)}: {fault}" for fault in _file_faults(path))


if __name__ == "__main__":
    main(check)
