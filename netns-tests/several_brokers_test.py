# SPDX-License-Identifier: Apache-2.0
"""Several brokers on one store: one tunnel for each account, the same address everywhere, routes for single leases."""

from lib.topology import HOST6_ADDRESS
from lib.wait import wait_for
from lib.world import PASSWORD, SECOND_PREFIX

# The broker's mark on its routes.
PROTOCOL = "119"


def _lease_routes(broker):
    """Destinations of routes to the device, without the pool's own."""
    lines = broker.namespace.ip("-6", "route", "show", "proto", PROTOCOL, "dev", "tsp0").stdout.splitlines()
    return sorted(words[0] for line in lines if (words := line.split()) and words[0] != SECOND_PREFIX)


def _become_the_second_broker(broker, first_prefix):
    """As if another broker had been started on a copy of the store that is kept up to date."""
    broker.stop()
    broker.configure(
        {
            "prefix": SECOND_PREFIX,
            "server": {"broker_id": 2},
            "pool": {"other_pools": [first_prefix]},
            "store": {"takeover_check_seconds": 1},
        }
    )
    broker.start()


def test_an_account_keeps_its_address_and_prefix_at_another_broker(world):
    broker = world.start_broker(accounts=())
    broker.add_account("alice", PASSWORD)
    first_prefix = broker.settings["prefix"]
    client = world.connect_client(options=["--router", "56"])
    account = broker.ctl_json("account", "show", "alice")
    client.process.terminate()

    _become_the_second_broker(broker, first_prefix)
    again = world.connect_client(options=["--router", "56"])

    assert again.address() == account["address"]
    assert broker.ctl_json("account", "show", "alice")["prefixes"] == account["prefixes"]
    assert _lease_routes(broker) == sorted([account["address"], *account["prefixes"]])
    assert again.namespace.pings(HOST6_ADDRESS)
    assert world.host6.pings(account["address"])


def test_routes_of_leases_go_with_the_tunnel(world):
    broker = world.start_broker()
    first_prefix = broker.settings["prefix"]
    world.connect_client().process.terminate()
    _become_the_second_broker(broker, first_prefix)
    world.connect_client()
    assert _lease_routes(broker)

    broker.ctl("tunnel", "kick", str(broker.tunnels()[0]["id"]))

    wait_for(lambda: not _lease_routes(broker) or broker.tunnels(), "the routes to be gone")


def test_all_leases_can_have_routes(world):
    broker = world.start_broker({"pool": {"route_all_leases": True}})
    client = world.connect_client()

    lines = broker.namespace.ip("-6", "route", "show", "proto", PROTOCOL, client.address()).stdout

    assert "dev tsp0" in lines
    assert client.namespace.pings(HOST6_ADDRESS)


def test_an_account_is_sent_to_its_home(world):
    home = world.add_broker({"server": {"broker_id": 2}})
    broker = world.start_broker({"redirect": {"brokers": [home.address], "broker_ids": [2]}})
    broker.ctl("account", "set-home", "alice", "--home", "2")
    assert broker.ctl_json("account", "show", "alice")["home"] == 2

    world.connect_client(options=["--private-redirects"])

    assert [tunnel["login"] for tunnel in home.tunnels()] == ["alice"]
    assert broker.tunnels() == []


def test_a_home_that_no_broker_can_have_is_refused_by_the_name_of_the_option(world):
    broker = world.start_broker()

    result = broker.ctl("account", "set-home", "alice", "--home", "0", check=False)

    assert result.returncode != 0
    assert "--home: expected 1 to 2147483647" in result.stderr


# ---- two brokers at the same time, on one database server -----------------------------------------------------------


def _two_brokers(world, server):
    """With one database and the prefixes that the tests' worlds have; the first has an IPv6 network behind it."""
    first_prefix = world.make_broker().settings["prefix"]
    first = world.start_broker(server.settings_of_one(1, SECOND_PREFIX))
    second = world.add_broker(server.settings_of_one(2, first_prefix), accounts=())
    return first, second


def _logins(broker):
    return [tunnel["login"] for tunnel in broker.tunnels()]


def test_an_account_has_one_tunnel_and_the_same_addresses_at_both_brokers(world, mysql_server):
    first, second = _two_brokers(world, mysql_server)
    client = world.connect_client(options=["--router", "56"])
    account = first.ctl_json("account", "show", "alice")
    assert _logins(first) == ["alice"]
    assert client.address() == account["address"]
    client.process.kill()

    again = world.connect_client(server=second.address, options=["--router", "56"])

    assert again.address() == account["address"]
    assert second.ctl_json("account", "show", "alice")["prefixes"] == account["prefixes"]
    wait_for(lambda: _logins(first) == [], "the first broker to give way", 10)
    assert _logins(second) == ["alice"]
    assert _lease_routes(second) == sorted([account["address"], *account["prefixes"]])


def test_an_account_that_is_disabled_at_one_broker_loses_its_tunnel_at_the_other(world, mysql_server):
    first, second = _two_brokers(world, mysql_server)
    world.connect_client(server=second.address)

    first.ctl("account", "disable", "alice")

    wait_for(lambda: _logins(second) == [], "the second broker to give way", 10)


def test_a_broker_that_was_killed_finds_out_that_it_has_lost_an_account(world, mysql_server):
    first, second = _two_brokers(world, mysql_server)
    world.connect_client().process.kill()
    first.kill()

    world.connect_client(server=second.address)
    first.start()

    wait_for(lambda: _logins(first) == [], "the first broker to give way", 10)
    assert _logins(second) == ["alice"]
    assert second.tunnels()[0]["inner"] == first.ctl_json("account", "show", "alice")["address"]
