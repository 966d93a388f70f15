# SPDX-License-Identifier: Apache-2.0
"""Netlink, as far as the tests need it: messages made of bytes, so that wrong ones can be made as well."""

import errno
import os
import socket
import struct

NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
SOL_NETLINK, ADD_MEMBERSHIP, CAP_ACK, EXT_ACK, STRICT_CHECK = 270, 1, 10, 11, 12
REQUEST, MULTI, ACK, ROOT, MATCH, EXCL, CREATE = 1, 2, 4, 0x100, 0x200, 0x200, 0x400
DUMP = ROOT | MATCH
DUMP_INTERRUPTED = 0x10
ERROR, DONE = 2, 3
NESTED = 0x8000
ERROR_CAPPED, ERROR_ATTRIBUTES = 0x100, 0x200


class Refused(Exception):
    def __init__(self, code, text, command):
        super().__init__(f"{errno.errorcode.get(code, code)}: {text or os.strerror(code)} ({command})")
        self.code = code
        self.text = text


def attribute(kind, value):
    head = struct.pack("=HH", 4 + len(value), kind)
    return head + value + b"\0" * (-len(value) % 4)


def nest(kind, *attributes):
    return attribute(kind | NESTED, b"".join(attributes))


def u8(kind, value):
    return attribute(kind, struct.pack("=B", value))


def u32(kind, value):
    return attribute(kind, struct.pack("=I", value))


def u64(kind, value):
    return attribute(kind, struct.pack("=Q", value))


def be16(kind, value):
    return attribute(kind, struct.pack(">H", value))


def split(data):
    """The attributes in some bytes: (type, value), in order."""
    at, found = 0, []
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        found.append((kind & 0x3FFF, data[at + 4 : at + length]))
        at += (length + 3) & ~3
    return found


class Message:
    def __init__(self, kind, flags, sequence, payload):
        self.kind, self.flags, self.sequence, self.payload = kind, flags, sequence, payload


class Netlink:
    def __init__(self, protocol, buffer_bytes=1 << 20):
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        for option in (CAP_ACK, EXT_ACK, STRICT_CHECK):
            self._socket.setsockopt(SOL_NETLINK, option, 1)
        self._socket.bind((0, 0))
        self._sequence = 0
        self.patience = None  # seconds that an answer may take; None: for ever

    def close(self):
        self._socket.close()

    def fileno(self):
        return self._socket.fileno()

    def join(self, group):
        self._socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)

    def send(self, kind, flags, payload):
        self._sequence += 1
        head = struct.pack("=IHHII", 16 + len(payload), kind, flags, self._sequence, 0)
        self._socket.send(head + payload)

    def pack(self, kind, payloads):
        """Several requests as one message to send, of which only the last is answered, unless one fails."""
        packed = []
        for payload in payloads:
            self._sequence += 1
            flags = REQUEST | (ACK if len(packed) + 1 == len(payloads) else 0)
            packed.append(struct.pack("=IHHII", 16 + len(payload), kind, flags, self._sequence, 0) + payload)
        return self._sequence, b"".join(packed)

    def send_packed(self, packed):
        """What pack() has made; they may be sent in any order."""
        sequence, data = packed
        self._socket.send(data)
        self._answers(sequence, "packed")

    def receive(self, timeout=None):
        self._socket.settimeout(timeout)
        data = self._socket.recv(1 << 20)
        at, found = 0, []
        while at + 16 <= len(data):
            length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", data, at)
            found.append(Message(kind, flags, sequence, data[at + 16 : at + length]))
            at += (length + 3) & ~3
        return found

    def request(self, kind, flags, payload, command=""):
        """The payloads of the answers. Raises Refused."""
        self.send(kind, REQUEST | ACK | flags, payload)
        return self._answers(self._sequence, command)

    def _answers(self, sequence, command):
        answers = []
        while True:
            for message in self.receive(self.patience):
                if message.sequence != sequence:
                    continue
                if message.kind in (ERROR, DONE):
                    self._end(message, command)
                    return answers
                answers.append(message)

    @staticmethod
    def _end(message, command):
        code = struct.unpack_from("=i", message.payload)[0] if message.payload else 0
        if code >= 0:
            return
        text = ""
        if message.flags & ERROR_ATTRIBUTES:
            at = 4 if message.kind == DONE else 20
            for kind, value in split(message.payload[at:]):
                if kind == 1:
                    text = value.rstrip(b"\0").decode()
        raise Refused(-code, text, command)


class Generic(Netlink):
    """A family of generic netlink."""

    def __init__(self, name, **options):
        super().__init__(NETLINK_GENERIC, **options)
        get_family, family_id, family_name, groups = 3, 1, 2, 7
        answer = self.request(16, 0, struct.pack("=BBH", get_family, 2, 0) + attribute(family_name, name.encode() + b"\0"))
        found = dict(split(answer[0].payload[4:]))
        self.family = struct.unpack("=H", found[family_id])[0]
        self.groups = {}
        for _, group in split(found.get(groups, b"")):
            parts = dict(split(group))
            self.groups[parts[1].rstrip(b"\0").decode()] = struct.unpack("=I", parts[2])[0]

    def call(self, command, *attributes, flags=0):
        """The messages that answer, each as (command, [(type, value)…])."""
        payload = struct.pack("=BBH", command, 1, 0) + b"".join(attributes)
        messages = self.request(self.family, flags, payload, f"command {command}")
        self.interrupted = any(message.flags & DUMP_INTERRUPTED for message in messages)
        return [(message.payload[0], split(message.payload[4:])) for message in messages]

    def pack_calls(self, command, requests):
        """Requests that are answered by success alone, each a list of attributes."""
        return self.pack(self.family, [struct.pack("=BBH", command, 1, 0) + b"".join(one) for one in requests])

    def count(self, command, *attributes):
        """How many messages a dump has."""
        payload = struct.pack("=BBH", command, 1, 0) + b"".join(attributes)
        messages = self.request(self.family, DUMP, payload, f"command {command}")
        self.interrupted = any(message.flags & DUMP_INTERRUPTED for message in messages)
        return len(messages)

    def events(self, timeout):
        """Those that come until there is none for `timeout` seconds."""
        found = []
        try:
            while True:
                for message in self.receive(timeout):
                    if message.kind == self.family:
                        found.append((message.payload[0], split(message.payload[4:])))
        except (TimeoutError, BlockingIOError):
            return found
