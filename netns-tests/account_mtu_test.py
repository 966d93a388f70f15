# SPDX-License-Identifier: Apache-2.0
"""The MTU of one account, and what is not able to change a tunnel's MTU."""

import socket

import pytest
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.wait import wait_for
from lib.world import PASSWORD
from scapy.layers.inet import ICMP, IP, UDP

HEADERS = 48  # IPv6 and ICMPv6 echo


def _ping(namespace, address, size):
    return namespace.run(
        "ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", size - HEADERS, address, check=False
    )


def _assert_mtu(world, client, mtu):
    assert world.host6.pings(client.address(), size=mtu - HEADERS, options=["-M", "do"])
    result = _ping(world.host6, client.address(), mtu + 1)
    assert f"mtu={mtu}" in result.stdout, result.stdout


def test_an_account_can_have_an_mtu_of_its_own(world):
    broker = world.start_broker(accounts=("bob",))
    broker.add_account("alice", PASSWORD, "--mtu", "1400")

    alice = world.connect_client(login="alice")
    bob = world.connect_client(login="bob")

    assert {tunnel["login"]: tunnel["mtu"] for tunnel in broker.tunnels()} == {"alice": 1400, "bob": 1280}
    _assert_mtu(world, alice, 1400)
    _assert_mtu(world, bob, 1280)


def test_a_changed_mtu_counts_for_the_accounts_next_tunnel_and_outlives_a_restart(world):
    broker = world.start_broker()
    first = world.connect_client()
    broker.ctl("account", "set-mtu", "alice", "--mtu", "1472")
    assert broker.tunnels()[0]["mtu"] == 1280
    first.stop()
    broker.stop()
    broker.start()

    client = world.connect_client(first.namespace)

    assert broker.ctl_json("account", "show", "alice")["mtu"] == 1472
    _assert_mtu(world, client, 1472)
    broker.ctl("account", "set-mtu", "alice")
    assert broker.ctl_json("account", "show", "alice")["mtu"] is None


def test_an_mtu_that_no_tunnel_can_have_is_refused_by_the_name_of_the_option(world):
    broker = world.start_broker()

    for mtu in ("1279", "1473"):
        result = broker.ctl("account", "set-mtu", "alice", "--mtu", mtu, check=False)
        assert result.returncode == 1
        assert "--mtu: expected 1280 to 1472" in result.stderr


def _forge_fragmentation_needed(world, about):
    """What a router would send that passes 600 bytes at most (RFC 1191)."""
    error = IP(src="203.0.113.1", dst=BROKER_ADDRESS) / ICMP(type=3, code=4, nexthopmtu=600) / about
    with world.topology.internet.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(bytes(error), (BROKER_ADDRESS, 0))


@pytest.mark.parametrize("type", ["v6udpv4", "v6v4"])
def test_a_forged_fragmentation_needed_makes_no_tunnel_smaller(world, type):
    broker = world.start_broker({"server": {"allow_private_outer_addresses": True}})
    client = world.connect_client(world.topology.add_public_client(), options=["--type", type])
    [tunnel] = broker.tunnels()
    address = client.namespace.public_address
    outer = IP(src=BROKER_ADDRESS, dst=address, proto=41) / (b"\x60" + 39 * b"\0")
    if type == "v6udpv4":
        outer = IP(src=BROKER_ADDRESS, dst=address) / UDP(sport=3653, dport=int(tunnel["remote"].split(":")[1]))

    _forge_fragmentation_needed(world, outer)
    # The host itself believes one about an echo reply of its own, and cuts all its other packets into 600 bytes.
    _forge_fragmentation_needed(world, IP(src=BROKER_ADDRESS, dst=address) / ICMP(type=0))
    wait_for(lambda: "mtu 600" in broker.namespace.ip("route", "get", address).stdout, "the host to believe the error")

    size = 1280 + (28 if type == "v6udpv4" else 20)
    words = ["tcpdump", "-n", "-l", "-i", "wan", f"src {BROKER_ADDRESS} and ip[2:2] = {size} and ip[6:2] & 0x3fff = 0"]
    whole_packets = world.processes.start(broker.namespace, words, "tcpdump")
    whole_packets.wait_for_text("listening on")
    assert client.namespace.pings(HOST6_ADDRESS, size=1280 - HEADERS)
    _assert_mtu(world, client, 1280)
    whole_packets.wait_for_text(address)
