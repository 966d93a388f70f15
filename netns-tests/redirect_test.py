# SPDX-License-Identifier: Apache-2.0
"""Several brokers: redirects from one to another, and draining."""

import ipaddress
import json

from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.tsp import ECHO_REQUEST, SUCCESS, VERSION, TcpClient, UdpClient, authenticate, create
from lib.wait import wait_for
from lib.world import PASSWORD, SECOND_PREFIX

OTHERS = ["198.51.100.33", "ts1.example.net"]
# The second is named after the first whoever asks.
REDIRECT = {"redirect": {"brokers": OTHERS, "weights": [1, 0]}}
LIST = (
    b'<tunnel action="list" type="broker">\r\n'
    b"  <broker>\r\n"
    b'    <address type="ipv4">198.51.100.33</address>\r\n'
    b"  </broker>\r\n"
    b"  <broker>\r\n"
    b'    <address type="dn">ts1.example.net</address>\r\n'
    b"  </broker>\r\n"
    b"</tunnel>\r\n"
)
AT_VERSION = b"1530 Server too busy\r\n" + LIST
AT_CREATE = b"Content-length: %d\r\n1301 No more tunnels available\r\n" % (32 + len(LIST)) + LIST


def _two_brokers(world, accounts=("alice",)):
    """The first sends clients to the second."""
    second = world.add_broker(accounts=accounts)
    world.make_broker({"redirect": {"brokers": [second.address]}}).start()
    for login in accounts:
        world.broker.add_account(login, PASSWORD)
    return world.broker, second


def _hold_tunnel(world):
    """A tunnel that keeps the broker from being empty."""
    client = UdpClient(world.topology.add_public_client())
    client.open_anonymous_tunnel()
    return client


def test_a_draining_broker_answers_version_with_the_list_byte_for_byte(world):
    broker = world.start_broker(REDIRECT)
    _hold_tunnel(world)
    broker.ctl("drain")
    namespace = world.topology.add_public_client()

    with UdpClient(namespace) as client:
        assert client.ask(VERSION) == AT_VERSION
    with TcpClient(namespace) as client:
        assert client.ask(VERSION) == AT_VERSION
        assert client.is_closed()
    assert broker.status()["counters"]["redirects_sent"] == 2


def test_a_client_that_follows_no_redirects_says_why(world):
    broker = world.start_broker(REDIRECT)
    _hold_tunnel(world)
    broker.ctl("drain")

    client = world.run_client(options=["--no-redirects", "--once"])

    assert client.process.wait() == 5
    assert "none is to be followed: to 198.51.100.33 ts1.example.net: because of --no-redirects" in client.process.text()
    assert "private" not in client.process.text()


def test_who_has_greeted_before_the_drain_gets_the_list_in_a_frame_at_create(world):
    broker = world.start_broker(REDIRECT)
    _hold_tunnel(world)

    with UdpClient(world.topology.add_public_client()) as client:
        client.hello()
        broker.ctl("drain")
        assert client.ask(authenticate("ANONYMOUS")) == SUCCESS
        assert client.ask(create()) == AT_CREATE


def test_a_full_broker_sends_newcomers_on_and_takes_back_its_own(world):
    world.start_broker({**REDIRECT, "limits": {"tunnels_max": 1}})
    namespace = world.topology.add_public_client()
    with UdpClient(namespace) as client:
        client.open_account_tunnel("alice", PASSWORD)

        with UdpClient(world.topology.add_public_client()) as newcomer:
            assert newcomer.ask(VERSION) == AT_VERSION
        with UdpClient(namespace) as restarted:
            restarted.open_account_tunnel("alice", PASSWORD)
    assert len(world.broker.tunnels()) == 1


def test_a_source_that_is_redirected_again_and_again_is_told_to_wait(world):
    broker = world.start_broker(REDIRECT)
    _hold_tunnel(world)
    broker.ctl("drain")
    namespace = world.topology.add_public_client()

    replies = []
    for _ in range(4):
        with UdpClient(namespace) as client:
            replies.append(client.ask(VERSION))

    assert replies == [AT_VERSION] * 3 + [b"530 Server too busy\r\n"]


def test_echo_requests_leave_no_session_and_are_limited_for_each_source(world):
    broker = world.start_broker({"limits": {"hello_per_source_per_second": 1, "hello_per_source_burst": 5}})
    namespace = world.topology.add_public_client()
    clients = [UdpClient(namespace) for _ in range(20)]
    for client in clients:
        client.send_raw(b"\xf0\0\0\xf0\0\0\0\1" + ECHO_REQUEST)

    replies = [client.receive_raw(0.5 if client is clients[0] else 0.05) for client in clients]

    for client in clients:
        client.socket.close()
    answered = [reply for reply in replies if reply is not None]
    assert 5 <= len(answered) <= 8
    assert set(answered) == {b"\xf0\0\0\xf0\0\0\0\1" + SUCCESS}
    counters = broker.status()["counters"]
    assert counters["sessions_started"] == 0 and counters["hellos_limited"] >= 12


def test_a_client_follows_from_a_draining_broker_to_the_other(world):
    first, second = _two_brokers(world)
    _hold_tunnel(world)
    first.ctl("drain")

    client = world.connect_client(options=["--json", "--private-redirects"])

    assert ipaddress.ip_address(client.address()) in ipaddress.ip_network(SECOND_PREFIX)
    assert [tunnel["login"] for tunnel in second.tunnels()] == ["alice"]
    assert client.servers_asked() == [BROKER_ADDRESS, second.address]
    server = second.tunnels()[0]["server_address"]
    assert client.namespace.pings(server, count=2)


def test_a_circle_of_two_draining_brokers_ends_with_a_wait(world):
    first, second = _two_brokers(world)
    second.configure({"redirect": {"brokers": [BROKER_ADDRESS]}})
    second.process.send(1)  # SIGHUP
    second.process.wait_for_text("redirect.brokers")
    _hold_tunnel(world)
    with UdpClient(world.topology.add_public_client(), server=second.address) as holder:
        holder.open_anonymous_tunnel()
        first.ctl("drain")
        second.ctl("drain")

        client = world.run_client(options=["--json", "--private-redirects"])
        wait_for(lambda: client.events("waiting"), "the end of the circle")

    assert len(client.events("connecting")) == 2
    assert client.events("waiting")[0]["delay_seconds"] >= 2.5
    assert first.status()["counters"]["redirects_sent"] == 1
    assert second.status()["counters"]["redirects_sent"] == 1


def test_a_drain_keeps_live_tunnels_forwarding_until_its_deadline(world):
    broker = world.start_broker(REDIRECT)
    client = world.connect_client()

    drained = json.loads(broker.ctl("--json", "drain", "--deadline", "4s").stdout)

    assert drained["drain"]["tunnels_left"] == 1 and 3 <= drained["drain"]["seconds_left"] <= 4
    assert "draining" in broker.ctl("status").stdout
    assert client.namespace.pings(HOST6_ADDRESS, count=3)
    assert broker.process.is_running()
    assert broker.process.wait(10) == 0
    log = broker.process.text()
    assert "event=drained" in log and "1 tunnel left" in log and "event=stopped" in log
    # It is served again after the maintenance, undrained.
    broker.start()
    assert broker.status()["drain"] is None
    assert len(broker.tunnels()) == 1
    assert client.namespace.pings(HOST6_ADDRESS, count=2)


def test_a_drain_ends_when_the_last_client_has_left(world):
    broker = world.start_broker()
    client = world.connect_client()
    broker.ctl("drain")
    assert client.namespace.pings(HOST6_ADDRESS)
    assert broker.process.is_running()

    client.stop()

    assert broker.process.wait(10) == 0
    assert "no tunnel is left" in broker.process.text()


def test_an_empty_broker_says_that_it_drains_and_stops(world):
    broker = world.start_broker()

    assert broker.ctl("drain").stdout == "draining: 0 tunnels left, no deadline\n"

    assert broker.process.wait(10) == 0


def test_an_undrained_broker_serves_again(world):
    broker = world.start_broker(REDIRECT)
    _hold_tunnel(world)
    broker.ctl("drain", "--deadline", "1h")
    assert broker.status()["drain"]["seconds_left"] > 3590

    assert broker.ctl("undrain").stdout == "not draining: clients are served\n"

    assert world.connect_client().namespace.pings(HOST6_ADDRESS)


def test_a_deadline_that_is_none_is_refused(world):
    broker = world.start_broker()

    for deadline in ("0", "soon", "400d"):
        result = broker.ctl("drain", "--deadline", deadline, check=False)
        assert result.returncode == 1 and "--deadline" in result.stderr, result
    assert broker.status()["drain"] is None
