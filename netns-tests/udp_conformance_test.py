# SPDX-License-Identifier: Apache-2.0
"""Signalling over UDP: the header, repetitions, and what is never answered."""

import struct

import pytest
from lib.digest import Digest, parse_challenge
from lib.packets import echo_request
from lib.topology import HOST6_ADDRESS
from lib.tsp import (
    ECHO_REQUEST,
    SUCCESS,
    VERSION,
    UdpClient,
    authenticate,
    create,
    plain_credentials,
    simple_request,
)
from lib.world import PASSWORD


@pytest.mark.parametrize("first", [0xF0000000, 0xF0000001, 0xF00000F0, 0xFFFFFFFD, 0xFFFFFFFF])
def test_any_first_sequence_works_across_the_wrap_around(questions, first):
    with questions.udp(first_sequence=first) as client:
        client.open_anonymous_tunnel()


@pytest.mark.parametrize("timestamp", [0, 1, 0x01A7, 0xFFFFFFFF, 0xF0000060])
def test_the_timestamp_comes_back_as_it_was(questions, timestamp):
    with questions.udp() as client:
        assert client.exchange(VERSION, 0xF00000F0, timestamp).startswith(b"CAPABILITY ")


def test_a_repeated_version_gets_the_same_reply_and_starts_one_session(questions):
    before = questions.counters()["sessions_started"]
    with questions.udp() as client:
        first = client.hello()

        assert client.repeat() == first
        assert client.repeat() == first

    assert questions.counters()["sessions_started"] == before + 1


def test_each_step_of_digest_md5_can_be_repeated(questions):
    with questions.udp() as client:
        client.hello()
        challenge = client.ask(authenticate("DIGEST-MD5"))
        assert client.repeat() == challenge
        digest = Digest(parse_challenge(challenge), "alice", PASSWORD)

        proof = client.ask(digest.response_line())
        assert proof == digest.expected_rspauth_line()
        assert client.repeat() == proof

        assert client.ask(b"") == SUCCESS
        assert client.repeat() == SUCCESS


def test_each_step_of_plain_can_be_repeated(questions):
    with questions.udp() as client:
        client.hello()
        assert client.ask(authenticate("PLAIN")) == b""
        assert client.repeat() == b""
        assert client.ask(plain_credentials("alice", PASSWORD)) == SUCCESS
        assert client.repeat() == SUCCESS


def test_a_refusal_can_be_repeated_and_is_counted_once(questions):
    before = questions.counters()["auth_failed"]
    with questions.udp() as client:
        client.hello()
        client.ask(authenticate("PLAIN"))
        refusal = client.ask(plain_credentials("alice", "wrong"))

        assert refusal.startswith(b"300 ")
        assert client.repeat() == refusal

    assert questions.counters()["auth_failed"] == before + 1


def test_a_repeated_create_gets_the_same_offer_and_one_address(questions):
    with questions.udp() as client:
        client.log_in_anonymously()
        before = questions.broker.status()["claims"]
        offer = client.ask(create())

        assert client.repeat() == offer
        assert client.repeat() == offer

    assert questions.broker.status()["claims"] == before + 1


def test_a_second_create_in_a_session_gets_the_same_offer(questions):
    with questions.udp() as client:
        client.log_in_anonymously()

        assert client.request_tunnel().client == client.request_tunnel().client


def test_a_repeated_accept_is_acknowledged_again_and_makes_one_tunnel(questions):
    before = questions.counters()["tunnels_accepted"]
    with questions.udp() as client:
        client.log_in_anonymously()
        client.request_tunnel()
        client.accept()

        assert client.repeat() == b""

    assert questions.counters()["tunnels_accepted"] == before + 1


def test_accept_and_reject_are_acknowledged_with_the_header_alone(questions):
    for action in ("accept", "reject"):
        with questions.udp() as client:
            client.log_in_anonymously()
            client.request_tunnel()

            assert client.ask(simple_request(action)) == b""


def test_a_poll_with_nothing_pending_is_answered_with_the_header_alone(questions):
    with questions.udp() as client:
        client.hello()

        assert client.ask(b"") == b""
        assert client.ask(authenticate("ANONYMOUS")) == SUCCESS


def test_an_older_sequence_changes_nothing(questions):
    with questions.udp() as client:
        client.hello()
        client.ask(authenticate("ANONYMOUS"))
        offer = client.request_tunnel()

        client.send_raw(struct.pack("!II", 0xF00000F1, 1) + authenticate("PLAIN"))
        client.receive_raw(0.2)

        assert client.request_tunnel().client == offer.client


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        authenticate("ANONYMOUS"),
        create(),
        simple_request("accept"),
        b"\0alice\0wonderland\r\n",
        b"CAPABILITY TUNNEL=V6UDPV4 AUTH=ANONYMOUS\r\n",
        SUCCESS,
        b"300 Authentication failed\r\n",
        b"VERSIO",
        b"ECHO REQUEST\r\n",
        b"x" * 1400,
    ],
    ids=["poll", "authenticate", "create", "accept", "credentials", "capability", "success", "failure", "part of version",
         "echo with a line end", "garbage"],
)  # fmt: skip
def test_without_a_session_only_version_and_echo_request_are_answered(questions, payload):
    with questions.udp() as client:
        answered = not client.is_ignored(struct.pack("!II", 0xF00000F0, 1) + payload, 0.2)

    # A line end after the probe is what a careful server may accept.
    assert not answered or payload == b"ECHO REQUEST\r\n"


@pytest.mark.parametrize("length", [0, 1, 4, 7])
def test_a_datagram_shorter_than_the_header_is_not_answered(questions, length):
    with questions.udp() as client:
        assert client.is_ignored(b"\xf0\0\0\xf0\0\0\0\1"[:length], 0.2)


@pytest.mark.parametrize("nibble", [0, 1, 4, 5, 7, 8, 0xE])
def test_other_first_nibbles_are_not_answered(questions, nibble):
    with questions.udp() as client:
        assert client.is_ignored(struct.pack("!II", nibble << 28, 1) + VERSION, 0.2)


def test_ipv6_from_an_unknown_endpoint_is_not_answered(questions):
    with questions.udp() as client:
        assert client.is_ignored(echo_request("2001:db8:1::5", HOST6_ADDRESS))


def test_ipv6_whose_fourth_byte_looks_like_a_marker_is_data(questions):
    with questions.udp() as client:
        client.open_anonymous_tunnel()
        packet = bytearray(echo_request("2001:db8:dead::1", HOST6_ADDRESS))
        packet[3] = 0xF0
        before = questions.broker.status()["datapath"]["drops"]["foreign_source"]

        assert client.is_ignored(bytes(packet))

    assert questions.broker.status()["datapath"]["drops"]["foreign_source"] == before + 1


def test_the_little_endian_header_of_very_old_clients_is_answered_as_it_came(questions):
    with questions.udp() as client:
        words = bytes([0x01, 0, 0, 0xF0]) + bytes([9, 8, 7, 6])
        client.send_raw(words + VERSION)

        reply = client.receive_raw()

    assert reply is not None and reply[:8] == words and reply[8:].startswith(b"CAPABILITY ")


def test_an_echo_request_is_answered_without_a_session(questions):
    before = questions.counters()["sessions_started"]
    with questions.udp() as client:
        assert client.ask(ECHO_REQUEST) == SUCCESS

    assert questions.counters()["sessions_started"] == before


def test_replies_fit_where_clients_put_them(questions):
    with questions.udp() as client:
        assert len(client.hello()) <= 1200
        client.ask(authenticate("ANONYMOUS"))
        assert len(client.ask(create())) <= 1200


def test_before_authentication_no_reply_is_five_times_as_large_as_its_request(questions):
    with questions.udp() as client:
        for request in (VERSION, authenticate("DIGEST-MD5")):
            assert 8 + len(client.ask(request)) < 5 * (8 + len(request))


@pytest.mark.parametrize("port", [3653, 1023, 53])
def test_signalling_from_ports_of_servers_is_not_answered(questions, port):
    with UdpClient(questions.namespace, source=("0.0.0.0", port)) as client:
        assert client.is_ignored(struct.pack("!II", 0xF00000F0, 1) + VERSION)


def test_version_on_a_live_tunnel_is_answered_and_the_tunnel_stays(questions):
    with questions.udp() as client:
        offer = client.open_anonymous_tunnel()

        restarted = client.exchange(VERSION, 0xF0000001)

        assert restarted.startswith(b"CAPABILITY ")
        client.send_packet(echo_request(offer.client, offer.server))
        assert client.receive_packet() is not None


def test_a_restarted_client_on_the_same_port_replaces_its_session(questions):
    with questions.udp() as client:
        first = client.open_account_tunnel("alice", PASSWORD)
        port = client.port
    with questions.udp(source=("0.0.0.0", port)) as client:
        second = client.open_account_tunnel("alice", PASSWORD)

    assert second.client == first.client
    assert [t["login"] for t in questions.broker.tunnels()].count("alice") == 1
