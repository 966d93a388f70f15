# SPDX-License-Identifier: Apache-2.0
"""The command phase: what an offer says, and how everything else is answered."""

import ipaddress

import pytest
from lib.packets import echo_request, is_echo_reply
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.tsp import SUCCESS, Offer, UdpClient, create, framed, simple_request
from lib.wait import wait_for
from lib.world import PASSWORD

MINIMAL = '<tunnel action="create" type="v6udpv4"><client><address type="ipv4">10.1.1.5</address></client></tunnel>\r\n'


@pytest.fixture
def client(questions):
    """Logged in anonymously, no tunnel yet."""
    with questions.udp() as udp:
        udp.log_in_anonymously()
        yield udp


def _status(reply):
    """The status of a framed answer, whose length must be right."""
    head, _, body = reply.partition(b"\r\n")
    assert head == b"Content-length: %d" % len(body), reply
    return int(body.split(b" ")[0])


def test_an_offer_has_all_that_clients_need(questions, client):
    offer = client.request_tunnel(address="10.1.1.5")

    assert offer.type == "v6udpv4"
    assert offer.server_ipv4 == BROKER_ADDRESS
    assert offer.client_ipv4 in (questions.address, "10.1.1.5")
    assert ipaddress.ip_address(offer.client) in ipaddress.ip_network("2001:db8:1::/48")
    assert offer.keepalive_address == offer.server
    assert offer.lifetime_minutes > 0
    assert offer.prefix is None


def test_an_offer_is_written_so_that_gogoc_can_read_it(client):
    offer = client.request_tunnel()

    for forbidden in ("<?", "<!", "'", "&", "%", "\t", "= ", ' ="', "/>"):
        assert forbidden not in offer.xml, forbidden


@pytest.mark.parametrize("interval", [1, 30, 86400])
def test_the_keepalive_is_kept_within_its_limits(client, interval):
    offer = client.request_tunnel(keepalive=interval)

    assert 10 <= offer.keepalive_seconds <= 25


def test_a_client_that_asks_for_any_type_gets_udp(client):
    assert client.request_tunnel(type="v6anyv4").type == "v6udpv4"


def test_the_endpoint_is_where_the_packets_come_from_whatever_the_request_says(questions, client):
    client.request_tunnel(address="198.51.100.99")
    client.accept()

    assert f"{questions.address}:{client.port}" in [tunnel["remote"] for tunnel in questions.broker.tunnels()]


@pytest.mark.parametrize("length", [48, 56, 60, 64])
def test_a_router_gets_a_prefix_of_the_length_it_asked_for_or_a_clear_answer(questions, length):
    with questions.udp() as client:
        client.log_in_by_digest("bob", PASSWORD)

        reply = client.ask(create(prefix_length=length))

    if length == 48:  # the pool itself is a /48
        assert _status(reply) in (507, 518)
        return
    offer = Offer(reply)
    network = ipaddress.ip_network(f"{offer.prefix}/{offer.prefix_length}")
    assert offer.prefix_length == length and network.subnet_of(ipaddress.ip_network("2001:db8:1::/48"))


def test_an_account_gets_the_same_address_and_prefix_each_time(questions):
    offers = []
    for _ in range(3):
        with questions.udp() as client:
            offer = client.open_account_tunnel("alice", PASSWORD, prefix_length=56)
            offers.append((offer.client, offer.prefix, offer.prefix_length))

    assert len(set(offers)) == 1


@pytest.mark.parametrize(
    "body",
    [
        MINIMAL,
        MINIMAL.replace('"', "'"),
        MINIMAL.replace("10.1.1.5", "\r\n   10.1.1.5  \r\n"),
        MINIMAL.replace("</client>", '<keepalive interval="30"></keepalive></client>'),
        MINIMAL.replace("</client>", '<keepalive interval="30"/></client>'),
        MINIMAL.replace("<client>", '<client unknown="1"><novelty>x</novelty>'),
        MINIMAL.strip(),
    ],
    ids=["minimal", "single quotes", "white space", "keepalive pair", "keepalive empty", "unknown parts", "no line end"],
)
def test_legal_forms_of_a_request_are_understood(client, body):
    Offer(client.ask(framed(body)))


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (framed('<tunnel action="dance"></tunnel>\r\n'), 500),
        (framed("no markup"), 500),
        (framed('<tunnel action="create"'), 500),
        (framed('<!DOCTYPE t [<!ENTITY a "b">]>' + MINIMAL), 500),
        (framed(MINIMAL.replace("10.1.1.5", "&#49;0.1.1.5<!ENTITY>")), 500),
        (framed(MINIMAL.replace("10.1.1.5", "10.1.1.5\0")), 500),
        (b"Content-length: 500\r\n" + MINIMAL.encode(), 500),
        (b"Content-length: x\r\n" + MINIMAL.encode(), 500),
        (b"Content-length: -1\r\n" + MINIMAL.encode(), 500),
        (b"Content-length: 99999999999999999999\r\n" + MINIMAL.encode(), 500),
        (MINIMAL.encode(), 500),
        (framed("<a>" * 100 + "</a>" * 100), 500),
        (framed(MINIMAL.replace("</client>", '</client><client><address type="ipv4">1.2.3.4</address></client>')), 500),
        (framed(MINIMAL.replace("v6udpv4", "v9overmail")), 303),
        (framed(MINIMAL.replace("v6udpv4", "v4v6")), 303),
        (create(proxy="yes"), 303),
        (framed(MINIMAL.replace('<address type="ipv4">10.1.1.5</address>', "")), 501),
        (framed(MINIMAL.replace("10.1.1.5", "ten")), 501),
        (simple_request("info"), 310),
        (simple_request("accept"), 500),
    ],
    ids=["unknown action", "no XML", "cut XML", "doctype", "entity", "NUL", "length too great", "length no number",
         "length negative", "length huge", "no length", "too deep", "two clients", "unknown type", "type of IPv6",
         "proxy", "no address", "no IPv4 address", "info without tunnel", "accept without offer"],
)  # fmt: skip
def test_what_cannot_be_served_is_answered_in_a_frame(client, request_bytes, status):
    assert _status(client.ask(request_bytes)) == status


_TWO_NAMES = (
    '<dns_server><address type="dn">NS1.example.org</address><address type="ipv4">192.0.2.53</address>'
    '<address type="ipv6">2001:db8::53</address><address type="dn">ns2.example.org.</address></dns_server>'
)
_FIRST_NAME = '<dns_server><address type="dn">ns1.example.org</address></dns_server>'


def _router_offer(client, login, name_servers):
    """The offer to a router that names these servers, after its accept."""
    router = f'<router><prefix length="60"/>{name_servers}</router></client>'
    assert client.log_in_by_digest(login, PASSWORD) == SUCCESS
    offer = Offer(client.ask(framed(MINIMAL.replace("</client>", router))))
    client.accept()
    return offer


def test_name_servers_of_a_router_may_be_names_or_addresses_and_fewer_the_next_time(world):
    zones = world.folder / "zones"
    zones.mkdir()
    dns = {"fragment_folder": str(zones), "zones": ["8.b.d.0.1.0.0.2.ip6.arpa"]}
    broker = world.start_broker({"dns": dns})
    namespace = world.topology.add_public_client()
    names = ["ns1.example.org", "ns2.example.org"]
    offers = []

    for wanted in (_TWO_NAMES, _FIRST_NAME, ""):
        with UdpClient(namespace) as client:
            offers.append(_router_offer(client, "alice", wanted))
        assert broker.ctl_json("account", "show", "alice")["name_servers"] == names

    assert len({(offer.prefix, offer.prefix_length) for offer in offers}) == 1
    assert [offer.name_servers for offer in offers] == [names] * 3
    prefix = ipaddress.ip_network(f"{offers[0].prefix}/60")
    zone = ".".join(reversed(prefix.network_address.exploded.replace(":", "")[:15])) + ".ip6.arpa"

    def delegated_to():
        lines = [line.split() for path in zones.iterdir() for line in path.read_text().splitlines()]
        return sorted(words[-1] for words in lines if words and words[0] == f"{zone}." and "NS" in words)

    wait_for(lambda: delegated_to() == [f"{name}." for name in names], "the delegation in the zone's file")


def test_a_router_whose_name_servers_have_begun_with_another_one_changes_them(world):
    zones = world.folder / "zones"
    zones.mkdir()
    broker = world.start_broker({"dns": {"fragment_folder": str(zones), "zones": ["8.b.d.0.1.0.0.2.ip6.arpa"]}})
    with UdpClient(world.topology.add_public_client()) as client:
        _router_offer(client, "alice", _TWO_NAMES)
        other = '<dns_server><address type="dn">ns2.example.org</address></dns_server>'
        offer = _router_offer(client, "alice", other)

    assert offer.name_servers == ["ns2.example.org"]
    assert broker.ctl_json("account", "show", "alice")["name_servers"] == ["ns2.example.org"]


def test_a_broker_without_dns_gives_the_prefix_and_tells_of_no_name_servers(questions):
    offers = []
    for wanted in (_TWO_NAMES, ""):
        with questions.udp() as client:
            offers.append(_router_offer(client, "bob", wanted))

    assert [offer.name_servers for offer in offers] == [[], []]
    assert [offer.prefix_length for offer in offers] == [60, 60]
    assert offers[0].prefix == offers[1].prefix
    assert questions.broker.ctl_json("account", "show", "bob")["name_servers"] == []


def test_a_tunnel_to_an_address_of_the_broker_itself_is_refused(questions):
    with UdpClient(questions.broker.namespace) as client:
        client.log_in_anonymously()

        assert _status(client.ask(create())) == 501


def test_a_session_survives_a_bad_request(client):
    client.ask(framed("nonsense"))

    client.request_tunnel()


@pytest.mark.parametrize("surplus", [b"\r\n", b"\0", b" \r\n\0"])
def test_blank_surplus_after_a_request_is_ignored(client, surplus):
    Offer(client.ask(framed(MINIMAL) + surplus))


@pytest.mark.parametrize("head", [b"content-length: %d\r\n", b"Content-Length:%d\r\n", b"CONTENT-LENGTH:  %d\n"])
def test_the_length_header_may_be_written_in_any_case(client, head):
    Offer(client.ask(head % len(MINIMAL) + MINIMAL.encode()))


def test_a_rejected_offer_is_free_again(questions, client):
    before = questions.broker.status()["claims"]
    client.request_tunnel()
    assert questions.broker.status()["claims"] == before + 1

    assert client.ask(simple_request("reject")) == b""

    # Sooner than by the end of the session, which would free it as well.
    wait_for(lambda: questions.broker.status()["claims"] == before, "the address to be free", 5)
    assert f"{questions.address}:{client.port}" not in [tunnel["remote"] for tunnel in questions.broker.tunnels()]


def test_delete_ends_the_tunnel(questions, client):
    offer = client.request_tunnel()
    client.accept()

    assert _status(client.ask(simple_request("delete"))) == 200

    client.send_packet(echo_request(offer.client, HOST6_ADDRESS))
    assert client.receive_packet(0.3) is None
    assert f"{questions.address}:{client.port}" not in [tunnel["remote"] for tunnel in questions.broker.tunnels()]


def test_info_tells_what_the_tunnel_is(client):
    offer = client.request_tunnel()
    client.accept()

    told = Offer(client.ask(framed('<tunnel action="info" type="v6anyv4">\n</tunnel>')))

    assert (told.client, told.server) == (offer.client, offer.server)


def test_the_tunnel_carries_packets_as_soon_as_accept_is_acknowledged(client):
    offer = client.request_tunnel()
    client.accept()

    client.send_packet(echo_request(offer.client, offer.keepalive_address))

    assert is_echo_reply(client.receive_packet())


def test_a_new_tunnel_of_an_account_replaces_the_old_one(questions):
    with questions.udp() as old, questions.udp() as new:
        offer = old.open_account_tunnel("bob", PASSWORD)
        old.send_packet(echo_request(offer.client, HOST6_ADDRESS))
        assert is_echo_reply(old.receive_packet())

        assert new.open_account_tunnel("bob", PASSWORD).client == offer.client

        old.send_packet(echo_request(offer.client, HOST6_ADDRESS))
        assert old.receive_packet(0.3) is None
        new.send_packet(echo_request(offer.client, HOST6_ADDRESS))
        assert is_echo_reply(new.receive_packet())


def test_the_old_tunnel_works_until_the_new_one_is_accepted(questions):
    with questions.udp() as old, questions.udp() as new:
        offer = old.open_account_tunnel("bob", PASSWORD)
        new.log_in_by_digest("bob", PASSWORD)
        new.request_tunnel()

        old.send_packet(echo_request(offer.client, HOST6_ADDRESS))
        assert is_echo_reply(old.receive_packet())
