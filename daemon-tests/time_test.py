# SPDX-License-Identifier: Apache-2.0
"""What happens when time passes: sessions, tunnels, addresses and limits."""

import contextlib
import struct

from lib.packets import echo_request, is_echo_reply
from lib.tsp import SUCCESS, VERSION, authenticate, create, simple_request

IDLE_SECONDS = 120  # of a tunnel with a keepalive of 30 s


def test_a_late_retransmission_has_the_same_answer_until_the_session_is_forgotten(broker):
    with broker.udp() as client:
        client.hello()
        challenge = client.ask(authenticate("DIGEST-MD5"))
        broker.advance(66)
        assert client.repeat() == challenge
        broker.advance(71)
        assert broker.status()["counters"]["sessions_now"] == 0
        late = struct.pack("!II", client.next_sequence - 1, 900) + authenticate("DIGEST-MD5")
        assert client.is_ignored(late)


def test_a_silent_tunnel_ends_when_its_idle_time_is_over_and_not_before(broker):
    with broker.udp() as client:
        client.open_anonymous_tunnel(keepalive=30)
        broker.advance(IDLE_SECONDS - 1)
        assert len(broker.tunnels()) == len(broker.forwarded()) == 1
        broker.advance(2)
        assert broker.tunnels() == broker.forwarded() == []
    assert "event=tunnel_down" in broker.log()


def test_a_tunnel_that_falls_silent_ends_one_idle_time_after_its_last_packet(broker):
    with broker.udp() as client:
        offer = client.open_anonymous_tunnel(keepalive=30)
        broker.advance(30)
        client.send_packet(echo_request(offer.client, offer.server))
        assert client.receive_packet()
        # In the steps in which time passes, so that the tunnel is looked at when its time is over and no later.
        for _ in range(IDLE_SECONDS - 1):
            broker.advance(1)
        assert len(broker.tunnels()) == len(broker.forwarded()) == 1
        for _ in range(2):
            broker.advance(1)
        assert broker.tunnels() == broker.forwarded() == []


def test_a_tunnel_that_shows_life_goes_on(broker):
    with broker.udp() as client:
        offer = client.open_anonymous_tunnel(keepalive=30)
        for _ in range(10):
            client.send_packet(echo_request(offer.client, offer.server))
            assert client.receive_packet()
            broker.advance(IDLE_SECONDS - 1)
        assert len(broker.tunnels()) == 1


def test_an_anonymous_address_is_given_out_again_after_its_quarantine(start):
    broker = start({"pool": {"anonymous": "2001:db8:1:1::/127", "quarantine_anonymous_seconds": 600}})
    with broker.udp() as first:
        address = first.open_anonymous_tunnel().client
        first.ask(simple_request("delete"))
    broker.advance(590)
    with broker.udp() as second:
        second.log_in_anonymously()
        assert b"301" in second.ask(create())
    broker.advance(11)
    with broker.udp() as third:
        assert third.open_anonymous_tunnel().client == address


def test_of_too_many_half_open_sessions_the_oldest_goes_and_all_go_in_the_end(start):
    broker = start({"limits": {"sessions_half_open_per_source_max": 3}})
    clients = [broker.udp() for _ in range(4)]
    for client in clients:
        client.hello()
    assert broker.status()["counters"]["sessions_now"] == 3
    assert clients[0].is_ignored(struct.pack("!II", clients[0].next_sequence, 1) + authenticate("ANONYMOUS"))
    assert clients[3].ask(authenticate("ANONYMOUS")) == SUCCESS
    broker.advance(71)
    assert broker.status()["counters"]["sessions_now"] == 0
    for client in clients:
        client.socket.close()


def test_greetings_beyond_the_limit_are_not_answered_and_later_they_are(start):
    broker = start({"limits": {"hello_per_source_burst": 5, "hello_per_source_per_second": 1}})

    def greet():
        with broker.udp() as client:
            return not client.is_ignored(struct.pack("!II", client.next_sequence, 1) + VERSION)

    assert [greet() for _ in range(6)] == [True] * 5 + [False]
    broker.advance(1)
    assert [greet(), greet()] == [True, False]


def test_failed_logins_close_the_account_to_their_source_only_and_for_a_time(start):
    broker = start({"limits": {"auth_failures_per_account_burst": 3, "auth_failures_per_account_per_second": 1}})
    broker.add_account("alice", "wonderland")

    def log_in(password, source="127.0.0.1"):
        with broker.udp(source) as client:
            return client.log_in_by_digest("alice", password)

    for _ in range(4):
        assert log_in("wrong").startswith(b"300")
    assert log_in("wonderland").startswith(b"300")
    assert log_in("wonderland", source="127.0.0.9") == SUCCESS
    broker.advance(5)
    assert log_in("wonderland") == SUCCESS


def test_guesses_from_behind_a_carriers_nat_are_limited_and_touch_none_of_200_tunnels(start):
    broker = start(
        {
            "limits": {
                "auth_failures_per_source_burst": 3,
                "auth_failures_per_source_per_second": 1,
                "anonymous_tunnels_per_source_max": 250,
                "hello_per_source_burst": 500,
            }
        }
    )
    broker.add_account("alice", "wonderland")

    def log_in(password, source="127.0.0.1"):
        with broker.udp(source) as client:
            return client.log_in_by_digest("alice", password)

    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(broker.udp()) for _ in range(200)]
        tunnels = [(client, client.open_anonymous_tunnel()) for client in clients]
        for _ in range(50):
            assert log_in("wrong").startswith(b"300")
        assert log_in("wonderland").startswith(b"300")
        assert log_in("wonderland", source="127.0.0.9") == SUCCESS

        assert len(broker.forwarded()) == 200
        for client, offer in tunnels:
            client.send_packet(echo_request(offer.client, offer.server))
            assert is_echo_reply(client.receive_packet())
        with broker.udp() as newcomer:
            newcomer.open_anonymous_tunnel()
        broker.advance(1)
        assert log_in("wonderland") == SUCCESS


def test_a_step_of_the_wall_clock_ends_nothing(broker):
    with broker.udp() as client:
        client.open_anonymous_tunnel(keepalive=30)
        for seconds in (-86400, 10 * 86400):
            broker.step_wall_clock(seconds)
            broker.advance(10)
            assert len(broker.tunnels()) == len(broker.forwarded()) == 1


def test_a_silent_stream_is_closed(broker):
    with broker.tcp() as client:
        client.hello()
        broker.advance(59)
        assert client.is_silent(0.1)
        broker.advance(2)
        assert client.is_closed()


def test_time_does_not_go_back(broker):
    response, text = broker.exchange("POST", "/api/v1/test/clock", '{"advance_ms": -1}')
    assert (response.status, "advance_ms" in text) == (422, True)
    broker.advance(1)
