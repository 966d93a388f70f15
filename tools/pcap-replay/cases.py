# SPDX-License-Identifier: Apache-2.0
"""The conversations in pcaps/. Each function talks to the daemon; its decorator says in which world."""

import sqlite3
import struct

from case import CASES, case, talk_with, tcp, udp  # noqa: F401
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6

from lib.digest import Digest, parse_challenge
from lib.nic_update import Router
from lib.packets import echo_request, router_solicitation
from lib.topology import BROKER_IPV6_ADDRESS, HOST4_ADDRESS, HOST6_ADDRESS
from lib.tsp import (
    ECHO_REQUEST,
    SUCCESS,
    VERSION,
    Offer,
    TcpClient,
    UdpClient,
    authenticate,
    create,
    framed,
    plain_credentials,
    simple_request,
)
from lib.wait import wait_for
from lib.world import PASSWORD

# ---- setting up


@udp
def anonymous_udp(client):
    offer = client.open_anonymous_tunnel()
    client.send_packet(echo_request(offer.client, offer.server))
    assert client.receive_packet()


@udp
def digest_udp(client):
    offer = client.open_account_tunnel("alice", PASSWORD)
    client.send_packet(echo_request(offer.client, offer.server))
    assert client.receive_packet()


@udp
def plain_udp(client):
    assert client.log_in_plainly("alice", PASSWORD) == SUCCESS
    client.request_tunnel()
    client.accept()


@udp
def router_udp(client):
    offer = client.open_account_tunnel("alice", PASSWORD, prefix_length=56)
    inside = offer.prefix.replace("0000:0000:0000:0000", "0000:0000:0000:0005")
    client.send_packet(echo_request(inside, offer.server))
    assert client.receive_packet()


@udp
def delete_udp(client):
    client.open_account_tunnel("alice", PASSWORD)
    client.ask(simple_request("delete"))


@udp
def info_udp(client):
    client.open_anonymous_tunnel()
    client.ask(simple_request("info"))


@udp
def echo_probe(client):
    client.ask(ECHO_REQUEST)


@tcp
def anonymous_tcp(client):
    client.log_in_anonymously()
    client.ask(create(type="v6v4"))


@tcp
def plain_tcp(client):
    client.hello()
    client.send(authenticate("PLAIN"))
    assert client.ask(plain_credentials("alice", PASSWORD)) == SUCCESS


def _log_in_by_digest_over_tcp(client):
    client.hello()
    digest = Digest(parse_challenge(client.ask(authenticate("DIGEST-MD5"))), "alice", PASSWORD)
    assert client.ask(digest.response_line()) == digest.expected_rspauth_line()
    assert client.receive() == SUCCESS


@tcp
def digest_tcp(client):
    _log_in_by_digest_over_tcp(client)
    client.ask(create(type="v6v4"))


@case(prepare=lambda world: None)
def tsp_connect(world, _):
    client = world.connect_client()
    assert client.namespace.pings(HOST6_ADDRESS)
    client.stop()


# ---- without UDP

# The addresses of the worlds are those for documentation.
_BARE = {"server": {"allow_private_outer_addresses": True, "listen": ["0.0.0.0:3653", "[::]:3653"]},
         "tunnel": {"types": ["v6v4", "v6udpv4", "v4v6"]}, "pool": {"ipv4_prefix": "100.64.0.0/16"}}  # fmt: skip


@case(settings=_BARE)
def v6v4(world, namespace):
    client = world.connect_client(namespace, options=["--type", "v6v4"])
    assert client.namespace.pings(HOST6_ADDRESS)
    client.stop()


# Without a NAT gogoc signals over TCP, too.
@case(settings=_BARE)
def v6v4_tcp(world, namespace):
    with TcpClient(namespace) as client, Router(namespace) as end:
        _log_in_by_digest_over_tcp(client)
        offer = Offer(client.ask(create(type="v6v4", address=namespace.public_address)))
        client.send(simple_request("accept"))
        wait_for(world.broker.tunnels, "the tunnel")
        assert end.pings(offer.client, offer.server)
        assert end.pings(offer.client)
        assert client.ask(simple_request("delete")).endswith(SUCCESS)


# It asks for what a NAT allows, and for a prefix.
@case(settings=_BARE)
def v6v4_router(world, namespace):
    client = world.connect_client(namespace, options=["--type", "v6anyv4", "--router", "56"])
    assert world.host6.pings(client.address())
    client.stop()


def _with_ipv6(world):
    """A client's host that has IPv6 only outside, and a broker that has it."""
    world.topology.add_ipv6(world.topology.broker)
    world.topology.add_host4()
    namespace = world.topology.add_public_client()
    world.topology.add_ipv6(namespace)
    namespace.ip("-4", "addr", "flush", "dev", "wan")
    world.broker.stop()
    return namespace


@case(settings=_BARE, prepare=_with_ipv6, ignored="nonce client.ipv4 prefix server.ipv4 keepalive.ipv4")
def v4v6(world, namespace):
    world.broker.start()
    client = world.connect_client(namespace, server=BROKER_IPV6_ADDRESS, options=["--type", "v4v6"])
    assert client.namespace.pings(HOST4_ADDRESS)
    client.stop()


# ---- other brokers

_BROKERS = ["198.51.100.33", "ts1.example.net"]
_FULL = {"limits": {"tunnels_max": 1}, "redirect": {"brokers": _BROKERS, "weights": [1, 0]}}
_FULL_GIVEN = ("set tunnels_max 1", f"set brokers {','.join(_BROKERS)}")


@case(settings=_FULL, given=_FULL_GIVEN)
def redirect_at_version(world, namespace):
    with UdpClient(namespace) as holder:
        holder.open_account_tunnel("alice", PASSWORD)
        with UdpClient(world.topology.add_public_client()) as newcomer:
            assert newcomer.ask(VERSION).startswith(b"1530 ")
            newcomer.repeat()
        with TcpClient(world.topology.add_public_client()) as newcomer:
            assert newcomer.ask(VERSION).startswith(b"1530 ")


@case(settings=_FULL, given=_FULL_GIVEN)
def redirect_at_create(_, namespace):
    with UdpClient(namespace) as holder, UdpClient(namespace) as neighbour:
        holder.open_account_tunnel("alice", PASSWORD)
        assert neighbour.log_in_by_digest("bob", PASSWORD) == SUCCESS
        assert b"\r\n1301 " in neighbour.ask(create())
        neighbour.repeat()


# Our own client, which follows: to nobody it could reach here.
@case(settings=_FULL, given=_FULL_GIVEN)
def redirect_tsp_connect(world, namespace):
    with UdpClient(namespace) as holder:
        holder.open_account_tunnel("alice", PASSWORD)
        client = world.run_client(login="bob", options=["--once", "--private-redirects"])
        assert client.process.wait(60) != 0


# ---- headers and repetitions


@udp
def repeated_steps(client):
    client.hello()
    client.repeat()
    challenge = client.ask(authenticate("DIGEST-MD5"))
    client.repeat()
    client.ask(Digest(parse_challenge(challenge), "alice", PASSWORD).response_line())
    client.repeat()
    client.ask(b"")
    client.repeat()
    client.request_tunnel()
    client.repeat()
    client.accept()
    client.repeat()


@case()
def sequence_wraps(_, namespace):
    talk_with(UdpClient(namespace, first_sequence=0xFFFFFFFE), lambda client: client.open_anonymous_tunnel())


@case()
def sequence_zero(_, namespace):
    talk_with(UdpClient(namespace, first_sequence=0xF0000000), lambda client: client.open_anonymous_tunnel())


@udp
def sequence_little_endian(client):
    messages = [VERSION, authenticate("ANONYMOUS"), create(), simple_request("accept")]
    for number, message in enumerate(messages, 1):
        client.send_raw(struct.pack("<II", 0xF0000000 | number, 20 * number) + message)
        assert client.receive_raw()


@udp
def sequence_jumps(client):
    client.hello()
    first = client.next_sequence
    assert client.exchange(authenticate("ANONYMOUS"), first + 5) == SUCCESS
    client.send_raw(struct.pack("!II", first, 9) + create())
    assert client.receive_raw(0.5) is None
    client.exchange(create(), first + 6)


# ---- a NAT that gives another port


@case()
def rebinding_before_accept(_, namespace):
    with UdpClient(namespace) as before:
        before.log_in_anonymously()
        before.request_tunnel()
        with UdpClient(namespace, first_sequence=before.next_sequence) as after:
            after.send_raw(struct.pack("!II", before.next_sequence, 1) + simple_request("accept"))
            after.receive_raw(0.5)


@case()
def rebinding_after_accept(_, namespace):
    with UdpClient(namespace) as before:
        offer = before.open_account_tunnel("alice", PASSWORD)
        before.send_packet(echo_request(offer.client, offer.server))
        assert before.receive_packet()
        with UdpClient(namespace) as after:
            after.send_packet(echo_request(offer.client, offer.server, sequence=2))
            assert after.receive_packet(0.5) is None
            again = after.open_account_tunnel("alice", PASSWORD)
            assert again.client == offer.client
            after.send_packet(echo_request(offer.client, offer.server, sequence=3))
            assert after.receive_packet()


# ---- packets


@udp
def packets_between_messages(client):
    offer = client.open_account_tunnel("alice", PASSWORD)
    client.send_packet(router_solicitation())
    client.send_packet(echo_request(offer.client, offer.server))
    assert client.receive_packet()
    client.ask(simple_request("info"))
    client.send_packet(echo_request(offer.client, HOST6_ADDRESS, sequence=2))
    assert client.receive_packet()
    client.repeat()
    client.send_packet(echo_request(offer.client, offer.server, sequence=3))
    assert client.receive_packet()


@case()
def keepalives_both_ways(world, namespace):
    with UdpClient(namespace) as client:
        offer = client.open_anonymous_tunnel(keepalive=30)
        for number in range(3):
            client.send_packet(echo_request(offer.client, offer.keepalive_address, sequence=number))
            assert client.receive_packet()
        ping = world.processes.start(world.host6, ["ping", "-n", "-c", "1", "-W", "5", offer.client], "ping")
        request = IPv6(client.receive_packet())
        echo = request[ICMPv6EchoRequest]
        reply = ICMPv6EchoReply(id=echo.id, seq=echo.seq, data=echo.data)
        client.send_packet(IPv6(src=request.dst, dst=request.src) / reply)
        assert ping.wait() == 0


@udp
def packets_of_others(client):
    offer = client.open_anonymous_tunnel()
    client.send_packet(echo_request("2001:db8:bad::1", offer.server))
    client.send_packet(echo_request("fe80::1", offer.server))
    client.send_packet(echo_request(offer.client, "ff02::1"))
    assert client.receive_packet(0.5) is None


def _with_large_packets(world):
    """So that a message of more than 4 KB is one packet."""
    namespace = world.topology.add_public_client()
    for host in (namespace, world.topology.broker):
        world.topology.narrow_path(host, 9000)
    return namespace


@case(prepare=_with_large_packets)
def short_and_long_datagrams(_, namespace):
    talk_with(UdpClient(namespace), _send_short_and_long)


def _send_short_and_long(client):
    for size in (1, 4, 7):
        assert client.is_ignored((b"\xf0\0\0\1\0\0\0\1" + VERSION)[:size])
    assert client.is_ignored(b"\x60" + bytes(38))
    assert client.is_ignored(b"\x45" + bytes(60))
    client.hello()
    assert client.ask(authenticate("ANONYMOUS")) == SUCCESS
    client.ask(framed("<tunnel>" + " " * 4090 + "</tunnel>"))
    client.request_tunnel()


# ---- refusals


@udp
def status_300_plain(client):
    assert client.log_in_plainly("alice", "wrong").startswith(b"300 ")


@udp
def status_300_digest(client):
    assert client.log_in_by_digest("alice", "wrong").startswith(b"300 ")


@udp
def status_300_no_account(client):
    assert client.log_in_by_digest("nobody", "wrong").startswith(b"300 ")


@udp
def status_300_mechanism(client):
    client.hello()
    assert client.ask(authenticate("PASSDSS-3DES-1")).startswith(b"300 ")


@case(settings={"limits": {"tunnels_max": 1}}, given=("set tunnels_max 1",))
def status_301(_, namespace):
    with UdpClient(namespace) as first, UdpClient(namespace) as second:
        first.open_anonymous_tunnel()
        second.log_in_anonymously()
        assert b"\r\n301 " in second.ask(create())


@udp
def status_302(client):
    assert client.ask(b"VERSION=1.0.1\r\n").startswith(b"302 ")


def _refused(client, request, status, log_in=True):
    if log_in:
        client.log_in_anonymously()
    reply = client.ask(request)
    assert b"\r\n%d " % status in reply, reply


@udp
def status_303(client):
    _refused(client, create(type="v6v4"), 303)
    _refused(client, create(type="v4v6"), 303, log_in=False)


@udp
def status_500(client):
    _refused(client, framed("<tunnel action=create>"), 500)
    _refused(client, b"Content-length: 9\r\n<tunnel/>\r\n\r\n<more/>", 500, log_in=False)


@udp
def status_501(client):
    _refused(client, create(address="10.0.0.256"), 501)


@udp
def status_502(client):
    request = '<tunnel action="create" type="v6udpv4"><client><address type="ipv4">10.0.0.2</address>'
    request += '<address type="ipv6">2001:db8::g</address></client></tunnel>\r\n'
    _refused(client, framed(request), 502)


@case(settings=_BARE)
def status_506(_, namespace):
    tunnel = {"type": "v6v4", "address": namespace.public_address}
    with UdpClient(namespace) as holder, UdpClient(namespace) as neighbour:
        assert holder.log_in_by_digest("alice", PASSWORD) == SUCCESS
        holder.request_tunnel(**tunnel)
        holder.accept()
        assert neighbour.log_in_by_digest("bob", PASSWORD) == SUCCESS
        _refused(neighbour, create(**tunnel), 506, log_in=False)


# Half for addresses, and one /64 for one router.
_SMALLEST_POOL = "2001:db8:1::/63"


@case(settings={"prefix": _SMALLEST_POOL}, given=(f"set pool {_SMALLEST_POOL}",))
def status_507(_, namespace):
    with UdpClient(namespace) as holder, UdpClient(namespace) as late:
        assert holder.log_in_by_digest("alice", PASSWORD) == SUCCESS
        holder.request_tunnel(prefix_length=64)
        holder.accept()
        assert late.log_in_by_digest("bob", PASSWORD) == SUCCESS
        _refused(late, create(prefix_length=64), 507, log_in=False)


@udp
def status_310(client):
    _refused(client, simple_request("info"), 310)
    _refused(client, simple_request("delete"), 310, log_in=False)


def _refused_to_account(client, request, status):
    assert client.log_in_by_digest("alice", PASSWORD) == SUCCESS
    _refused(client, request, status, log_in=False)


@udp
def status_518(client):
    _refused_to_account(client, create(prefix_length=65), 518)


@udp
def status_520(client):
    request = '<tunnel action="create" type="v6udpv4"><client><address type="ipv4">10.0.0.2</address>'
    _refused_to_account(client, framed(request + "<router/></client></tunnel>\r\n"), 520)


@udp
def status_522(client):
    _refused(client, create(prefix_length=64), 522)


def _lock_store(world):
    namespace = world.topology.add_public_client()
    world.lock = sqlite3.connect(world.broker.database_path, isolation_level=None)
    world.lock.execute("BEGIN EXCLUSIVE")

    def busy():
        with UdpClient(namespace) as client:
            reply = client.ask(VERSION)
            if not reply.startswith(b"530 "):
                # What begins to write makes the daemon meet the fault.
                client.send_raw(struct.pack("!II", client.next_sequence, 1) + authenticate("ANONYMOUS"))
                client.receive_raw(0.5)
                client.send_raw(struct.pack("!II", client.next_sequence + 1, 1) + create())
                client.receive_raw(0.5)
        return reply.startswith(b"530 ")

    wait_for(busy, "530 while the database is locked", 30, interval_seconds=0.5)
    return namespace


@case(prepare=_lock_store, given=("set store away",))
def status_530(world, namespace):
    with UdpClient(namespace) as client:
        assert client.ask(VERSION).startswith(b"530 ")
    world.lock.close()
