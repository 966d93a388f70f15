# SPDX-License-Identifier: Apache-2.0
"""Limits of the configuration, set so low that a test meets them."""

import struct

from lib.packets import echo_request, is_echo_reply
from lib.topology import HOST6_ADDRESS
from lib.tsp import SUCCESS, VERSION, Offer, UdpClient, create
from lib.world import PASSWORD


def _hellos_answered(namespace, count):
    """How many of so many sessions begun at once get an answer."""
    clients = [UdpClient(namespace) for _ in range(count)]
    try:
        for client in clients:
            client.send_raw(struct.pack("!II", 0xF00000F0, 1) + VERSION)
        return sum(client.receive_raw(0.5 if client is clients[0] else 0.05) is not None for client in clients)
    finally:
        for client in clients:
            client.socket.close()


def test_beginnings_of_sessions_are_limited_for_each_source(world):
    world.start_broker({"limits": {"hello_per_source_per_second": 1, "hello_per_source_burst": 5}})

    assert 5 <= _hellos_answered(world.topology.add_public_client(), 20) <= 7
    assert _hellos_answered(world.topology.add_public_client(), 3) == 3


def test_a_client_at_its_limit_keeps_its_tunnel(world):
    world.start_broker({"limits": {"hello_per_source_per_second": 1, "hello_per_source_burst": 5}})
    client = world.connect_client()

    _hellos_answered(client.namespace, 20)

    assert client.namespace.pings(HOST6_ADDRESS, count=3)


def test_anonymous_tunnels_are_limited_for_each_source(world):
    world.start_broker({"limits": {"anonymous_tunnels_per_source_max": 2}})
    namespace = world.topology.add_public_client()
    clients = [UdpClient(namespace) for _ in range(3)]
    for client in clients[:2]:
        client.open_anonymous_tunnel()

    clients[2].log_in_anonymously()
    reply = clients[2].ask(create())

    assert reply.split(b"\r\n")[1].startswith(b"301 "), reply
    with UdpClient(world.topology.add_public_client()) as other:
        other.open_anonymous_tunnel()
    for client in clients:
        client.socket.close()


def test_a_full_pool_is_a_status_of_its_own_and_disturbs_no_tunnel(world):
    broker = world.start_broker({"pool": {"anonymous": "2001:db8:1:1::/126"}})
    namespace = world.topology.add_public_client()
    clients = [UdpClient(namespace) for _ in range(4)]
    offers = []
    for client in clients:
        client.log_in_anonymously()
        reply = client.ask(create())
        if b"200 Success" in reply:
            offers.append((client, Offer(reply)))
            client.accept()
    refused = reply

    assert refused.split(b"\r\n")[1].startswith(b"301 "), refused
    assert len(offers) == len(broker.tunnels()) == 3
    for client, offer in offers:
        client.send_packet(echo_request(offer.client, offer.server))
        assert is_echo_reply(client.receive_packet())
    with UdpClient(namespace) as account:
        account.open_account_tunnel("alice", PASSWORD)
    for client in clients:
        client.socket.close()


def test_failed_log_ins_are_limited_and_right_ones_from_elsewhere_are_not(world):
    world.start_broker({"limits": {"auth_failures_per_source_per_second": 1, "auth_failures_per_source_burst": 3}})
    namespace = world.topology.add_public_client()

    def log_in(password):
        with UdpClient(namespace) as client:
            return client.log_in_plainly("alice", password)

    assert log_in(PASSWORD) == SUCCESS
    # Even the right password is a guess too many, as soon as guesses were faster than one a second.
    refused = 0
    for _ in range(10):
        assert log_in("wrong").startswith(b"300 ")
        refused += log_in(PASSWORD).startswith(b"300 ")
    assert refused > 0
    with UdpClient(namespace) as anonymous:
        anonymous.open_anonymous_tunnel()
    with UdpClient(world.topology.add_public_client()) as client:
        client.open_account_tunnel("alice", PASSWORD)


def test_two_devices_with_one_account_do_not_evict_each_other_for_ever(world):
    broker = world.start_broker({"limits": {"evictions_max": 2, "evictions_window_seconds": 60}})
    refused = 0
    for _ in range(6):
        with UdpClient(world.topology.add_public_client()) as client:
            client.log_in_by_digest("alice", PASSWORD)
            refused += b"200 Success" not in client.ask(create())
            client.ask(b'Content-length: 35\r\n<tunnel action="accept"></tunnel>\r\n')

    assert refused > 0
    assert len(broker.tunnels()) == 1
    assert "alice" in broker.process.text()


def test_a_flood_of_garbage_does_not_fill_the_log(world):
    broker = world.start_broker()
    namespace = world.topology.add_public_client()
    lines = len(broker.process.text().splitlines())
    with UdpClient(namespace) as client:
        for number in range(5000):
            client.send_raw(struct.pack("!II", 0xF0000000 + number, 1) + b"VERSION=\x1b[2J\r\n")

    assert broker.answers(world.topology.add_public_client())
    assert len(broker.process.text().splitlines()) - lines < 100
    assert "\x1b" not in broker.process.text()
