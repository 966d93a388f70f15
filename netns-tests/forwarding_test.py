# SPDX-License-Identifier: Apache-2.0
"""What tunnels are for: packets, many of them, and between any two ends."""

import json

from lib.topology import HOST6_ADDRESS


def _start_iperf_server(world, namespace):
    server = world.processes.start(namespace, ["iperf3", "--server", "--forceflush"], "iperf3-server")
    server.wait_for_text("Server listening")


def _transfer(namespace, server_address, *options):
    """Megabytes that arrived in two seconds of one TCP connection."""
    result = namespace.run("iperf3", "--client", server_address, "--time", "2", "--json", *options, timeout=30)
    return json.loads(result.stdout)["end"]["sum_received"]["bytes"] / 1e6


def test_tcp_bulk_flows_both_ways(world):
    world.start_broker()
    client = world.connect_client()
    _start_iperf_server(world, world.host6)

    assert _transfer(client.namespace, HOST6_ADDRESS) > 1
    assert _transfer(client.namespace, HOST6_ADDRESS, "--reverse") > 1


def test_tcp_bulk_flows_without_offloads_too(world):
    world.start_broker({"datapath": {"offloads": False}})
    client = world.connect_client()
    _start_iperf_server(world, world.host6)

    assert _transfer(client.namespace, HOST6_ADDRESS) > 1
    assert _transfer(client.namespace, HOST6_ADDRESS, "--reverse") > 1


def test_two_clients_reach_each_other_through_the_broker(world):
    world.start_broker(accounts=("alice", "bob"))
    alice = world.connect_client(login="alice")
    bob = world.connect_client(login="bob")
    _start_iperf_server(world, bob.namespace)

    assert alice.namespace.pings(bob.address(), count=3)
    assert bob.namespace.pings(alice.address(), count=3)
    assert _transfer(alice.namespace, bob.address()) > 1


def test_several_workers_serve_every_client(world):
    world.start_broker({"datapath": {"workers": 2}}, accounts=[f"user{number}" for number in range(4)])
    nat = world.topology.add_nat()

    clients = [world.connect_client(world.topology.add_client(nat), login=f"user{number}") for number in range(4)]

    for client in clients:
        assert client.namespace.pings(HOST6_ADDRESS, count=3)
        assert world.host6.pings(client.address(), count=3)


def test_the_broker_answers_from_the_address_that_was_contacted(world):
    world.start_broker()
    second_address = world.topology.add_second_broker_address()
    # A NAT lets in only what comes from the address that its client contacted.
    client = world.connect_client(server=second_address)

    assert client.namespace.pings(HOST6_ADDRESS, count=3)
    assert world.host6.pings(client.address(), count=3)


def test_the_host_sees_plain_ipv6_packets_on_the_tunnel_device(world):
    broker = world.start_broker()
    client = world.connect_client()
    words = ["tcpdump", "-n", "-l", "-c", "2", "-i", "tsp0", "icmp6 and dst host " + HOST6_ADDRESS]
    capture = world.processes.start(broker.namespace, words, "tcpdump")
    capture.wait_for_text("listening on")

    client.namespace.pings(HOST6_ADDRESS, count=3)

    capture.wait_for_text(f"{client.address()} > {HOST6_ADDRESS}: ICMP6, echo request")


def test_datagrams_that_arrive_out_of_a_small_buffer_stay_whole(world):
    world.start_broker()
    client = world.connect_client()

    for size in (1, 100, 1000, 1232):
        assert client.namespace.pings(HOST6_ADDRESS, size=size), size
        assert world.host6.pings(client.address(), size=size), size
