# SPDX-License-Identifier: Apache-2.0
import base64
import ipaddress
import struct

import captures
import pytest

CLIENT, BROKER = "192.0.2.7", "198.51.100.1"
HEADER = struct.pack("!II", 0xF00000F0, 1)


def ipv4(payload, source=CLIENT, destination=BROKER, protocol=17):
    addresses = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + addresses + payload


def udp(payload):
    return struct.pack("!HHHH", 40000, 3653, 8 + len(payload), 0) + payload


def tcp(payload):
    return struct.pack("!HHIIBBHHH", 40000, 3653, 1, 1, 5 << 4, 0x18, 1000, 0, 0) + payload


def inner(source, destination):
    addresses = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    return struct.pack("!IHBB", 6 << 28, 0, 59, 64) + addresses


def token(text):
    return base64.b64encode(text.encode())


@pytest.fixture
def faults(tmp_path):
    """What is said about a capture of these packets, without the name of the file."""

    def check(*packets, link_type=101, order="<"):
        folder = tmp_path / "pcaps"
        folder.mkdir(exist_ok=True)
        data = struct.pack(order + "IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
        for packet in packets:
            data += struct.pack(order + "IIII", 1, 0, len(packet), len(packet)) + packet
        (folder / "x.pcap").write_bytes(data)
        (folder / "x.expect").write_text("\n")
        return [line.removeprefix("pcaps/x.pcap: ") for line in captures.check(tmp_path)]

    return check


def message(text):
    return ipv4(udp(HEADER + text))


def test_what_pcap_sanitize_writes_passes(faults):
    response = token('username="user1",realm="broker.example",nonce="01",digest-uri="tsp/broker.example"')
    offer = b'<address type="ipv6">2001:0db8:0001:0000:0000:0000:0000:0002</address><address type="dn">name1.example<'
    packets = [
        message(b"VERSION=2.0.2\r\n"),
        message(response),
        message(b"\0user1\0password1\r\n"),
        message(offer),
        ipv4(udp(inner("2001:db8:1::2", "fe80::1"))),
        ipv4(udp(b"\xf0")),
        ipv4(tcp(b"AUTHENTICATE PLAIN\r\n\0\0user1\0wrong\r\n"), protocol=6),
    ]
    assert faults(*packets) == []
    assert faults(*packets, order=">") == []


@pytest.mark.parametrize(
    "packet",
    [
        ipv4(udp(b""), source="8.8.8.8"),
        ipv4(udp(b""), destination="8.8.8.8"),
        message(b'<address type="ipv4">8.8.8.8</address>'),
        ipv4(tcp(b'<address type="ipv4">8.8.8.8</address>'), protocol=6),
    ],
)
def test_a_real_ipv4_address_is_found(faults, packet):
    assert faults(packet) == ["packet 1: 8.8.8.8 is a real address"]


@pytest.mark.parametrize(
    "packet",
    [
        ipv4(udp(inner("2001:4860::8", "2001:db8::1"))),
        ipv4(udp(inner("2001:db8::1", "2001:4860::8"))),
        message(b'<prefix length="48">2001:4860:0000:0000:0000:0000:0000:0008</prefix>'),
        message(b"<address>2001:4860::8</address>"),
    ],
)
def test_a_real_ipv6_address_is_found(faults, packet):
    assert faults(packet) == ["packet 1: 2001:4860::8 is a real address"]


def test_a_login_in_plain_credentials_is_found(faults):
    assert faults(message(b"\0alice\0x\r\n")) == ["packet 1: the login alice is no alias"]
    glued = ipv4(tcp(b"AUTHENTICATE PLAIN\r\n\0\0alice\0x\r\n"), protocol=6)
    assert faults(glued) == ["packet 1: the login alice is no alias"]


@pytest.mark.parametrize("secret", ["username=alice", "realm=isp.example.net", "digest-uri=tsp/isp.example.net"])
def test_what_a_digest_tells_is_found(faults, secret):
    name, value = secret.split("=")

    assert faults(message(token(f'charset=utf-8,{name}="{value}"'))) == [f"packet 1: {name} {value} is no alias"]


def test_a_host_name_is_found(faults):
    name = message(b'<address type="dn">ns.isp.example</address>')

    assert faults(name) == ["packet 1: the name ns.isp.example is no alias"]


def test_link_headers_are_refused(faults):
    assert len(faults(link_type=1)) == 1


def test_other_protocols_are_refused(faults):
    assert faults(ipv4(b"", protocol=1)) == ["packet 1: a packet of protocol 1"]
    assert faults(inner("2001:db8::1", "2001:db8::2")) == ["packet 1: a packet of protocol 59"]
    assert faults(ipv4(inner("2001:db8::1", "2001:db8::2"), protocol=4)) == ["packet 1: a packet of protocol 4"]
    assert faults(b"\x10" * 60) == ["packet 1: a packet that is not IP"]


def ipv6(payload, protocol, source="2001:db8:1::2", destination="2001:db8:2::1"):
    addresses = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + addresses + payload


def test_packets_of_tunnels_without_udp_pass_and_their_addresses_are_looked_at(faults):
    assert faults(ipv4(inner("2001:db8:1::2", "2001:db8:1::1"), protocol=41), ipv6(ipv4(b""), protocol=4)) == []
    real = [ipv4(inner("2400:1::2", "2001:db8:1::1"), protocol=41), ipv6(ipv4(b"", source="8.8.8.8"), protocol=4)]
    assert faults(*real) == ["packet 1: 2400:1::2 is a real address", "packet 2: 8.8.8.8 is a real address"]
    assert faults(ipv6(udp(HEADER + b'<address type="ipv4">8.8.8.8</address>'), protocol=17)) != []
    assert faults(ipv4(b"\x60", protocol=41)) == ["packet 1: a tunnelled packet without a whole header"]

def test_a_large_file_is_refused(faults):
    assert len(faults(*[message(b"x" * 1000)] * 20)) == 1


def test_a_capture_without_expectation_is_named(faults, tmp_path):
    faults()
    (tmp_path / "pcaps" / "x.expect").unlink()

    assert list(captures.check(tmp_path)) == ["pcaps/x.pcap: has no expectation file"]


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "pcaps").mkdir()
    (tmp_path / "pcaps" / "x.expect").write_text("\n")
    (tmp_path / "pcaps" / "x.pcap").write_bytes(b"text")

    assert list(captures.check(tmp_path)) == ["pcaps/x.pcap: no classic pcap file with microseconds"]
