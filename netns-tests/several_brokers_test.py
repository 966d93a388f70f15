# SPDX-License-Identifier: Apache-2.0
"""Leases of other brokers on the same store: kept, reached by routes of their own, announced as long as they live."""

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
