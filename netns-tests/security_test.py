# SPDX-License-Identifier: Apache-2.0
"""What strangers and dishonest clients send changes nothing for anybody else."""

import struct

from lib.packets import echo_request, is_echo_reply, router_solicitation, send_spoofed, send_spoofed_hello
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.tsp import PORT, UdpClient
from lib.wait import wait_for
from lib.world import PASSWORD


def _drops(broker, reason):
    return broker.status()["datapath"]["drops"][reason]


def _echo_works(client, offer, destination=HOST6_ADDRESS):
    client.send_packet(echo_request(offer.client, destination))
    return is_echo_reply(client.receive_packet())


def test_a_foreign_inner_source_is_dropped_and_counted(world):
    broker = world.start_broker()
    capture = world.processes.start(world.host6, ["tcpdump", "-n", "-l", "-i", "eth0", "icmp6"], "tcpdump")
    capture.wait_for_text("listening on")
    with UdpClient(world.topology.add_client()) as client:
        offer = client.open_anonymous_tunnel()
        before = _drops(broker, "foreign_source")

        for _ in range(3):
            client.send_packet(echo_request("2001:db8:dead::1", HOST6_ADDRESS))
        assert _echo_works(client, offer)

    wait_for(lambda: _drops(broker, "foreign_source") == before + 3, "three counted drops")
    assert "2001:db8:dead::1" not in capture.output()


def test_a_client_cannot_send_with_the_address_of_another_one(world):
    broker = world.start_broker()
    with UdpClient(world.topology.add_client()) as one, UdpClient(world.topology.add_client()) as other:
        offer = one.open_anonymous_tunnel()
        victim = other.open_anonymous_tunnel()
        assert _echo_works(one, offer) and _echo_works(other, victim)
        before = _drops(broker, "foreign_source")

        one.send_packet(echo_request(victim.client, HOST6_ADDRESS))

        wait_for(lambda: _drops(broker, "foreign_source") == before + 1, "the counted drop")
        assert other.receive_packet(0.3) is None


def test_router_solicitations_are_no_violation(world):
    broker = world.start_broker()
    with UdpClient(world.topology.add_client()) as client:
        offer = client.open_anonymous_tunnel()
        before = _drops(broker, "foreign_source")

        client.send_packet(router_solicitation())
        assert _echo_works(client, offer)

    assert _drops(broker, "foreign_source") == before


def test_a_packet_from_another_port_of_the_same_client_is_not_accepted(world):
    broker = world.start_broker()
    namespace = world.topology.add_public_client()
    with UdpClient(namespace) as client, UdpClient(namespace) as other:
        offer = client.open_anonymous_tunnel(address=namespace.public_address)
        before = _drops(broker, "unknown_endpoint")

        other.send_packet(echo_request(offer.client, HOST6_ADDRESS))

        wait_for(lambda: _drops(broker, "unknown_endpoint") == before + 1, "the counted drop")
        assert _echo_works(client, offer)
        assert other.receive_packet(0.3) is None


def test_a_spoofed_version_does_not_disturb_a_tunnel(world):
    broker = world.start_broker()
    client = world.connect_client()
    attacker = world.topology.add_public_client()
    remote = broker.tunnels()[0]["remote"].rpartition(":")

    for number in range(20):
        send_spoofed_hello(attacker, (remote[0], int(remote[2])), BROKER_ADDRESS, sequence=0xF0000000 + 37 * number)

    wait_for(lambda: broker.status()["counters"]["sessions_started"] > 1, "the spoofed sessions")
    assert client.namespace.pings(HOST6_ADDRESS, count=3)
    assert world.host6.pings(client.address(), count=3)
    assert [tunnel["remote"] for tunnel in broker.tunnels()] == ["".join(remote)]
    assert client.process.is_running()


def test_a_spoofed_anonymous_session_does_not_take_an_account_s_tunnel_that_is_in_use(world):
    broker = world.start_broker()
    client = world.connect_client()
    attacker = world.topology.add_public_client()
    address, _, port = broker.tunnels()[0]["remote"].rpartition(":")
    traffic = world.processes.start(client.namespace, ["ping", "-n", "-i", "0.2", HOST6_ADDRESS], "ping")
    traffic.wait_for_text("bytes from")

    messages = [
        b"VERSION=2.0.2\r\n",
        b"AUTHENTICATE ANONYMOUS\r\n",
        b'Content-length: 108\r\n<tunnel action="create" type="v6udpv4"><client><address type="ipv4">198.51.100.7'
        b"</address></client></tunnel>\r\n",
        b'Content-length: 35\r\n<tunnel action="accept"></tunnel>\r\n',
    ]
    for number, message in enumerate(messages):
        payload = struct.pack("!II", 0xF0000100 + number, 1) + message
        send_spoofed(attacker, (address, int(port)), (BROKER_ADDRESS, PORT), payload)

    answered = traffic.output().count("bytes from")
    wait_for(lambda: traffic.output().count("bytes from") > answered + 5, "answers after the attack")
    assert [tunnel["login"] for tunnel in broker.tunnels()] == ["alice"]


def test_nothing_is_sent_to_an_endpoint_that_has_not_confirmed_itself(world):
    broker = world.start_broker()
    with UdpClient(world.topology.add_client()) as client:
        offer = client.open_anonymous_tunnel()

        world.host6.pings(offer.client, count=2)

        assert client.receive_packet(0.3) is None
        assert _drops(broker, "unconfirmed") >= 2
        assert _echo_works(client, offer)
        world.host6.pings(offer.client, timeout_seconds=1)
        assert client.receive_packet() is not None


def test_plain_confirms_nothing_either(world):
    world.start_broker()
    with UdpClient(world.topology.add_client()) as client:
        client.log_in_plainly("alice", PASSWORD)
        offer = client.request_tunnel()
        client.accept()

        world.host6.pings(offer.client, count=2)

        assert client.receive_packet(0.3) is None


def test_digest_md5_confirms_the_endpoint_at_once(world):
    world.start_broker()
    with UdpClient(world.topology.add_client()) as client:
        offer = client.open_account_tunnel("alice", PASSWORD)

        world.host6.pings(offer.client, timeout_seconds=1)

        assert client.receive_packet() is not None


def test_garbage_is_never_answered_and_the_daemon_goes_on(world):
    broker = world.start_broker()
    namespace = world.topology.add_public_client()
    with UdpClient(namespace) as client:
        for datagram in (b"", b"\0", b"hello", b"\xf0\0\0", b"\x60" + bytes(10), b"\x60" + bytes(60), b"\xf0" * 2000):
            client.send_raw(datagram)
        for first in range(256):
            client.send_raw(bytes([first]) + bytes(range(64)))

        assert client.receive_raw(0.5) is None
    assert broker.answers(namespace)
    assert _drops(broker, "garbage") > 0
