# SPDX-License-Identifier: Apache-2.0
"""Firewalls beside the broker: rules that come and go under traffic, and outer packets that no connection tracking sees."""

import contextlib
import pathlib
import re
import signal

from lib.topology import HOST6_ADDRESS

GUIDE = pathlib.Path(__file__).resolve().parents[1] / "docs" / "operating" / "serving.md"

# What a careful operator has: all is dropped but what the guide names, and answers.
CAREFUL = """
table inet filter {
  chain input {
    type filter hook input priority filter; policy drop
    iif lo accept
    ct state established,related accept
    ip6 nexthdr icmpv6 accept
    udp dport 3653 accept
    tcp dport 3653 accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop
    ct state established,related accept
    iifname tsp0 accept
    oifname tsp0 accept
  }
}
"""


def notrack_of_the_guide():
    blocks = re.findall(r"^ *```\n(.*?)^ *```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if "notrack" in block)


@contextlib.contextmanager
def _pinging(world, client):
    """Pings while the block runs; what is lost of them is added to the list."""
    ping = world.processes.start(client.namespace, ["ping", "-n", "-q", "-i", "0.02", HOST6_ADDRESS], "ping")
    ping.wait_for_text("PING")
    lost = []
    yield lost
    ping.send(signal.SIGINT)
    ping.wait()
    sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) received", ping.output()).groups())
    assert sent > 10
    lost.append(sent - received)


def _tracked_outer_packets(world):
    with world.topology.broker.entered(), open("/proc/thread-self/net/nf_conntrack") as table:
        return [line for line in table if "udp" in line and "dport=3653" in line]


def test_tunnels_survive_a_flush_of_everybody_elses_rules_and_their_return(world):
    world.topology.broker.nft(CAREFUL)
    broker = world.start_broker()
    client = world.connect_client()

    with _pinging(world, client) as lost:
        for _ in range(5):
            world.topology.broker.run("nft", "flush", "ruleset")
            assert client.namespace.pings(HOST6_ADDRESS, count=2)
            world.topology.broker.nft(CAREFUL)
            assert client.namespace.pings(HOST6_ADDRESS, count=2)

    assert lost[0] <= 1, "one may have been under way when ping ended"
    assert "tunnel_down" not in broker.process.text()
    assert broker.status()["counters"]["sessions_started"] == 1


def test_a_firewall_that_is_replaced_in_one_transaction_loses_nothing(world):
    world.topology.broker.nft(CAREFUL)
    world.start_broker()
    client = world.connect_client()

    with _pinging(world, client) as lost:
        for _ in range(20):
            world.topology.broker.nft("flush ruleset\n" + CAREFUL)

    assert lost[0] <= 1


def test_the_guides_rules_take_outer_packets_out_of_connection_tracking(world):
    world.topology.broker.nft(CAREFUL)
    world.start_broker()
    client = world.connect_client()
    nat = world.topology.add_nat()
    assert _tracked_outer_packets(world), "this host tracks no connections, and the test says nothing"

    world.topology.broker.nft("flush ruleset\n" + CAREFUL + notrack_of_the_guide())
    other = world.connect_anonymous_client(world.topology.add_client(nat))

    assert other.namespace.pings(HOST6_ADDRESS, count=3) and client.namespace.pings(HOST6_ADDRESS, count=3)
    assert not [line for line in _tracked_outer_packets(world) if nat.public_address in line]
