# SPDX-License-Identifier: Apache-2.0
"""The MTU of the tunnel at the client, and TCP that is made to fit there."""

import json

import pytest
from lib.client import DEVICE
from lib.syns import open_connection, syns, watch_syns
from lib.topology import HOST6_ADDRESS
from lib.wait import wait_for
from lib.world import PASSWORD

HEADERS = 48  # IPv6 and ICMPv6 echo
SETTINGS = {"server": {"allow_private_outer_addresses": True}, "tunnel": {"mss_clamp": False}}
MSS_OF_ETHERNET = 1500 - 60


def _mtu_of_device(client):
    [link] = json.loads(client.namespace.ip("-json", "link", "show", "dev", DEVICE).stdout)
    return link["mtu"]


@pytest.mark.parametrize("kind", ["v6udpv4", "v6v4"])
def test_a_larger_mtu_carries_larger_packets_both_ways(world, kind):
    broker = world.start_broker(SETTINGS, accounts=())
    broker.add_account("alice", PASSWORD, "--mtu", "1472")
    options = ["--mtu", "1472", "--type", kind]

    client = world.connect_client(world.topology.add_public_client(), options=options)

    assert _mtu_of_device(client) == 1472
    assert client.namespace.pings(HOST6_ADDRESS, size=1472 - HEADERS, options=["-M", "do"])
    assert world.host6.pings(client.address(), size=1472 - HEADERS, options=["-M", "do"])


def test_an_mtu_that_the_tunnel_cannot_have_is_refused(world):
    namespace = world.topology.add_client()
    for mtu, kind in (("1279", "v6v4"), ("1473", "v6udpv4"), ("1473", "v6anyv4"), ("1481", "v6v4")):
        client = world.run_client(namespace, options=["--mtu", mtu, "--type", kind])

        assert client.process.wait() == 1, (mtu, kind)
        assert "mtu" in client.process.errors().lower()


def _host_behind(world, *options):
    """A host on the LAN of a client, which does not know how narrow the tunnel is; with its address."""
    namespace = world.topology.add_public_client()
    host = world.topology.add_lan_host(namespace)
    client = world.connect_client(namespace, options=["--router", "56", "--lan", "lan", *options])
    interface = wait_for(client.lan_address, "a prefix on the LAN")
    address = str(interface.network[2])
    host.ip("addr", "add", f"{address}/64", "dev", "eth0", "nodad")
    host.ip("route", "add", "default", "via", str(interface.ip))
    assert host.pings(HOST6_ADDRESS)
    return host, address


@pytest.mark.parametrize("kind", ["v6udpv4", "v6v4"])
@pytest.mark.parametrize("mtu", [1280, 1400])
def test_tcp_through_a_router_is_made_to_fit_both_ways(world, kind, mtu):
    world.start_broker(SETTINGS)
    host, _ = _host_behind(world, "--type", kind, "--mtu", str(mtu))
    at_broker = watch_syns(world, world.broker.namespace, "tsp0")
    at_host = watch_syns(world, host, "eth0")

    open_connection(host, world.host6, HOST6_ADDRESS)

    # What has not been in a tunnel may have an unfinished checksum.
    assert syns(at_broker)["S"] == (mtu - 60, True)
    assert syns(at_broker)["S."][0] == MSS_OF_ETHERNET
    assert syns(at_host)["S"][0] == MSS_OF_ETHERNET
    assert syns(at_host)["S."] == (mtu - 60, True)


def test_connections_from_outside_are_made_to_fit_too(world):
    world.start_broker(SETTINGS)
    host, address = _host_behind(world)
    at_broker = watch_syns(world, world.broker.namespace, "tsp0")
    at_host = watch_syns(world, host, "eth0")

    open_connection(world.host6, host, address)

    assert syns(at_host)["S"] == (1220, True)
    assert syns(at_broker)["S."] == (1220, True)


def test_clamping_can_be_switched_off(world):
    world.start_broker(SETTINGS)
    host, _ = _host_behind(world, "--no-mss-clamp")
    at_broker = watch_syns(world, world.broker.namespace, "tsp0")
    at_host = watch_syns(world, host, "eth0")

    open_connection(host, world.host6, HOST6_ADDRESS)

    assert syns(at_broker)["S"][0] == MSS_OF_ETHERNET
    assert syns(at_host)["S."][0] == MSS_OF_ETHERNET
