# SPDX-License-Identifier: Apache-2.0
"""Signalling over TCP: one write for each reply, however the requests arrive."""

import time

import pytest
from lib.digest import Digest, parse_challenge
from lib.topology import BROKER_ADDRESS
from lib.tsp import (
    FAILED,
    SUCCESS,
    VERSION,
    TcpClient,
    UdpClient,
    authenticate,
    create,
    plain_credentials,
    simple_request,
)
from lib.world import PASSWORD

UNSUPPORTED = b"Content-length: 29\r\n303 Unsupported tunnel type\r\n"


@pytest.fixture
def client(questions):
    with TcpClient(questions.namespace) as tcp:
        yield tcp


def test_the_capability_line_offers_no_type_that_needs_udp(client):
    assert b"TUNNEL=V6UDPV4" not in client.hello()


@pytest.mark.parametrize("type", ["v6udpv4", "v4v6"])
def test_a_tunnel_that_needs_something_else_is_refused_in_a_frame(client, type):
    client.log_in_anonymously()

    assert client.ask(create(type=type)) == UNSUPPORTED


def test_requests_may_arrive_byte_by_byte(client):
    for byte in VERSION:
        client.send(bytes([byte]))
    assert client.receive().startswith(b"CAPABILITY ")
    for byte in authenticate("ANONYMOUS"):
        client.send(bytes([byte]))
    assert client.receive() == SUCCESS
    for byte in create():
        client.send(bytes([byte]))
    assert client.receive() == UNSUPPORTED


def test_the_nul_after_authenticate_may_be_glued_to_the_next_request(client):
    client.hello()
    client.send(authenticate("ANONYMOUS")[:-1])
    assert client.receive() == SUCCESS

    assert client.ask(b"\0" + create()) == UNSUPPORTED


def test_two_requests_in_one_segment_are_answered_in_order(client):
    client.send(VERSION + authenticate("ANONYMOUS"))

    text = client.receive()
    while not text.endswith(SUCCESS):
        text += client.receive()

    assert text.startswith(b"CAPABILITY ")


def test_plain_in_two_writes_is_answered_once(client):
    client.hello()
    client.send(authenticate("PLAIN"))
    assert client.is_silent()

    assert client.ask(plain_credentials("alice", PASSWORD)) == SUCCESS


def test_plain_in_one_write_is_answered_once(client):
    client.hello()

    assert client.ask(authenticate("PLAIN") + plain_credentials("alice", PASSWORD)) == SUCCESS
    assert client.is_silent()


def test_a_refusal_closes_the_connection(client):
    client.hello()

    assert client.ask(authenticate("PLAIN") + plain_credentials("alice", "wrong")) == FAILED
    assert client.is_closed()


def test_the_proof_and_the_success_of_digest_md5_arrive_apart(client):
    client.hello()
    digest = Digest(parse_challenge(client.ask(authenticate("DIGEST-MD5"))), "alice", PASSWORD)

    proof = client.ask(digest.response_line())
    # A client that has not read the proof yet must not find both together.
    time.sleep(0.1)
    success = client.receive()

    assert proof == digest.expected_rspauth_line()
    assert success == SUCCESS


def test_a_slow_reader_finds_the_proof_alone(client):
    client.hello()
    digest = Digest(parse_challenge(client.ask(authenticate("DIGEST-MD5"))), "alice", PASSWORD)
    client.send(digest.response_line())
    time.sleep(0.1)

    assert client.receive() == digest.expected_rspauth_line()
    assert client.receive() == SUCCESS


def test_an_unsupported_version_closes_the_connection(client):
    assert client.ask(b"VERSION=0.1\r\n") == b"302 Unsupported client version\r\n"
    assert client.is_closed()


def test_anything_but_version_at_the_start_closes_the_connection(client):
    assert client.ask(b"GET / HTTP/1.1\r\n") == b"500 Invalid request format or specified length\r\n"
    assert client.is_closed()


def test_a_line_without_end_is_refused(client):
    client.send(b"VERSION=" + b"2" * 5000)

    assert client.receive().startswith(b"500 ")
    assert client.is_closed()


def test_a_frame_that_is_too_long_is_refused(client):
    client.log_in_anonymously()

    reply = client.ask(b"Content-length: 4097\r\n")

    assert reply.split(b"\r\n")[1].startswith(b"500 ")


def test_info_without_a_tunnel_is_answered_in_a_frame(client):
    client.log_in_anonymously()

    assert client.ask(simple_request("info")) == b"Content-length: 23\r\n310 Server side error\r\n"


def test_accept_without_an_offer_is_refused(client):
    client.log_in_anonymously()

    assert client.ask(simple_request("accept")).split(b"\r\n")[1].startswith(b"500 ")


def test_a_silent_connection_is_closed(world):
    broker = world.start_broker({"times": {"stream_timeout_seconds": 1}})
    with TcpClient(world.topology.add_client()) as client:
        client.hello()

        assert client.is_closed(4)
    assert broker.process.is_running()


def test_each_address_to_listen_on_is_served_over_udp_and_tcp_and_no_other(world):
    second = world.topology.add_second_broker_address()
    namespace = world.topology.add_public_client()
    broker = world.make_broker({"server": {"listen": [f"{BROKER_ADDRESS}:3653"]}}).start()
    with pytest.raises(ConnectionRefusedError):
        TcpClient(namespace, second)
    assert not broker.answers(namespace, second)
    broker.stop()

    broker.configure({"server": {"listen": [f"{BROKER_ADDRESS}:3653", f"{second}:3653"]}})
    broker.start()

    for address in (BROKER_ADDRESS, second):
        with UdpClient(namespace, address) as udp, TcpClient(namespace, address) as tcp:
            udp.hello()
            tcp.hello()


def test_the_number_of_connections_of_one_source_is_limited(world):
    world.start_broker({"limits": {"streams_per_source_max": 3}})
    namespace = world.topology.add_public_client()
    others = world.topology.add_public_client()
    clients = []
    try:
        for _ in range(3):
            clients.append(TcpClient(namespace))
            clients[-1].hello()
        extra = TcpClient(namespace)
        clients.append(extra)

        extra.send(VERSION)
        assert extra.is_closed()
        with TcpClient(others) as welcome:
            welcome.hello()
    finally:
        for client in clients:
            client.socket.close()
