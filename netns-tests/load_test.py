# SPDX-License-Identifier: Apache-2.0
"""tsp-load against the real daemon: every packet and every tunnel it counts was really there."""

import json

from lib.programs import program
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.wait import wait_for

_SERVER = f"{BROKER_ADDRESS}:3653"


def _load(namespace, *words):
    return json.loads(namespace.run(program("tsp-load"), *words, "--json", timeout=120).stdout)


def _hold(world, namespace, count):
    """Holds tunnels from the client's one address, and returns the file that lists them."""
    words = ["hold", "--server", _SERVER, "--sources", namespace.public_address, "--count", count]
    process = world.processes.start(namespace, [program("tsp-load"), *words], "hold")
    wait_for(process.json_lines, "tunnels to be held", 30)
    return process.out_path


def _flood(source, direction, tunnels, sink_namespace, interface, count):
    words = ["flood", direction, "--tunnels", tunnels, "--peer", HOST6_ADDRESS, "--size", 600, "--burst", 8]
    sink = ["--sink", interface, "--sink-netns", sink_namespace.name]
    return _load(source, *words, *sink, "--count", count, "--seconds", 30)


def test_a_storm_sets_up_a_tunnel_for_each_client(world):
    world.start_broker({"server": {"listen": ["127.0.0.1:3653"]}}, accounts=[f"load{i}" for i in range(10)])
    password_path = world.folder / "password"
    password_path.write_text("wonderland\n")
    storm = ["storm", "--server", "127.0.0.1:3653", "--password-file", password_path]

    anonymous = _load(world.topology.broker, *storm, "--count", 50)
    digest_md5 = _load(world.topology.broker, *storm, "--count", 10, "--auth", "digest-md5")

    assert (anonymous["established"], digest_md5["established"]) == (50, 10)
    assert world.broker.status()["counters"]["tunnels_now"] == 60


def test_floods_through_held_tunnels_arrive_both_ways(world):
    world.start_broker()
    client = world.topology.add_public_client()
    tunnels = _hold(world, client, 10)

    up = _flood(client, "up", tunnels, world.host6, "eth0", 2000)
    down = _flood(world.host6, "down", tunnels, client, "wan", 2000)

    assert up["sent"] == down["sent"] == 2000
    # Other things on the machine may take the processor from the broker for a while: little is lost, but not nothing.
    assert 1900 <= up["arrived"] <= 2000
    assert 1900 <= down["arrived"] <= 2000
