# SPDX-License-Identifier: Apache-2.0
"""Brokers that know each other from their database alone: who is there, and where clients are sent."""

from lib.topology import BROKER_ADDRESS
from lib.tsp import UdpClient
from lib.wait import wait_for
from lib.world import PASSWORD, SECOND_PREFIX


def _settings(server, number, other_prefix, changes=None):
    settings = server.settings_of_one(number, other_prefix, changes)
    settings["server"].setdefault("region", "south")
    return settings


def _two_brokers(world, server, first=None, second=None):
    prefix = world.make_broker().settings["prefix"]
    one = world.start_broker(_settings(server, 1, SECOND_PREFIX, first))
    two = world.add_broker(_settings(server, 2, prefix, second), accounts=())
    for broker in (one, two):
        wait_for(lambda broker=broker: len(_list(broker)) == 2, "the brokers to know each other")
    return one, two


def _list(broker):
    return broker.ctl_json("broker", "list")["brokers"]


def _other(broker):
    return next(one for one in _list(broker) if not one["own"])


def _hold_tunnel(world):
    client = UdpClient(world.topology.add_public_client())
    client.open_anonymous_tunnel()
    return client


def _logins(broker):
    return [tunnel["login"] for tunnel in broker.tunnels()]


def test_brokers_on_one_database_are_listed_at_each(world, mysql_server):
    first, second = _two_brokers(world, mysql_server)

    other = _other(first)
    assert other["id"] == 2 and other["heard"] and other["state"] == "up" and other["region"] == "south"
    assert other["addresses"] == [second.address] and other["pools"] == [SECOND_PREFIX]
    assert _other(second)["addresses"] == [BROKER_ADDRESS]
    table = first.ctl("broker", "list").stdout
    assert "up (this one)" in table and second.address in table
    assert "there are also: 2" in first.ctl("tunnel", "list").stdout
    status = first.status()
    assert status["broker_id"] == 1 and status["store"]["type"] == "mysql"
    assert status["other_pools"] == [SECOND_PREFIX] and status["redirect"] == []


def test_a_full_broker_sends_clients_to_the_one_that_the_database_names(world, mysql_server):
    first, second = _two_brokers(world, mysql_server, {"limits": {"tunnels_max": 1}})
    _hold_tunnel(world)

    client = world.connect_client(options=["--json", "--private-redirects"])

    assert client.servers_asked() == [BROKER_ADDRESS, second.address]
    assert _logins(second) == ["alice"]
    wait_for(lambda: first.ctl_json("account", "show", "alice")["tunnel_broker"] == 2, "the place of the tunnel")
    assert "at broker 2" in first.ctl("account", "show", "alice").stdout


def test_a_tunnel_at_another_broker_has_its_configuration_everywhere(world, mysql_server):
    first, second = _two_brokers(
        world,
        mysql_server,
        second={"server": {"listen": ["0.0.0.0:4000"], "allow_private_outer_addresses": True}},
    )
    client = world.topology.add_public_client()
    world.connect_client(client, server=f"{second.address}:4000", options=["--type", "v6v4"])
    [tunnel] = second.tunnels()
    assert tunnel["type"] == "v6v4"

    def config(broker, system):
        return broker.ctl("client-config", "alice", "--for", system).stdout

    for system in ("gogoc", "tsp-connect", "iproute2", "openwrt"):
        assert config(first, system) == config(second, system)
    assert f"server={second.address}:4000\n" in config(first, "gogoc")
    assert f"remote {second.address} local {client.public_address}" in config(first, "iproute2")
    shown = first.ctl_json("account", "show", "alice")
    assert shown["tunnel"] is None and shown["tunnel_elsewhere"]["id"] == tunnel["id"]


def test_a_client_follows_to_another_port(world, mysql_server):
    first, second = _two_brokers(
        world, mysql_server, {"limits": {"tunnels_max": 1}}, {"server": {"listen": ["0.0.0.0:4000"]}}
    )
    _hold_tunnel(world)

    client = world.connect_client(options=["--json", "--private-redirects"])

    assert client.servers_asked() == [BROKER_ADDRESS, f"{second.address}:4000"]
    assert _logins(second) == ["alice"]


def test_an_account_whose_home_is_dead_is_served_where_it_comes(world, mysql_server):
    first, second = _two_brokers(world, mysql_server)
    first.ctl("account", "set-home", "alice", "--home", "2")
    client = world.connect_client(options=["--json", "--private-redirects"])
    assert _logins(second) == ["alice"]
    client.process.kill()

    second.kill()
    wait_for(lambda: not _other(first)["heard"], "the first broker to notice", 20)
    again = world.connect_client(options=["--json", "--private-redirects"])

    assert again.servers_asked() == [BROKER_ADDRESS]
    assert _logins(first) == ["alice"]
    assert "event=home_unavailable" in first.process.text()
    assert "broker 2 is not heard of any more" in first.process.text()


def test_a_home_that_nobody_knows_is_refused_by_the_known_ones_unless_it_is_forced(world, mysql_server):
    first, _ = _two_brokers(world, mysql_server)

    refused = first.ctl("account", "set-home", "alice", "--home", "7", check=False)

    assert refused.returncode == 1 and "--home: no broker 7 is known, only 1, 2" in refused.stderr
    first.ctl("account", "set-home", "alice", "--home", "7", "--force")
    assert first.ctl_json("account", "show", "alice")["home"] == 7


def test_a_broker_that_has_stopped_can_be_struck_from_the_list(world, mysql_server):
    first, second = _two_brokers(world, mysql_server)
    assert first.ctl("broker", "forget", "2", check=False).returncode == 1
    second.stop()
    wait_for(lambda: _other(first)["state"] == "stopped", "the second broker's last word")

    first.ctl("broker", "forget", "2")

    wait_for(lambda: len(_list(first)) == 1, "the list without it")


def test_brokers_with_the_same_prefix_are_complained_of_and_serve(world, mysql_server):
    prefix = world.make_broker().settings["prefix"]
    first = world.start_broker(_settings(mysql_server, 1, None))
    second = world.make_another_broker({**_settings(mysql_server, 2, None), "prefix": prefix})
    second.start()

    for broker in (first, second):
        broker.process.wait_for_text("event=pools_overlap")
    second.add_account("bob", PASSWORD)
    world.connect_client(login="bob", server=second.address)
