# SPDX-License-Identifier: Apache-2.0
"""Tunnels without UDP: IPv6 directly in IPv4 (v6v4), for clients with a public address."""

import json

import pytest
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.tsp import TcpClient, UdpClient, create, framed, simple_request
from lib.wait import wait_for
from lib.world import PASSWORD
from scapy.layers.inet import IP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6

# The addresses of the tests are those that RFC 5737 keeps for documentation.
SETTINGS = {"server": {"allow_private_outer_addresses": True}}
HEADERS = 48  # IPv6 and ICMPv6 echo


def _connect(world, namespace=None, options=("--type", "v6v4"), **more):
    return world.connect_client(namespace or world.topology.add_public_client(), options=list(options), **more)


def _type(broker):
    [tunnel] = broker.tunnels()
    return tunnel["type"]


def _watch(world, namespace, expression, count):
    words = ["tcpdump", "-n", "-l", "-c", str(count), "-i", "wan", expression]
    capture = world.processes.start(namespace, words, "tcpdump")
    capture.wait_for_text("listening on")
    return capture


def test_a_client_without_nat_that_leaves_the_choice_gets_protocol_41(world):
    broker = world.start_broker(SETTINGS)
    client = _connect(world, options=["--type", "v6anyv4"])
    capture = _watch(world, broker.namespace, "ip proto 41", count=4)

    assert _type(broker) == "v6v4"
    assert client.namespace.pings(HOST6_ADDRESS, count=3)
    assert world.host6.pings(client.address(), count=3)
    capture.wait_for_text(f"{client.namespace.public_address} > {BROKER_ADDRESS}")


def test_a_client_behind_a_nat_that_leaves_the_choice_gets_udp(world):
    broker = world.start_broker(SETTINGS)

    client = _connect(world, world.topology.add_client(), options=["--type", "v6anyv4"])

    assert _type(broker) == "v6udpv4"
    assert client.namespace.pings(HOST6_ADDRESS, count=2)


def test_udp_can_be_preferred(world):
    broker = world.start_broker({**SETTINGS, "tunnel": {"prefer_udp": True}})

    _connect(world, options=["--type", "v6anyv4"])

    assert _type(broker) == "v6udpv4"


def test_an_account_keeps_its_address_when_it_comes_back_with_another_type(world):
    broker = world.start_broker(SETTINGS)
    namespace = world.topology.add_public_client()
    addresses = []
    for kind in ("v6udpv4", "v6v4", "v6udpv4"):
        client = _connect(world, namespace, options=["--type", kind])
        assert client.namespace.pings(HOST6_ADDRESS, count=2)
        assert _type(broker) == kind
        addresses.append(client.address())
        client.kill()
        wait_for(lambda: not client.addresses(), "the end of the client's device")

    assert len(set(addresses)) == 1, addresses


def test_a_host_behind_a_router_with_a_prefix_reaches_the_ipv6_host_and_is_reached(world):
    world.start_broker(SETTINGS)
    namespace = world.topology.add_public_client()
    host = world.topology.add_lan_host(namespace)
    client = _connect(world, namespace, options=["--type", "v6v4", "--router", "56", "--lan", "lan"])
    interface = wait_for(client.lan_address, "a prefix on the LAN")
    host.ip("addr", "add", f"{interface.network[2]}/64", "dev", "eth0")
    host.ip("route", "add", "default", "via", str(interface.ip))

    assert host.pings(HOST6_ADDRESS, count=3)
    assert world.host6.pings(str(interface.network[2]), count=3)


def test_where_udp_does_not_pass_the_tunnel_is_made_over_tcp(world):
    broker = world.start_broker(SETTINGS)
    namespace = world.topology.add_public_client()
    namespace.nft("table ip f { chain o { type filter hook output priority 0; udp dport 3653 drop; }; }")

    client = world.run_client(namespace, options=["--type", "v6v4"])
    client.wait_until_up(timeout_seconds=30)

    assert _type(broker) == "v6v4"
    assert client.namespace.pings(HOST6_ADDRESS, count=3)


def _transfer(namespace, *options):
    """Megabytes that arrived in two seconds of one TCP connection."""
    words = ["iperf3", "--client", HOST6_ADDRESS, "--time", "2", "--json", *options]
    return json.loads(namespace.run(*words, timeout=30).stdout)["end"]["sum_received"]["bytes"] / 1e6


@pytest.mark.parametrize("workers", [1, 2])
def test_tcp_bulk_flows_both_ways_although_the_kernel_merges_what_comes_in(world, workers):
    broker = world.start_broker({**SETTINGS, "datapath": {"workers": workers}})
    client = _connect(world)
    ends = (broker.namespace, client.namespace)
    for namespace in ends:
        world.topology.merge_arrivals(namespace)
    merged = [_watch(world, namespace, "ip proto 41 and greater 2000", count=1) for namespace in ends]
    server = world.processes.start(world.host6, ["iperf3", "--server", "--forceflush"], "iperf3-server")
    server.wait_for_text("Server listening")

    assert _transfer(client.namespace) > 1
    assert _transfer(client.namespace, "--reverse") > 1
    for capture in merged:
        capture.wait_for_text("IP6")


def test_several_workers_serve_every_client(world):
    world.start_broker({**SETTINGS, "datapath": {"workers": 2}}, accounts=[f"user{number}" for number in range(4)])

    clients = [_connect(world, login=f"user{number}") for number in range(4)]

    for client in clients:
        assert client.namespace.pings(HOST6_ADDRESS, count=3)
        assert world.host6.pings(client.address(), count=3)


def test_a_packet_from_another_outer_address_is_dropped_silently(world):
    broker = world.start_broker(SETTINGS)
    client = _connect(world)
    stranger = world.topology.add_public_client()
    forged = IPv6(src=client.address(), dst=HOST6_ADDRESS) / ICMPv6EchoRequest()
    before = broker.status()["datapath"]["drops"]["unknown_endpoint"]

    stranger.send_ipv4(bytes(IP(src=stranger.public_address, dst=BROKER_ADDRESS, proto=41) / forged))

    wait_for(lambda: broker.status()["datapath"]["drops"]["unknown_endpoint"] == before + 1, "the dropped packet")


def test_what_comes_in_protocol_41_is_never_signalling(world):
    broker = world.start_broker(SETTINGS)
    stranger = world.topology.add_public_client()
    signalling = b"\xf0\x00\x00\xf0\x00\x00\x00\x01VERSION=2.0.2\r\n" + bytes(40)
    before = broker.status()["datapath"]["drops"]["garbage"]

    stranger.send_ipv4(bytes(IP(src=stranger.public_address, dst=BROKER_ADDRESS, proto=41) / signalling))

    wait_for(lambda: broker.status()["datapath"]["drops"]["garbage"] == before + 1, "the dropped packet")


def test_a_client_that_is_gone_shows_in_the_outer_errors(world):
    broker = world.start_broker(SETTINGS)
    client = _connect(world)
    address = client.address()
    assert world.host6.pings(address)
    client.kill()

    world.host6.run("ping", "-n", "-c", "3", "-i", "0.3", "-W", "1", address, check=False)

    wait_for(lambda: broker.status()["datapath"]["outer_errors"] > 0, "the counted ICMP errors")


def test_the_address_of_anothers_tunnel_is_refused(world):
    broker = world.start_broker(SETTINGS, accounts=("alice", "bob"))
    namespace = world.topology.add_public_client()
    _connect(world, namespace, login="alice")

    with UdpClient(namespace) as bob:
        bob.log_in_by_digest("bob", PASSWORD)
        answer = bob.ask(create(type="v6v4", address=namespace.public_address))

    assert answer == framed("506 IPv4 address already used for existing tunnel\r\n")
    assert len(broker.tunnels()) == 1


def test_a_claimed_address_that_is_not_the_one_seen_is_a_nat(world):
    world.start_broker(SETTINGS)
    namespace = world.topology.add_public_client()

    with UdpClient(namespace) as client:
        client.log_in_by_digest("alice", PASSWORD)
        assert client.ask(create(type="v6v4", address="10.9.9.9")) == framed("303 Unsupported tunnel type\r\n")
    with TcpClient(namespace) as client:
        client.log_in_anonymously()
        assert client.ask(create(type="v6anyv4", address="10.9.9.9")) == framed("303 Unsupported tunnel type\r\n")


def test_a_client_behind_a_nat_is_told_which_types_there_are_for_it(world):
    world.start_broker(SETTINGS)

    client = world.run_client(options=["--type", "v6v4", "--once"])

    assert client.process.wait() == 5
    assert "behind a NAT ask for --type v6anyv4 or v6udpv4" in client.process.text()


def test_a_client_whose_protocol_41_is_filtered_is_told_so(world):
    world.start_broker(SETTINGS)
    namespace = world.topology.add_public_client()
    namespace.nft("table ip f { chain i { type filter hook input priority 0; ip protocol ipv6 drop; }; }")

    client = world.run_client(namespace, options=["--type", "v6v4", "--once"])

    wait_for(lambda: "protocol 41 is filtered on the way" in client.process.text(), "the hint", timeout_seconds=40)


def test_without_permission_documentation_addresses_are_refused(world):
    world.start_broker()
    namespace = world.topology.add_public_client()

    with UdpClient(namespace) as client:
        client.log_in_by_digest("alice", PASSWORD)
        assert client.ask(create(type="v6v4", address=namespace.public_address)) == framed("501 Invalid IPv4 address\r\n")


def test_a_large_packet_is_answered_with_the_tunnels_mtu_and_pieces_pass(world):
    world.start_broker(SETTINGS)
    client = _connect(world)

    words = ["ping", "-n", "-c", "2", "-i", "0.3", "-W", "2", "-M", "do", "-s", str(1400 - HEADERS)]
    result = world.host6.run(*words, client.address(), check=False)

    assert "Packet too big: mtu=1280" in result.stdout, result.stdout
    assert client.namespace.pings(HOST6_ADDRESS, count=2, size=4000)
    assert world.host6.pings(client.address(), count=2, size=4000)


def test_a_narrow_path_cuts_the_outer_packets_up_and_the_tunnel_keeps_its_1280(world):
    world.start_broker(SETTINGS)
    client = _connect(world)
    world.topology.narrow_path(client.namespace, mtu=1200)

    assert client.namespace.pings(HOST6_ADDRESS, size=1280 - HEADERS)
    assert world.host6.pings(client.address(), size=1280 - HEADERS)


def test_tunnels_are_there_again_after_a_restart_of_the_daemon(world):
    broker = world.start_broker(SETTINGS)
    client = _connect(world)

    broker.kill()
    broker.start()

    wait_for(lambda: world.host6.pings(client.address()), "the tunnel after the restart", timeout_seconds=20)


def test_a_broker_without_the_type_ends_such_tunnels(world):
    broker = world.start_broker(SETTINGS)
    client = _connect(world)
    client.kill()
    broker.stop()
    broker.configure({**SETTINGS, "tunnel": {"types": ["v6udpv4"]}})

    broker.start()

    wait_for(lambda: broker.tunnels() == [], "the end of the tunnel")
    with UdpClient(client.namespace) as asker:
        assert b"TUNNEL=V6V4 " not in asker.hello()
        assert asker.ask(simple_request("accept")) != b"200 Success\r\n"
