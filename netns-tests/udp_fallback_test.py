# SPDX-License-Identifier: Apache-2.0
"""v6anyv4 where something on the way drops protocol 41: tsp-connect notices, and asks for UDP."""

import pytest
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.wait import wait_for

# The addresses of the tests are those that RFC 5737 keeps for documentation.
SETTINGS = {"server": {"allow_private_outer_addresses": True}, "tunnel": {"keepalive_seconds_min": 5}}
_FILTER = "table ip filter {{ chain forward {{ type filter hook forward priority filter; {rule}; }}; }}"
EVERYTHING = "ip protocol 41 drop"
TO_THE_CLIENT = f"ip protocol 41 ip saddr {BROKER_ADDRESS} drop"


def _types(client):
    return [event["type"] for event in client.events("tunnel_up")]


def _filter(world, rule):
    world.topology.internet.nft(_FILTER.format(rule=rule))


def _run(world, *options, type="v6anyv4", keepalive="5"):
    options = ["--type", type, "--keepalive", keepalive, "--retry", "1", "--json", *options]
    return world.run_client(world.topology.add_public_client(), options=options)


def _wait_for_udp(client):
    wait_for(lambda: _types(client)[-1:] == ["v6udpv4"], "the tunnel in UDP", 40)
    wait_for(lambda: client.namespace.pings(HOST6_ADDRESS), "the way through it")


@pytest.mark.parametrize("rule", [EVERYTHING, TO_THE_CLIENT], ids=["both ways", "to the client"])
def test_a_client_whose_protocol_41_is_dropped_gets_its_tunnel_in_udp(world, rule):
    broker = world.start_broker(SETTINGS)
    _filter(world, rule)

    client = _run(world)
    _wait_for_udp(client)

    assert _types(client) == ["v6v4", "v6udpv4"]
    [said] = client.events("falling_back")
    assert said["type"] == "v6udpv4" and said["delay_seconds"] == 3600
    assert said["detail"] == "nothing comes back in protocol 41"
    addresses = [event["address"] for event in client.events("tunnel_up")]
    assert addresses[0] == addresses[1] == client.address()
    assert [(tunnel["type"], tunnel["login"]) for tunnel in broker.tunnels()] == [("v6udpv4", "alice")]
    assert world.host6.pings(client.address(), count=2)
    assert client.events("waiting") == []


def test_it_is_remembered_when_the_tunnel_in_udp_ends(world):
    broker = world.start_broker(SETTINGS)
    _filter(world, EVERYTHING)
    client = _run(world)
    _wait_for_udp(client)
    wait_for(lambda: client.events("tunnel_confirmed"), "the first answer through it")

    broker.ctl("tunnel", "kick", str(broker.tunnels()[0]["id"]))

    wait_for(lambda: len(_types(client)) == 3, "the third tunnel", 60)
    assert _types(client) == ["v6v4", "v6udpv4", "v6udpv4"]
    assert len(client.events("falling_back")) == 1
    wait_for(lambda: client.namespace.pings(HOST6_ADDRESS), "the way through it")


def test_a_client_without_keepalives_notices_too(world):
    world.start_broker(SETTINGS)
    _filter(world, EVERYTHING)

    client = _run(world, keepalive="0")
    _wait_for_udp(client)

    assert _types(client) == ["v6v4", "v6udpv4"]


def test_where_protocol_41_passes_it_stays(world):
    world.start_broker(SETTINGS)
    _filter(world, "ip protocol tcp drop")

    client = _run(world)
    wait_for(lambda: client.events("tunnel_confirmed"), "the first answer through the tunnel")

    assert _types(client) == ["v6v4"] and client.events("falling_back") == []
    assert client.namespace.pings(HOST6_ADDRESS)


def test_who_asked_for_protocol_41_is_not_given_udp(world):
    world.start_broker(SETTINGS)
    _filter(world, EVERYTHING)

    client = _run(world, "--once", type="v6v4")

    assert client.process.wait(40) == 7

    assert _types(client) == ["v6v4"] and client.events("falling_back") == []


def test_a_hook_is_told_of_the_change(world):
    world.start_broker(SETTINGS)
    _filter(world, EVERYTHING)
    hook = world.folder / "hook.sh"
    hook.write_text(f'#!/bin/sh\necho "$TSP_CONNECT_EVENT $TSP_TUNNEL_MODE" >>{world.folder}/told\n')
    hook.chmod(0o755)

    client = _run(world, "--hook", hook)
    _wait_for_udp(client)

    told = world.folder / "told"
    wait_for(lambda: told.read_text().splitlines()[-1:] == ["up v6udpv4"], "the hook of the second tunnel")
    assert told.read_text().splitlines() == ["up v6v4", "down v6v4", "up v6udpv4"]
