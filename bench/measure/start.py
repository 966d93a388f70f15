# SPDX-License-Identifier: Apache-2.0
"""Memory of tspd for a live tunnel, and the time from its start to serving when there are many leases."""

import socket
import statistics
import time

from lib import tsp
from measure.cpu import resident_bytes
from measure.setups import storm
from measure.world import loopback_world, start_broker

_HELLO = b"\xf0\0\0\1\0\0\0\0" + tsp.VERSION


def measure(arguments, folder):
    folder = folder / "start"
    folder.mkdir()
    with loopback_world(folder) as (namespace, processes):
        broker = start_broker(namespace, processes, folder, {"server": {"listen": ["127.0.0.1:3653"]}})
        storm(broker, 100, 0)  # whatever is allocated once
        before = resident_bytes(broker.process.pid)
        storm(broker, arguments.leases, 100)
        grown = resident_bytes(broker.process.pid) - before
        seconds = [_restart(broker, namespace) for _ in range(arguments.rounds)]
        tunnels = broker.status()["counters"]["tunnels_now"]
        assert tunnels == arguments.leases + 100, f"{tunnels} tunnels after a restart"
        return {
            "leases": arguments.leases,
            "bytes_per_tunnel": grown / arguments.leases,
            "bytes_per_tunnel_after_restart": (resident_bytes(broker.process.pid) - before) / arguments.leases,
            "seconds_to_serve": statistics.median(seconds),
            "rounds": seconds,
        }


def _restart(broker, namespace):
    """Seconds from the start of the program to the first answer to a client."""
    broker.process.terminate(60)
    begun = time.monotonic()
    broker.launch()
    with namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.005)
        client.connect(("127.0.0.1", tsp.PORT))
        while time.monotonic() < begun + 120:
            if _is_served(client):
                return time.monotonic() - begun
    raise AssertionError(f"tspd does not serve: {broker.process.text()[-2000:]}")


def _is_served(client):
    # A client that asks without a pause would take a core, and tspd's time.
    time.sleep(0.005)
    try:
        client.send(_HELLO)
        return b"CAPABILITY" in client.recv(2000)
    except OSError:
        return False
