# SPDX-License-Identifier: Apache-2.0
"""A store and a datapath that fail, and a daemon that is told to change or to stop meanwhile."""

from lib.tsp import SUCCESS, create, simple_request


def test_without_its_store_it_says_busy_at_once_and_goes_on_by_itself(broker):
    with broker.udp() as established:
        established.open_anonymous_tunnel()
        broker.break_store("unavailable")
        with broker.udp() as client:
            client.log_in_anonymously()
            client.send_raw(b"\xf0\0\0\xf2\0\0\0\x09" + create())  # finds out that the store is away
            broker.advance(2)
        with broker.udp() as client:
            assert client.ask(b"VERSION=2.0.2\r\n").startswith(b"530")
        assert len(broker.forwarded()) == 1
        assert not broker.status()["store"]["available"]
        broker.break_store("none")
        broker.advance(2)
        assert broker.status()["store"]["available"]
        with broker.udp() as client:
            client.open_anonymous_tunnel()
    assert "event=store_lost" in broker.log() and "event=store_back" in broker.log()


def test_a_commit_whose_outcome_is_unknown_is_made_again_and_counts_once(broker):
    broker.add_account("alice", "wonderland")
    with broker.udp() as client:
        assert client.log_in_by_digest("alice", "wonderland") == SUCCESS
        broker.break_store("lost-after-done", orders=1)
        sequence = client.next_sequence
        client.send_raw(sequence.to_bytes(4, "big") + b"\0\0\0\x09" + create(prefix_length=56))
        broker.advance(5)
        (word, _), reply = client.receive_reply()
        assert word == sequence and b"200 Success" in reply
        assert broker.status()["claims"] == 2  # an address and a prefix


def test_what_the_datapath_refuses_is_not_accepted_and_can_be_tried_again(broker):
    with broker.udp() as client:
        client.log_in_anonymously()
        client.request_tunnel()
        broker.break_datapath("failed", orders=1)
        assert client.ask(simple_request("accept")) != b""
        assert broker.tunnels() == broker.forwarded() == []
        client.request_tunnel()
        client.accept()
        assert len(broker.tunnels()) == len(broker.forwarded()) == 1


def test_tunnels_that_the_datapath_lost_are_put_back(broker):
    clients = [broker.udp(), broker.udp()]
    for client in clients:
        client.open_anonymous_tunnel()
    before = broker.forwarded()
    broker.reset_datapath()
    assert [tunnel["id"] for tunnel in broker.forwarded()] == [tunnel["id"] for tunnel in before]
    broker.lose_tunnel(before[0]["id"])
    broker.reset_datapath()
    assert len(broker.forwarded()) == 2
    for client in clients:
        client.socket.close()


def test_new_limits_hold_after_a_reload_and_tunnels_stay(start):
    broker = start({"limits": {"anonymous_tunnels_per_source_max": 5}})
    with broker.udp() as first, broker.udp() as second:
        first.open_anonymous_tunnel()
        broker.reload({"limits": {"anonymous_tunnels_per_source_max": 1}})
        assert len(broker.forwarded()) == 1
        second.log_in_anonymously()
        assert b"301" in second.ask(create())


def test_it_stops_in_good_order_with_sessions_and_tunnels_open(broker):
    with broker.udp() as tunnel, broker.udp() as halfway, broker.tcp() as stream:
        tunnel.open_anonymous_tunnel()
        halfway.hello()
        stream.hello()
        assert broker.stop() == 0
        assert stream.is_closed()
    assert "event=stopped" in broker.log() and "event=stop_incomplete" not in broker.log()


def test_a_stop_does_not_wait_for_a_store_that_does_not_answer(broker):
    with broker.udp() as client:
        client.log_in_anonymously()
        broker.break_store("stalled")
        client.send_raw(client.next_sequence.to_bytes(4, "big") + b"\0\0\0\x09" + create())
        assert client.receive_raw(0.2) is None
    assert broker.stop() == 0
    assert "event=stop_incomplete" in broker.log()
