# SPDX-License-Identifier: Apache-2.0
"""IPv4 in IPv6 (v4v6), for hosts and routers that have IPv6 only: the client's side, with the real broker."""

import ipaddress
import json

import pytest
from lib.client import DEVICE
from lib.programs import program
from lib.syns import open_connection, syns, watch_syns
from lib.topology import BROKER_ADDRESS, BROKER_IPV6_ADDRESS, HOST4_ADDRESS
from lib.wait import wait_for
from lib.world import PASSWORD

SETTINGS = {
    "server": {"listen": ["0.0.0.0:3653", "[::]:3653"]},
    "tunnel": {"types": ["v6v4", "v6udpv4", "v4v6"], "keepalive_seconds_min": 5},
    "pool": {"ipv4_prefix": "100.64.0.0/16"},
}
POOL = ipaddress.ip_network("100.64.0.0/16")
SERVER = "100.64.0.1"
HEADERS = 28  # IPv4 and ICMPv4 echo


@pytest.fixture
def broker(world):
    world.topology.add_ipv6(world.topology.broker)
    world.topology.add_host4()
    return world.start_broker(SETTINGS)


@pytest.fixture
def home(world, broker):
    """A namespace on the internet without IPv4."""
    namespace = world.topology.add_public_client()
    namespace.ipv6_address = world.topology.add_ipv6(namespace)
    namespace.ip("-4", "addr", "flush", "dev", "wan")
    return namespace


def _run(world, namespace, *options, server=BROKER_IPV6_ADDRESS):
    return world.run_client(namespace, server=server, options=["--type", "v4v6", *options])


def _connect(world, namespace, *options):
    client = _run(world, namespace, *options)
    client.wait_until_up()
    return client


def _event(client, name):
    return wait_for(
        lambda: next((event for event in client.process.json_lines() if event["event"] == name), None), name, 15
    )


# ---- a host ----------------------------------------------------------------------------------------------------------


def test_a_host_reaches_ipv4_and_is_reached(world, broker, home):
    client = _connect(world, home, "--json")

    assert home.pings(HOST4_ADDRESS, count=3)
    assert world.host6.pings(client.address(), count=3)
    [tunnel] = broker.tunnels()
    assert (tunnel["type"], tunnel["inner"]) == ("v4v6", client.address())
    assert tunnel["remote"] == f"[{home.ipv6_address}]:0"
    assert ipaddress.ip_address(client.address()) in POOL
    up = _event(client, "tunnel_up")
    assert (up["type"], up["address"], up["server_address"]) == ("v4v6", client.address(), SERVER)
    assert _event(client, "tunnel_confirmed")["round_trip_ms"] > 0


def test_packets_leave_from_the_address_that_signalled_and_all_is_taken_back(world, broker, home):
    before = home.ip("route", "show").stdout
    capture = world.processes.start(
        broker.namespace, ["tcpdump", "-n", "-l", "-c", "4", "-i", "wan", "ip6 proto 4"], "tcpdump"
    )
    capture.wait_for_text("listening on")
    client = _connect(world, home)

    assert home.pings(HOST4_ADDRESS, count=2)

    capture.wait_for_text(f"{home.ipv6_address} > {BROKER_IPV6_ADDRESS}: IP {client.address()} > {HOST4_ADDRESS}")
    assert client.stop() == 0
    assert home.ip("route", "show").stdout == before
    wait_for(lambda: broker.tunnels() == [], "the end of the tunnel")


def test_a_server_that_is_silent_over_udp_is_asked_over_tcp(world, broker, home):
    broker.namespace.nft("table ip6 f { chain i { type filter hook input priority 0; udp dport 3653 drop; }; }")
    client = _run(world, home, "--json")

    client.wait_until_up(20)

    assert _event(client, "tunnel_up")["transport"] == "tcp"
    assert home.pings(HOST4_ADDRESS, count=2)


def test_anonymous_access_needs_no_account(world, broker, home):
    client = world.connect_anonymous_client(home, server=BROKER_IPV6_ADDRESS, options=["--type", "v4v6"])

    assert home.pings(HOST4_ADDRESS)
    assert client.stop() == 0


def test_a_tunnel_that_was_ended_is_noticed_and_made_anew(world, broker, home):
    client = _connect(world, home, "--keepalive", "5", "--retry", "1", "--json")
    [first] = broker.tunnels()

    broker.ctl("tunnel", "kick", str(first["id"]))

    wait_for(lambda: [t["id"] for t in broker.tunnels()] not in ([], [first["id"]]), "the second tunnel", 40)
    wait_for(lambda: home.pings(HOST4_ADDRESS), "the way through it")
    assert _event(client, "tunnel_down")["detail"] == "the server does not answer through the tunnel"


def test_another_outer_address_takes_the_tunnel_along(world, broker, home):
    client = _connect(world, home)
    other = str(ipaddress.ip_address(home.ipv6_address) + 1)

    home.ip("addr", "add", f"{other}/64", "dev", "wan", "nodad")
    home.ip("addr", "del", f"{home.ipv6_address}/64", "dev", "wan")
    router = str(ipaddress.ip_address(home.ipv6_address) - 1)
    home.ip("route", "replace", "2001:db8:aaaa::/48", "via", router)

    wait_for(lambda: [t["remote"] for t in broker.tunnels()] == [f"[{other}]:0"], "the tunnel at the new address", 40)
    wait_for(lambda: home.pings(HOST4_ADDRESS), "the way through it")
    assert client.process.is_running()


def test_gogoc_conf_and_the_hook_say_the_same(world, broker, home):
    hook = world.folder / "hook.sh"
    hook.write_text(f"#!/bin/sh\nenv >{world.folder}/$TSP_CONNECT_EVENT\n")
    hook.chmod(0o755)
    conf = world.folder / "gogoc.conf"
    conf.write_text(
        f"userid=alice\npasswd={PASSWORD}\nserver=[{BROKER_IPV6_ADDRESS}]\nauth_method=digest-md5\n"
        f"tunnel_mode=v4v6\nif_tunnel_v4v6=four\nclient_v6=auto\nhost_type=router\nhook={hook}\n"
    )
    conf.chmod(0o600)

    process = world.processes.start(home, [program("tsp-connect"), "--config", conf], "tsp-connect")

    process.wait_for_text("hook up: done")
    assert home.pings(HOST4_ADDRESS, count=2)
    told = dict(line.split("=", 1) for line in (world.folder / "up").read_text().splitlines())
    [tunnel] = broker.tunnels()
    assert (told["TSP_TUNNEL_MODE"], told["TSP_TUNNEL_INTERFACE"]) == ("v4v6", "four")
    assert (told["TSP_CLIENT_ADDRESS_IPV4"], told["TSP_SERVER_ADDRESS_IPV4"]) == (tunnel["inner"], SERVER)
    assert told["TSP_CLIENT_ADDRESS_IPV6"] == home.ipv6_address
    assert told["TSP_SERVER_ADDRESS_IPV6"] == BROKER_IPV6_ADDRESS
    assert f"{told['TSP_PREFIX']}/{told['TSP_PREFIXLEN']}" == tunnel["delegated"] == "100.64.128.0/24"


def test_a_server_of_the_other_version_is_an_exit_code_of_its_own(world, broker, home):
    for options, server in ((["--type", "v4v6"], BROKER_ADDRESS), ([], BROKER_IPV6_ADDRESS)):
        client = world.run_client(home, server=server, options=options)

        assert client.process.wait(15) == 1
        assert "tunnels of this type need a server in" in client.process.errors()


# ---- a router --------------------------------------------------------------------------------------------------------


def _start_router(world, home, *options, length=28):
    """A client with a LAN, one host on it, and that host's address."""
    host = world.topology.add_lan_host(home)
    client = _connect(world, home, "--router", str(length), "--lan", "lan", *options)
    interface = wait_for(client.lan_address, "a prefix on the LAN")
    address = str(interface.network[2])
    host.ip("addr", "add", f"{address}/{length}", "dev", "eth0")
    host.ip("route", "add", "default", "via", str(interface.ip))
    return client, host, address


def test_a_host_behind_a_router_reaches_ipv4_and_is_reached(world, broker, home):
    client, host, address = _start_router(world, home)

    assert host.pings(HOST4_ADDRESS, count=3)
    assert world.host6.pings(address, count=3)
    [tunnel] = broker.tunnels()
    interface = client.lan_address()
    assert str(interface.network) == tunnel["delegated"]
    assert interface.ip == interface.network[1]


def test_what_a_router_changed_is_taken_back(world, broker, home):
    def state():
        forwarding = home.run("sysctl", "-n", "net.ipv4.ip_forward").stdout
        return home.ip("route", "show").stdout, home.ip("-4", "addr", "show").stdout, forwarding

    world.topology.add_lan_host(home)
    before = state()
    client = _connect(world, home, "--router", "28", "--lan", "lan")
    assert "unreachable 100.64.128.0/28" in home.ip("route", "show").stdout
    assert home.run("sysctl", "-n", "net.ipv4.ip_forward").stdout == "1\n"

    assert client.stop() == 0

    assert state() == before


def test_addresses_of_the_prefix_that_nobody_has_are_answered_and_do_not_loop(world, broker, home):
    _connect(world, home, "--router", "28")

    result = world.host6.run("ping", "-n", "-c", "1", "-W", "3", "100.64.128.9", check=False)

    assert "nreachable" in result.stdout, result.stdout


def test_a_prefix_that_is_in_use_on_the_clients_side_is_not_accepted(world, broker, home):
    home.ip("route", "add", "100.64.128.0/20", "dev", "wan")

    client = _run(world, home, "--router", "28", "--once")

    assert client.process.wait(15) == 2
    assert "overlaps" in client.process.text()
    assert broker.tunnels() == []


# ---- sizes -----------------------------------------------------------------------------------------------------------


def test_the_largest_mtu_carries_as_much_both_ways(world, home):
    world.broker.ctl("account", "set-mtu", "alice", "--mtu", "1460")
    client = _connect(world, home, "--mtu", "1460")

    [link] = json.loads(home.ip("-json", "link", "show", "dev", DEVICE).stdout)
    assert link["mtu"] == 1460
    assert home.pings(HOST4_ADDRESS, size=1460 - HEADERS, options=["-M", "do"])
    assert world.host6.pings(client.address(), size=1460 - HEADERS, options=["-M", "do"])


def test_tcp_through_a_router_is_made_to_fit_both_ways(world, broker, home):
    _, host, address = _start_router(world, home)
    at_host = watch_syns(world, host, "eth0")

    open_connection(host, world.host6, HOST4_ADDRESS)

    assert syns(at_host)["S"][0] == 1460
    assert syns(at_host)["S."] == (1240, True)
    at_other = watch_syns(world, host, "eth0")
    open_connection(world.host6, host, address)
    assert syns(at_other)["S"] == (1240, True)


def _transfer(namespace, *options):
    """Megabytes that arrived in two seconds of one TCP connection."""
    words = ["iperf3", "--client", HOST4_ADDRESS, "--time", "2", "--json", *options]
    return json.loads(namespace.run(*words, timeout=30).stdout)["end"]["sum_received"]["bytes"] / 1e6


def test_tcp_bulk_flows_both_ways_although_the_kernel_merges_what_comes_in(world, broker, home):
    _connect(world, home)
    ends = (broker.namespace, home)
    words = ["tcpdump", "-n", "-l", "-c", "1", "-i", "wan", "ip6 proto 4 and greater 2000"]
    for namespace in ends:
        world.topology.merge_arrivals(namespace)
    merged = [world.processes.start(namespace, words, f"tcpdump-{namespace.role}") for namespace in ends]
    for capture in merged:
        capture.wait_for_text("listening on")
    server = world.processes.start(world.host6, ["iperf3", "--server", "--forceflush"], "iperf3-server")
    server.wait_for_text("Server listening")

    assert _transfer(home) > 1
    assert _transfer(home, "--reverse") > 1
    for capture in merged:
        capture.wait_for_text("IP6")


@pytest.mark.parametrize("end", ["broker", "client"])
def test_a_path_that_holds_no_more_than_1280_bytes_carries_whole_packets(world, broker, home, end):
    """No router in IPv6 fragments: who sends must, when he is told. The link of the other end is the narrow one."""
    world.topology.narrow_path({"broker": broker.namespace, "client": home}[end], 1280)
    client = _connect(world, home)

    ping = ["ping", "-n", "-c", "5", "-i", "0.2", "-W", "1", "-s", str(1280 - HEADERS)]
    outward = home.run(*ping, HOST4_ADDRESS, check=False)
    inward = world.host6.run(*ping, client.address(), check=False)

    for result in (outward, inward):
        assert " 4 received" in result.stdout or " 5 received" in result.stdout, result.stdout
