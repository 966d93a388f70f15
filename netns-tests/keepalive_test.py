# SPDX-License-Identifier: Apache-2.0
"""How long a tunnel lives without packets, and what keeps it alive."""

import ipaddress
import re

from lib.packets import echo_request, is_echo_reply
from lib.topology import HOST6_ADDRESS
from lib.tsp import UdpClient
from lib.wait import wait_for
from lib.world import PASSWORD

IDLE_SECONDS = 2
SHORT_IDLE = {"tunnel": {"keepalive_seconds_default": 0, "idle_seconds_without_keepalive": IDLE_SECONDS}}

CLOSED = """
table ip6 closed {
  chain input {
    type filter hook input priority filter; policy drop
  }
}
"""


def test_a_silent_tunnel_expires_and_its_address_is_unreachable(world):
    broker = world.start_broker(SHORT_IDLE)
    with UdpClient(world.topology.add_client()) as client:
        offer = client.open_anonymous_tunnel(keepalive=None)
        assert len(broker.tunnels()) == 1

        wait_for(lambda: broker.tunnels() == [], "the end of the tunnel", IDLE_SECONDS + 4)

    result = world.host6.run("ping", "-n", "-c", "1", "-W", "3", offer.client, check=False)
    assert "nreachable" in result.stdout, result.stdout
    assert broker.answers(world.topology.add_public_client())


def test_packets_keep_a_tunnel_alive(world):
    broker = world.start_broker(SHORT_IDLE)
    with UdpClient(world.topology.add_client()) as client, UdpClient(world.topology.add_client()) as silent:
        offer = client.open_anonymous_tunnel(keepalive=None)
        silent.open_anonymous_tunnel(keepalive=None)

        def only_one_is_left():
            client.send_packet(echo_request(offer.client, offer.server))
            return len(broker.tunnels()) == 1

        wait_for(only_one_is_left, "the end of the silent tunnel", IDLE_SECONDS + 4, interval_seconds=0.2)

        assert broker.tunnels()[0]["inner"] == str(ipaddress.ip_address(offer.client))


def test_an_account_whose_tunnel_expired_gets_the_same_address_and_prefix_again(world):
    broker = world.start_broker(SHORT_IDLE)
    namespace = world.topology.add_client()
    wanted = {"keepalive": None, "prefix_length": 56}
    with UdpClient(namespace) as client:
        first = client.open_account_tunnel("alice", PASSWORD, **wanted)
        wait_for(lambda: broker.tunnels() == [], "the end of the tunnel", IDLE_SECONDS + 4)

    with UdpClient(namespace) as client:
        second = client.open_account_tunnel("alice", PASSWORD, **wanted)

    assert (second.client, second.prefix) == (first.client, first.prefix)


def test_packets_that_are_dropped_keep_nothing_alive(world):
    broker = world.start_broker(SHORT_IDLE)
    with UdpClient(world.topology.add_client()) as client:
        client.open_anonymous_tunnel(keepalive=None)

        def it_has_expired():
            client.send_packet(echo_request("2001:db8:dead::1", HOST6_ADDRESS))
            return broker.tunnels() == []

        wait_for(it_has_expired, "the end of the tunnel", IDLE_SECONDS + 4, interval_seconds=0.2)


def test_the_keepalive_address_answers_although_the_firewall_drops_everything(world):
    broker = world.start_broker()
    broker.namespace.nft(CLOSED)
    with UdpClient(world.topology.add_client()) as client:
        offer = client.open_anonymous_tunnel()

        client.send_packet(echo_request(offer.client, offer.keepalive_address))

        assert is_echo_reply(client.receive_packet())


def test_keepalives_are_answered_while_a_download_fills_the_tunnel(world):
    broker = world.start_broker()
    client = world.connect_client()
    server = world.processes.start(world.host6, ["iperf3", "--server", "--forceflush"], "iperf3-server")
    server.wait_for_text("Server listening")
    download = ["iperf3", "--client", HOST6_ADDRESS, "--time", "8", "--reverse", "--forceflush"]
    load = world.processes.start(client.namespace, download, "iperf3")
    load.wait_for_text("bits/sec")

    words = ["ping", "-n", "-q", "-c", "20", "-i", "0.2", "-W", "5", broker.tunnels()[0]["server_address"]]
    result = client.namespace.run(*words, check=False)

    assert load.is_running(), load.text()
    received = int(re.search(r"(\d+) received", result.stdout)[1])
    assert received >= 18, result.stdout


def test_icmp_errors_about_a_client_do_not_end_its_tunnel(world):
    broker = world.start_broker()
    namespace = world.topology.add_public_client()
    with UdpClient(namespace) as client:
        offer = client.open_account_tunnel("alice", PASSWORD)
        port = client.port
    for _ in range(3):
        assert not world.host6.pings(offer.client, timeout_seconds=1)  # the client's host answers: port unreachable

    assert len(broker.tunnels()) == 1
    with UdpClient(namespace, source=("0.0.0.0", port)) as client:
        client.send_packet(echo_request(offer.client, offer.server))
        assert is_echo_reply(client.receive_packet())


def test_the_log_tells_where_a_tunnel_was_and_why_it_ended(world):
    broker = world.start_broker(SHORT_IDLE)
    namespace = world.topology.add_public_client()
    with UdpClient(namespace) as silent:
        silent.open_anonymous_tunnel(keepalive=None)
        remote = f"{namespace.public_address}:{silent.port}"
        broker.process.wait_for_text("event=tunnel_down", IDLE_SECONDS + 4)

    [line] = [line for line in broker.process.text().splitlines() if "event=tunnel_down" in line]
    assert remote in line and "idle" in line, line


def test_tsp_connect_keeps_its_tunnel_alive_by_itself(world):
    # With an interval of 1 s a tunnel ends after 18 s of silence.
    broker = world.start_broker(
        {"tunnel": {"keepalive_seconds_min": 1, "keepalive_seconds_max": 1, "idle_seconds_min": 1}}
    )
    client = world.connect_client()
    with UdpClient(world.topology.add_client()) as silent:
        silent.open_anonymous_tunnel()

        wait_for(lambda: len(broker.tunnels()) == 1, "the end of the silent tunnel", 25)

    assert client.namespace.pings(HOST6_ADDRESS)
    assert client.process.is_running()
