# SPDX-License-Identifier: Apache-2.0
"""IPv4 in IPv6 (v4v6), for clients that have IPv6 only: the broker's side, asked by a client of bytes and sockets."""

import re

import pytest
from lib.topology import BROKER_IPV6_ADDRESS, HOST4_ADDRESS
from lib.tsp import SUCCESS, BareTunnel, TcpClient, UdpClient, create, framed, simple_request
from lib.wait import wait_for
from lib.world import PASSWORD
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.packet import Raw

SETTINGS = {
    "server": {"listen": ["0.0.0.0:3653", "[::]:3653"]},
    "tunnel": {"types": ["v6v4", "v6udpv4", "v4v6"]},
    "pool": {"ipv4_prefix": "100.64.0.0/16"},
}
SERVER = "100.64.0.1"


@pytest.fixture
def broker(world):
    world.topology.add_ipv6(world.topology.broker)
    world.topology.add_host4()
    return world.start_broker(SETTINGS, accounts=("alice", "bob"))


class Client:
    """A host on the internet with IPv6, and its tunnel once it has one."""

    def __init__(self, world):
        self.namespace = world.topology.add_public_client()
        self.address = world.topology.add_ipv6(self.namespace)
        self.bare = BareTunnel(self.namespace, BROKER_IPV6_ADDRESS)

    def connect(self, login="alice", **options):
        with UdpClient(self.namespace, BROKER_IPV6_ADDRESS) as signalling:
            self.offer = signalling.open_account_tunnel(login, PASSWORD, type="v4v6", address=self.address, **options)
        self.inner = self.offer.client_ipv4
        return self

    def pings(self, destination, source=None):
        self.bare.send(IP(src=source or self.inner, dst=destination) / ICMP(id=7, seq=1) / b"hello")
        while packet := self.bare.receive():
            answer = IP(packet)
            if ICMP in answer and answer[ICMP].type == 0 and answer.src == destination:
                return bytes(answer[ICMP].payload) == b"hello"
        return False


@pytest.fixture
def client(world, broker):
    return Client(world)


def _drops(broker, reason):
    return broker.status()["datapath"]["drops"][reason]


# ---- set-up ----------------------------------------------------------------------------------------------------------


def test_only_v4v6_is_offered_over_ipv6(client):
    with UdpClient(client.namespace, BROKER_IPV6_ADDRESS) as udp, TcpClient(
        client.namespace, BROKER_IPV6_ADDRESS
    ) as tcp:
        assert udp.hello().startswith(b"CAPABILITY TUNNEL=V4V6 AUTH")
        assert tcp.hello().startswith(b"CAPABILITY TUNNEL=V4V6 AUTH")
    with UdpClient(client.namespace) as over_ipv4:
        assert b"V4V6" not in over_ipv4.hello()


def test_a_host_reaches_the_broker_and_the_host_behind_it(world, broker, client):
    client.connect()

    assert client.pings(SERVER)
    assert client.pings(HOST4_ADDRESS)
    [tunnel] = broker.tunnels()
    assert tunnel["type"] == "v4v6"
    assert tunnel["inner"] == client.inner
    assert tunnel["remote"] == f"[{client.address}]:0"
    assert tunnel["confirmed"]


def test_the_broker_answers_from_the_address_that_the_client_contacted(world, broker, client):
    second = "2001:db8:aaaa::99"
    broker.namespace.ip("addr", "add", f"{second}/64", "dev", "wan", "nodad")
    with UdpClient(client.namespace, second) as signalling, BareTunnel(client.namespace, second) as bare:
        offer = signalling.open_account_tunnel("alice", PASSWORD, type="v4v6", address=client.address)
        bare.send(IP(src=offer.client_ipv4, dst=SERVER) / ICMP())
        assert bare.receive() is not None


def test_a_tunnel_is_made_over_tcp_too(broker, client):
    with TcpClient(client.namespace, BROKER_IPV6_ADDRESS) as signalling:
        signalling.log_in_anonymously()
        offer = signalling.request_tunnel(type="v4v6", address=client.address)
        signalling.send(simple_request("accept"))
        wait_for(lambda: len(broker.tunnels()) == 1, "the tunnel")

        assert offer.client_ipv4.startswith("100.64.")
        assert client.pings(SERVER, source=offer.client_ipv4)


def test_an_account_keeps_its_address_from_wherever_it_comes(world, client):
    client.connect()
    elsewhere = Client(world).connect()

    assert elsewhere.inner == client.inner
    assert elsewhere.pings(HOST4_ADDRESS)
    assert not client.pings(SERVER), "its tunnel was replaced"


def test_an_account_has_addresses_of_both_families_and_one_tunnel(broker, client):
    client.connect()
    with UdpClient(client.namespace) as over_ipv4:
        over_ipv4.open_account_tunnel("alice", PASSWORD)
    [tunnel] = broker.tunnels()
    assert tunnel["type"] == "v6udpv4"

    account = broker.ctl_json("account", "show", "alice")

    assert account["ipv4_address"] == client.inner
    assert account["address"] == tunnel["inner"]


def test_a_router_gets_a_prefix_that_is_routed_to_it(world, broker, client):
    client.connect(prefix_length=28)
    prefix = client.offer.prefix
    assert (prefix, client.offer.prefix_length) == ("100.64.128.0", 28)
    inside = "100.64.128.9"
    assert client.pings(HOST4_ADDRESS, source=inside)

    ping = world.processes.start(world.host6, ["ping", "-n", "-c", "1", "-W", "3", inside], "ping")
    request = IP(client.bare.receive())

    assert (request.src, request.dst) == (HOST4_ADDRESS, inside)
    client.bare.send(IP(src=inside, dst=HOST4_ADDRESS) / ICMP(type=0, id=request[ICMP].id, seq=request[ICMP].seq) / request[ICMP].payload)
    ping.wait_for_text("1 received")


def test_the_address_of_anothers_tunnel_is_refused(client):
    client.connect()
    with UdpClient(client.namespace, BROKER_IPV6_ADDRESS) as bob:
        assert bob.log_in_by_digest("bob", PASSWORD) == SUCCESS
        answer = bob.ask(create(type="v4v6", address=client.address))

    assert answer == framed("506 IPv4 address already used for existing tunnel\r\n")


# ---- packets ---------------------------------------------------------------------------------------------------------


def test_foreign_sources_strangers_and_ipv6_inside_are_dropped(world, broker, client):
    client.connect()
    stranger = Client(world)

    client.bare.send(IP(src="100.64.0.77", dst=SERVER) / ICMP())
    stranger.bare.send(IP(src=client.inner, dst=SERVER) / ICMP())
    client.bare.send(b"\x60" + bytes(60))
    client.bare.send(b"hello")

    wait_for(lambda: _drops(broker, "foreign_source") == 1, "the dropped packet of another source")
    wait_for(lambda: _drops(broker, "unknown_endpoint") == 1, "the dropped packet of a stranger")
    wait_for(lambda: _drops(broker, "wrong_version") + _drops(broker, "garbage") == 2, "the dropped rubbish")
    assert client.pings(SERVER)


def test_a_large_packet_with_dont_fragment_is_answered_with_the_tunnels_mtu(world, client):
    client.connect()

    words = ["ping", "-n", "-c", "2", "-i", "0.3", "-W", "1", "-M", "do", "-s", "1372"]
    result = world.host6.run(*words, client.inner, check=False)

    assert re.search(r"Frag(mentation)? needed.*mtu = 1280|too long, mtu=1280", result.stdout + result.stderr), result


def test_a_large_packet_that_may_be_fragmented_is(world, client):
    client.connect()

    world.host6.run("ping", "-n", "-c", "1", "-W", "1", "-M", "dont", "-s", "1372", client.inner, check=False)

    pieces = [IP(client.bare.receive()) for _ in range(2)]
    assert [len(bytes(piece)) <= 1280 for piece in pieces] == [True, True]
    assert sum(len(bytes(piece.payload)) for piece in pieces) == 1380
    assert pieces[0].id == pieces[1].id


def test_the_mss_of_tcp_is_made_to_fit_both_ways(world, client):
    client.connect()

    client.bare.send(IP(src=client.inner, dst=HOST4_ADDRESS) / TCP(sport=40000, dport=9, flags="S", options=[("MSS", 1460)]))
    answer = IP(client.bare.receive())
    assert answer[TCP].flags == "RA"

    capture = world.processes.start(world.host6, ["tcpdump", "-n", "-l", "-v", "-c", "1", "-i", "eth0", "tcp"], "tcpdump")
    capture.wait_for_text("listening on")
    client.bare.send(IP(src=client.inner, dst=HOST4_ADDRESS) / TCP(sport=40001, dport=9, flags="S", options=[("MSS", 1460)]))
    capture.wait_for_text("mss 1240")


def test_a_destination_without_a_tunnel_is_unreachable(world, client):
    client.connect()

    client.bare.send(IP(src=client.inner, dst="100.64.7.7") / UDP(dport=9) / Raw(b"hello"))
    answer = IP(client.bare.receive())

    assert (answer.src, answer[ICMP].type, answer[ICMP].code) == (SERVER, 3, 1)


# ---- the daemon ------------------------------------------------------------------------------------------------------


def test_tunnels_are_there_again_after_a_crash_of_the_daemon(broker, client):
    client.connect()
    broker.kill()
    broker.start()

    wait_for(lambda: client.pings(HOST4_ADDRESS), "the tunnel after the restart", timeout_seconds=20)


def test_a_clean_stop_leaves_no_ipv4_behind(broker, client):
    client.connect()
    broker.stop()

    assert "100.64." not in broker.namespace.ip("route", "show").stdout
    assert "100.64." not in broker.namespace.ip("addr", "show").stdout


def test_the_configuration_says_what_is_missing(world):
    broker = world.make_broker({**SETTINGS, "pool": {"ipv4_prefix": None}})
    daemon = broker.launch()

    daemon.wait_for_text("tunnel.types: v4v6 needs IPv4 addresses to give out: pool.ipv4_prefix must be set")
