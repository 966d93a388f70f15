# SPDX-License-Identifier: Apache-2.0
"""Chains of redirects between real brokers, and what a drain does to clients that follow them."""

import ipaddress

from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.tsp import UdpClient
from lib.wait import holds_for, wait_for
from lib.world import SECOND_PREFIX

QUICK = {"keepalive_seconds_min": 5}
FOLLOWING = ["--json", "--private-redirects", "--keepalive", "5", "--retry", "1"]


def _failures(client):
    return [event["failure"] for event in client.events("attempt_failed")]


def _logins(broker):
    return sorted(tunnel["login"] for tunnel in broker.tunnels())


def _redirects_sent(broker):
    return broker.status()["counters"]["redirects_sent"]


def _point_to(broker, *addresses):
    """From now on the broker names those; it reads its list anew."""
    broker.configure({"redirect": {"brokers": list(addresses)}})
    broker.process.send(1)  # SIGHUP
    broker.process.wait_for_text("redirect.brokers")


def _drain(world, broker, address=BROKER_ADDRESS):
    """A drain that lasts: a tunnel of somebody else keeps the broker from being empty."""
    UdpClient(world.topology.add_public_client(), server=address).open_anonymous_tunnel()
    broker.ctl("drain")


def _chain_of_three(world):
    """Each sends its clients to the next; the third serves them."""
    second, third = world.add_broker(), world.add_broker()
    first = world.start_broker({"redirect": {"brokers": [second.address]}})
    _point_to(second, third.address)
    _drain(world, first)
    _drain(world, second, second.address)
    return first, second, third


# ---- chains and circles ----------------------------------------------------------------------------------------------


def test_a_chain_of_three_brokers_is_followed_to_its_end(world):
    first, second, third = _chain_of_three(world)

    client = world.connect_client(options=FOLLOWING)

    assert client.servers_asked() == [BROKER_ADDRESS, second.address, third.address]
    assert _failures(client) == ["redirected", "redirected"]
    assert _logins(third) == ["alice"]
    assert ipaddress.ip_address(client.address()) in ipaddress.ip_network(third.settings["prefix"])
    assert client.namespace.pings(third.tunnels()[0]["server_address"], count=2)
    assert (_redirects_sent(first), _redirects_sent(second), _redirects_sent(third)) == (1, 1, 0)


def test_a_circle_of_three_brokers_is_walked_once(world):
    first, second, third = _chain_of_three(world)
    _point_to(third, BROKER_ADDRESS)
    _drain(world, third, third.address)

    client = world.run_client(options=FOLLOWING)
    wait_for(lambda: client.events("waiting"), "the end of the circle")

    assert client.servers_asked() == [BROKER_ADDRESS, second.address, third.address]
    assert _failures(client) == ["redirected", "redirected", "redirect_refused"]
    assert [_redirects_sent(broker) for broker in (first, second, third)] == [1, 1, 1]
    assert client.events("waiting")[0]["delay_seconds"] >= 30, "somebody has to look at this"


def test_who_does_not_follow_stays_without_a_tunnel_and_says_why(world):
    _chain_of_three(world)

    client = world.run_client(options=["--json", "--once", "--no-redirects"])

    assert client.process.wait() == 5
    assert client.servers_asked() == [BROKER_ADDRESS]
    assert _failures(client) == ["redirect_refused"]


def test_a_chain_of_five_is_followed_and_one_of_six_is_not(world):
    hops = [world.add_broker() for _ in range(6)]
    first = world.start_broker({"redirect": {"brokers": [hops[0].address]}})
    _drain(world, first)
    for broker, following in zip(hops, hops[1:], strict=False):
        _point_to(broker, following.address)
        _drain(world, broker, broker.address)

    client = world.run_client(options=["--json", "--private-redirects", "--once"])

    assert client.process.wait(30) == 5
    assert client.servers_asked() == [BROKER_ADDRESS, *(broker.address for broker in hops[:5])]
    assert _failures(client) == ["redirected"] * 5 + ["redirect_refused"]
    hops[4].ctl("undrain")
    assert world.connect_client(options=FOLLOWING).servers_asked() == [
        BROKER_ADDRESS,
        *(broker.address for broker in hops[:5]),
    ]


# ---- drained brokers whose clients follow ----------------------------------------------------------------------------


def _two_on_one_database(world, server):
    first_prefix = world.make_broker().settings["prefix"]
    quick = {"tunnel": QUICK}
    first = world.start_broker(server.settings_of_one(1, SECOND_PREFIX, quick), accounts=("alice", "bob", "carol"))
    second = world.add_broker(server.settings_of_one(2, first_prefix, quick), accounts=())
    for broker in (first, second):
        wait_for(lambda broker=broker: len(broker.ctl_json("broker", "list")["brokers"]) == 2, "the list of brokers")
    return first, second


def _leases(broker, login):
    account = broker.ctl_json("account", "show", login)
    return account["address"], account["prefixes"]


def test_clients_of_a_drained_broker_follow_to_the_other_and_keep_address_and_prefix(world, mysql_server):
    first, second = _two_on_one_database(world, mysql_server)
    logins = ["alice", "bob", "carol"]
    clients = {login: world.connect_client(login=login, options=[*FOLLOWING, "--router", "56"]) for login in logins}
    before = {login: _leases(first, login) for login in logins}
    addresses = {login: clients[login].address() for login in logins}
    traffic = world.processes.start(
        clients["alice"].namespace, ["ping", "-n", "-i", "0.2", "-c", "10", HOST6_ADDRESS], "ping"
    )

    first.ctl("drain", "--deadline", "60s")
    assert traffic.wait(20) == 0, "a drain leaves live tunnels alone"
    for tunnel in first.tunnels():
        first.ctl("tunnel", "kick", str(tunnel["id"]))

    wait_for(lambda: _logins(second) == logins, "all clients at the second broker", 60)
    for login, client in clients.items():
        wait_for(lambda client=client: client.addresses(), "the tunnel's address")
        assert client.address() == addresses[login] == _leases(second, login)[0]
        assert _leases(second, login) == before[login]
        assert client.servers_asked()[-2:] == [BROKER_ADDRESS, second.address]
        server = next(tunnel["server_address"] for tunnel in second.tunnels() if tunnel["login"] == login)
        wait_for(lambda client=client, server=server: client.namespace.pings(server), "the way through the tunnel")
    assert first.process.wait(70) == 0
    assert "event=drained" in first.process.text()


def test_who_is_left_at_the_deadline_goes_to_its_next_server_with_its_prefix(world, mysql_server):
    first, second = _two_on_one_database(world, mysql_server)
    client = world.connect_client(options=[*FOLLOWING, "--keep-order", "--server", second.address, "--router", "56"])
    before, address = _leases(first, "alice"), client.address()
    assert _logins(first) == ["alice"]

    first.ctl("drain", "--deadline", "2s")

    assert first.process.wait(10) == 0
    assert "1 tunnel left" in first.process.text()
    wait_for(lambda: _logins(second) == ["alice"], "the client at the second broker", 60)
    wait_for(lambda: client.addresses() == [address], "the same address")
    assert _leases(second, "alice") == before
    assert client.namespace.pings(second.tunnels()[0]["server_address"], count=2)


def test_undrain_takes_the_deadline_back_and_clients_are_served_again(world):
    second = world.add_broker()
    first = world.start_broker({"redirect": {"brokers": [second.address]}}, accounts=("alice", "bob"))
    client = world.connect_client(options=FOLLOWING)
    first.ctl("drain", "--deadline", "3s")
    assert first.status()["drain"]["seconds_left"] <= 3

    first.ctl("undrain")

    assert first.status()["drain"] is None
    holds_for(first.process.is_running, "the broker", 4)
    assert client.namespace.pings(HOST6_ADDRESS)
    newcomer = world.connect_client(login="bob", options=FOLLOWING)
    assert newcomer.servers_asked() == [BROKER_ADDRESS]
    assert _logins(first) == ["alice", "bob"] and _logins(second) == []
    assert _redirects_sent(first) == 0


def test_a_second_drain_sets_another_deadline(world):
    first = world.start_broker({"redirect": {"brokers": ["198.51.100.33"]}})
    world.connect_client()
    first.ctl("drain", "--deadline", "1h")

    assert first.ctl_json("drain", "--deadline", "2s")["drain"]["seconds_left"] <= 2

    assert first.process.wait(10) == 0


def test_a_client_that_renews_or_restarts_during_a_drain_goes_to_the_other_broker(world):
    second = world.add_broker()
    first = world.start_broker({"redirect": {"brokers": [second.address]}})
    namespace = world.topology.add_client()
    client = world.connect_client(namespace, options=FOLLOWING)
    stranger = UdpClient(world.topology.add_public_client())
    stranger.open_anonymous_tunnel()
    first.ctl("drain")
    assert client.stop() == 0

    again = world.connect_client(namespace, options=FOLLOWING)

    assert again.servers_asked() == [BROKER_ADDRESS, second.address]
    assert _logins(second) == ["alice"] and "alice" not in _logins(first)
    assert first.process.is_running(), "the stranger's tunnel is still there"
