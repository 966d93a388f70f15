#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A broker on a simulated host with the console over HTTPS, and its clients, for tests that are not in Python.

usage: world.py NUMBER, one of its own for each that runs at the same time. Reads orders from its standard input, a JSON
object a line, and answers each with one.
"""

import ipaddress
import itertools
import json
import pathlib
import struct
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "daemon-tests"), str(ROOT / "netns-tests")]

import simulated  # noqa: E402
from lib.certificate import make_certificate  # noqa: E402
from totp import code_of, now  # noqa: E402

NO_NEXT_HEADER = 59


def _packet(source, destination, size):
    """An IPv6 packet with nothing but zeros in it."""
    head = struct.pack("!IHBB", 6 << 28, size - 40, NO_NEXT_HEADER, 64)
    return head + ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed + bytes(size - 40)


class World:
    def __init__(self, folder, number):
        simulated._numbers = itertools.count(number)
        certificate, key = make_certificate(folder, "console", f"IP:127.77.{number}.1")
        api = {"certificate": str(certificate), "private_key": str(key)}
        self.broker = simulated.Broker(folder, {"api": api})
        self.clients = {}

    def where(self):
        return {"url": f"https://{self.broker.address}:{simulated.API_PORT}"}

    def request(self, method, target, body=None):
        """On the control socket."""
        return self.broker.request(method, target, body)

    def add_accounts(self, logins, password):
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda login: self.broker.add_account(login, password), logins))
        return {}

    def open_tunnel(self, login, password, **options):
        client = self.broker.udp()
        offer = client.open_account_tunnel(login, password, **options)
        self.clients[login] = (client, offer.client)
        return {"address": str(ipaddress.ip_address(offer.client))}

    def send_packets(self, source, destination, packets, size=1000):
        """From one login's tunnel to another's."""
        client, address = self.clients[source]
        for _ in range(packets):
            client.send_packet(_packet(address, self.clients[destination][1], size))
        return {}

    def advance(self, seconds):
        self.broker.advance(seconds)
        return {}

    def configure(self, changes):
        """Writes the file, which nobody reads yet."""
        self.broker.configure(changes)
        return {}

    def code(self, secret):
        """What an authenticator app shows."""
        return {"code": code_of(secret, now(self.broker))}


def main():
    with tempfile.TemporaryDirectory() as folder:
        world = World(pathlib.Path(folder), int(sys.argv[1]))
        try:
            for line in sys.stdin:
                order = json.loads(line)
                try:
                    answer = getattr(world, order.pop("do"))(**order)
                except Exception as error:  # the test is told
                    answer = {"failure": f"{type(error).__name__}: {error}"}
                print(json.dumps(answer), flush=True)
        finally:
            world.broker.stop()


if __name__ == "__main__":
    main()
