# SPDX-License-Identifier: Apache-2.0
"""A TSP client of bytes and sockets, for asking the real daemon questions that no polite client asks.

Messages are written as gogoc 1.2 writes them, the NUL after each AUTHENTICATE line included.
"""

import ipaddress
import itertools
import re
import select
import socket
import struct
import xml.etree.ElementTree as ElementTree

from lib.digest import Digest, parse_challenge

PORT = 3653
FIRST_SEQUENCE = 0xF00000F0

VERSION = b"VERSION=2.0.2\r\n"
ECHO_REQUEST = b"ECHO REQUEST"
SUCCESS = b"200 Success\r\n"
FAILED = b"300 Authentication failed\r\n"


def authenticate(mechanism):
    return f"AUTHENTICATE {mechanism}\r\n\0".encode()


def plain_credentials(login, password):
    return f"\0{login}\0{password}\r\n".encode()


def framed(body):
    """A request with its length header."""
    body = body.encode() if isinstance(body, str) else body
    return b"Content-length: %d\r\n" % len(body) + body


def _family(address):
    return "ipv6" if ":" in address else "ipv4"


def _socket_family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def create(type="v6udpv4", address="10.0.0.2", keepalive=30, prefix_length=None, proxy="no", name_servers=()):
    lines = [
        f'<tunnel action="create" type="{type}" proxy="{proxy}">',
        " <client>",
        f'  <address type="{_family(address)}">{address}</address>',
    ]
    if keepalive is not None:
        nobody = "127.0.0.1" if type == "v4v6" else "::"
        lines += [f'  <keepalive interval="{keepalive}">']
        lines += [f'    <address type="{_family(nobody)}">{nobody}</address>', "  </keepalive>"]
    if prefix_length is not None:
        lines += ["  <router>", f'   <prefix length="{prefix_length}"/>']
        if name_servers:
            names = [f'     <address type="dn">{name}</address>' for name in name_servers]
            lines += ["   <dns_server>", *names, "   </dns_server>"]
        lines.append("  </router>")
    lines += [" </client>", "</tunnel>", ""]
    return framed("\r\n".join(lines))


def simple_request(action):
    return framed(f'<tunnel action="{action}"></tunnel>\r\n')


class Offer:
    """What a successful answer to create says. Fails on anything that the real client would stumble over."""

    _FRAME = re.compile(rb"Content-length: (\d+)\r\n200 Success\r\n(<tunnel .*</tunnel>\r\n)", re.DOTALL)
    _FULL_IPV6 = re.compile(r"[0-9a-f]{4}(:[0-9a-f]{4}){7}")

    def __init__(self, reply):
        match = self._FRAME.fullmatch(reply)
        assert match, f"not an offer: {reply!r}"
        head, _, body = reply.partition(b"\r\n")
        assert int(match[1]) == len(body), f"{head!r} before {len(body)} bytes"
        self.xml = match[2].decode("ascii")
        root = ElementTree.fromstring(self.xml)
        self.type = root.get("type")
        # What is inside is read by that, which may be a prefix or a keepalive address.
        self._inner = (lambda text: str(ipaddress.IPv4Address(text))) if self.type == "v4v6" else self._ipv6
        self._inner_family = "ipv4" if self.type == "v4v6" else "ipv6"
        self.lifetime_minutes = int(root.get("lifetime"))
        self.server_ipv4 = root.findtext("server/address[@type='ipv4']")
        self.server = self._ipv6(root.findtext("server/address[@type='ipv6']"))
        self.client_ipv4 = root.findtext("client/address[@type='ipv4']")
        self.client = self._ipv6(root.findtext("client/address[@type='ipv6']"))
        self.dns_server = self._ipv6(root.findtext("client/dns_server/address[@type='ipv6']"))
        self.prefix, self.prefix_length = self._prefix(root.find("client/router/prefix"))
        self.name = root.findtext("client/address[@type='dn']")
        self.name_servers = [element.text for element in root.findall("client/router/dns_server/address[@type='dn']")]
        self.keepalive_seconds, self.keepalive_address = self._keepalive(root.find("client/keepalive"))

    def _ipv6(self, text):
        assert text and self._FULL_IPV6.fullmatch(text), f"not an IPv6 address written in full: {text!r}"
        return text

    def _prefix(self, element):
        if element is None:
            return None, None
        return self._inner(element.text), int(element.get("length"))

    def _keepalive(self, element):
        if element is None:
            return None, None
        return int(element.get("interval")), self._inner(element.findtext(f"address[@type='{self._inner_family}']"))


class Conversation:
    """The dialogue above the transport: each step returns the payload of the reply."""

    def ask(self, payload):
        raise NotImplementedError

    def hello(self, version=VERSION):
        reply = self.ask(version)
        assert reply.startswith(b"CAPABILITY "), reply
        return reply

    def log_in_anonymously(self):
        self.hello()
        assert self.ask(authenticate("ANONYMOUS")) == SUCCESS

    def request_tunnel(self, **options):
        return Offer(self.ask(create(**options)))


class UdpClient(Conversation):
    """Signalling over UDP: counts sequences as gogoc does, and shows what came back word by word."""

    def __init__(self, namespace, server="203.0.113.2", source=("", 0), first_sequence=FIRST_SEQUENCE):
        self.socket = namespace.socket(_socket_family(server), socket.SOCK_DGRAM)
        self.socket.bind(source)
        self.socket.connect((server, PORT))
        self._sequence = first_sequence
        self._last = None
        self._clock = itertools.count(423, 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @property
    def port(self):
        return self.socket.getsockname()[1]

    @property
    def next_sequence(self):
        return self._sequence

    def send_raw(self, datagram):
        self.socket.send(datagram)

    def receive_raw(self, timeout_seconds=3.0):
        """The next datagram, or None after the timeout."""
        readable, _, _ = select.select([self.socket], [], [], timeout_seconds)
        return self.socket.recv(65535) if readable else None

    def receive_reply(self, timeout_seconds=3.0):
        """Header words and payload of the next signalling datagram; tunnelled packets are passed over."""
        while True:
            datagram = self.receive_raw(timeout_seconds)
            assert datagram is not None, f"no reply within {timeout_seconds:g} s"
            if datagram[0] >> 4 == 0xF:
                return struct.unpack("!II", datagram[:8]), datagram[8:]

    def exchange(self, payload, sequence, timestamp=None):
        """Sends one message and returns its reply's payload, having checked both header words."""
        timestamp = next(self._clock) if timestamp is None else timestamp
        self.send_raw(struct.pack("!II", sequence, timestamp) + payload)
        words, reply = self.receive_reply()
        assert words == (sequence, timestamp), f"sent {sequence:08x} {timestamp:08x}, got {words[0]:08x} {words[1]:08x}"
        return reply

    def ask(self, payload):
        sequence = self._sequence
        self._sequence = 0xF0000000 | ((sequence + 1) & 0x0FFFFFFF)
        self._last = (payload, sequence)
        return self.exchange(payload, sequence)

    def repeat(self):
        """Sends the last message again: the same sequence, a later timestamp."""
        payload, sequence = self._last
        return self.exchange(payload, sequence)

    def is_ignored(self, datagram, seconds=0.3):
        """Whether nothing comes back for a datagram sent as it is."""
        self.send_raw(datagram)
        return self.receive_raw(seconds) is None

    def log_in_plainly(self, login, password):
        self.hello()
        assert self.ask(authenticate("PLAIN")) == b""
        return self.ask(plain_credentials(login, password))

    def log_in_by_digest(self, login, password, **changes):
        """The reply to the response; after a right rspauth, the reply to the poll that follows."""
        self.hello()
        digest = Digest(parse_challenge(self.ask(authenticate("DIGEST-MD5"))), login, password, **changes)
        reply = self.ask(digest.response_line())
        if reply != digest.expected_rspauth_line():
            return reply
        return self.ask(b"")

    def accept(self):
        assert self.ask(simple_request("accept")) == b""

    def open_anonymous_tunnel(self, **options):
        self.log_in_anonymously()
        offer = self.request_tunnel(**options)
        self.accept()
        return offer

    def open_account_tunnel(self, login, password, **options):
        assert self.log_in_by_digest(login, password) == SUCCESS
        offer = self.request_tunnel(**options)
        self.accept()
        return offer

    def send_packet(self, packet):
        self.send_raw(bytes(packet))

    def receive_packet(self, timeout_seconds=3.0):
        """The next tunnelled packet, or None."""
        while True:
            datagram = self.receive_raw(timeout_seconds)
            if datagram is None or datagram[0] >> 4 == 6:
                return datagram


class BareTunnel:
    """The client's end of a v4v6 tunnel: IPv4 packets in IPv6, next header 4."""

    def __init__(self, namespace, server):
        self.socket = namespace.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_IPIP)
        self.socket.connect((server, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, packet):
        self.socket.send(bytes(packet))

    def receive(self, timeout_seconds=3.0):
        """The next packet, or None after the timeout."""
        readable, _, _ = select.select([self.socket], [], [], timeout_seconds)
        return self.socket.recv(65535) if readable else None


class TcpClient(Conversation):
    """Signalling over TCP. Each receive is one recv(), as gogoc reads."""

    def __init__(self, namespace, server="203.0.113.2"):
        self.socket = namespace.socket(_socket_family(server), socket.SOCK_STREAM)
        self.socket.settimeout(5)
        self.socket.connect((server, PORT))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, payload):
        self.socket.sendall(payload)

    def receive(self, timeout_seconds=5.0):
        """One recv(); b"" when the server closed; None after the timeout."""
        readable, _, _ = select.select([self.socket], [], [], timeout_seconds)
        return self.socket.recv(4096) if readable else None

    def is_silent(self, seconds=0.3):
        return self.receive(seconds) is None

    def is_closed(self, timeout_seconds=5.0):
        try:
            return self.receive(timeout_seconds) == b""
        except ConnectionResetError:
            return True

    def ask(self, payload):
        self.send(payload)
        reply = self.receive()
        assert reply is not None, f"no reply to {payload!r}"
        return reply
