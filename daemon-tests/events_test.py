# SPDX-License-Identifier: Apache-2.0
"""The stream of events."""

import contextlib
import http.client
import json

import pytest
from api_document import document
from lib.wait import wait_for
from simulated import API_PORT

TARGET = "/api/v1/events"


class Ended(Exception):
    pass


class Stream:
    """Messages of text/event-stream, each held to the document."""

    def __init__(self, response):
        self._response = response
        self.last_id = None

    def _message(self):
        """Fields of the next message; without data: a comment, or nothing to be told of."""
        fields = {}
        while line := self._response.readline():
            if line == b"\n":
                return fields
            name, _, value = line.decode().rstrip("\n").partition(":")
            fields[name] = value.removeprefix(" ")
        raise Ended

    def next(self, event=None):
        """The next message, or the next one of this kind of event."""
        while True:
            fields = self._message()
            if "data" not in fields:
                continue
            self.last_id = fields.get("id", self.last_id)
            data = json.loads(fields["data"])
            kind = "Missed" if fields.get("event") == "missed" else "Event"
            assert not document().faults({"$ref": f"#/components/schemas/{kind}"}, data), data
            if event is None or data.get("event") == event:
                return data

    def skip_to_comment(self):
        while "" not in self._message():
            pass

    def wait_for_end(self):
        with contextlib.suppress(Ended):
            while True:
                self._message()


@contextlib.contextmanager
def ask(broker, headers=None, over_tcp=False):
    """On the control socket, or over TCP with such headers."""
    if over_tcp:
        connection = http.client.HTTPConnection(broker.address, API_PORT, timeout=30)
    else:
        connection = broker.control_connection()
    with contextlib.closing(connection):
        connection.request("GET", TARGET, headers=headers or {})
        with connection.getresponse() as response:
            yield response


@contextlib.contextmanager
def follow(broker, headers=None, over_tcp=False):
    with ask(broker, headers, over_tcp) as response:
        assert response.status == 200, response.read()
        assert response.headers["Content-Type"] == "text/event-stream"
        yield Stream(response)


def bearer(broker, **fields):
    made = broker.request("POST", "tokens", {"name": "watch", "role": "operator"} | fields)
    return made["id"], {"Authorization": "Bearer " + made["token"]}


def test_what_happens_is_told_as_it_happens(broker):
    broker.add_account("alice", "wonderland")
    with follow(broker) as stream:
        with broker.udp() as client:
            client.open_account_tunnel("alice", "wonderland")
            up = stream.next("tunnel_up")
            assert [up["login"], up["level"], up["remote"].split(":")[0]] == ["alice", "info", "127.0.0.1"]
            [tunnel] = broker.tunnels()
            assert up["tunnel"] == tunnel["id"]
            broker.request("DELETE", f"tunnels/{tunnel['id']}")
            assert stream.next("tunnel_down")["detail"] == "kicked"


def test_client_addresses_are_hidden_where_the_log_hides_them(start):
    broker = start({"log": {"client_addresses": "hidden", "level": "error"}})
    with follow(broker) as stream, broker.udp() as client:
        client.open_anonymous_tunnel()
        assert stream.next("tunnel_up")["remote"] == "hidden"
    assert "tunnel_up" not in broker.log()


def test_who_comes_back_gets_what_it_missed(broker):
    with follow(broker) as stream:
        broker.add_account("alice", "wonderland")
        stream.next("account_changed")
    for login in ("bob", "carol"):
        broker.add_account(login, "x")
    with follow(broker, {"Last-Event-ID": stream.last_id}) as again:
        assert [again.next()["login"] for _ in range(2)] == ["bob", "carol"]
    with follow(broker, {"Last-Event-ID": "1-1"}) as of_another_run:
        assert of_another_run.next() == {"missed": None}
        assert of_another_run.next("started")


def test_who_reads_too_slowly_is_told_how_many_were_missed(start):
    broker = start({"log": {"events_per_minute_max": 100000}})
    with follow(broker) as stream:
        broker.add_account("alice", "wonderland")
        stream.next("account_changed")
    for _ in range(2048 + 5):
        broker.request("PATCH", "accounts/alice", {"mtu": 1400})
    with follow(broker, {"Last-Event-ID": stream.last_id}) as late:
        assert late.next() == {"missed": 5}
        assert late.next()["login"] == "alice"


def test_a_silent_stream_shows_that_it_is_alive(broker):
    with follow(broker) as stream:
        stream.skip_to_comment()


def test_a_stream_ends_with_its_token(broker):
    for end in ("revoked", "expired"):
        token, headers = bearer(broker, lifetime_seconds=3600, scopes=["events:read"])
        with follow(broker, headers, over_tcp=True) as stream:
            if end == "revoked":
                broker.request("DELETE", f"tokens/{token}")
                broker.advance(10)
            else:
                broker.advance(3600)
            broker.add_account(end, "x")
            with pytest.raises(Ended):
                stream.next()
        if end == "expired":
            broker.request("DELETE", f"tokens/{token}")


def test_a_stream_ends_with_its_session_which_it_does_not_keep_alive(broker):
    broker.request("PUT", "console-logins/noc", {"password": "correct horse", "role": "operator"})
    body = json.dumps({"login": "noc", "password": "correct horse"})
    response, _ = broker.exchange_over_tcp("POST", "/api/v1/session", body)
    headers = {"Cookie": response.headers["Set-Cookie"].split(";")[0]}
    with follow(broker, headers, over_tcp=True) as stream:
        for minute in range(29):
            broker.advance(60)
            broker.add_account(f"user{minute}", "x")
            stream.next("account_changed")
        broker.advance(60)
        broker.add_account("alice", "x")
        stream.wait_for_end()


def test_there_is_a_limit_for_each_source(start):
    broker = start({"api": {"event_streams_per_source_max": 2}})
    _, headers = bearer(broker)
    with follow(broker, headers, over_tcp=True), follow(broker, headers, over_tcp=True):
        response, _ = broker.exchange_over_tcp("GET", TARGET, None, headers)
        assert [response.status, response.headers["Retry-After"]] == [429, "10"]
        with follow(broker):
            pass

    def has_room():
        with ask(broker, headers, over_tcp=True) as response:
            return response.status == 200

    wait_for(has_room, "the closed streams to be noticed")


def test_a_stop_waits_for_no_stream(broker):
    with follow(broker) as stream:
        assert broker.stop() == 0
        with contextlib.suppress(ConnectionResetError):
            stream.wait_for_end()
