# SPDX-License-Identifier: Apache-2.0
"""Routers that do not speak TSP: GET /nic/update, and the plain end of a tunnel in protocol 41."""

import contextlib
import socket

from lib.packets import echo_request, is_echo_reply
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS

PORT = 8053
PROTOCOL_41 = 41
# The addresses of the tests are those that RFC 5737 keeps for documentation.
SETTINGS = {"server": {"allow_private_outer_addresses": True}, "update": {"listen": [f"0.0.0.0:{PORT}"]}}


def update(namespace, key, query="hostname=alice", login="alice", scheme="http", options=(), server=BROKER_ADDRESS):
    """The status and the text of the answer."""
    words = ["curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}", "-u", f"{login}:{key}", *options]
    output = namespace.run(*words, f"{scheme}://{server}:{PORT}/nic/update?{query}").stdout
    text, status = output.rsplit("\n", 1)
    return int(status), text


def word(namespace, key, *arguments, **options):
    """The first line of the answer."""
    return update(namespace, key, *arguments, **options)[1].split("\n")[0]


class Router:
    """A plain end of a tunnel in protocol 41, as the kernel of a router has one."""

    def __init__(self, namespace, server=BROKER_ADDRESS):
        self.address = namespace.public_address
        self._server = server
        self._socket = namespace.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOL_41)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, packet):
        self._socket.sendto(packet, (self._server, 0))

    def receive(self, timeout_seconds=2.0):
        """The next inner packet, or None."""
        self._socket.settimeout(timeout_seconds)
        with contextlib.suppress(TimeoutError):
            packet = self._socket.recv(65535)
            return packet[(packet[0] & 15) * 4 :]
        return None

    def pings(self, source, destination=HOST6_ADDRESS):
        self.send(echo_request(source, destination))
        return is_echo_reply(self.receive())
