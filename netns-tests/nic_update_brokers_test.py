# SPDX-License-Identifier: Apache-2.0
"""GET /nic/update where the store is a database server, of one broker and of two."""

import pytest
from lib.nic_update import SETTINGS, Router, update, word
from lib.topology import BROKER_ADDRESS
from lib.wait import wait_for
from lib.world import SECOND_PREFIX


def _two_brokers(world, server):
    """And the update key of the account alice."""
    prefix = world.make_broker().settings["prefix"]
    first = world.start_broker(server.settings_of_one(1, SECOND_PREFIX, SETTINGS))
    second = world.add_broker(server.settings_of_one(2, prefix, SETTINGS), accounts=())
    return first, second, first.ctl("account", "update-key", "alice").stdout.strip()


@pytest.fixture
def client(world):
    return world.topology.add_public_client()


def test_the_same_address_again_is_no_change(world, mysql_server, client):
    first, _, key = _two_brokers(world, mysql_server)
    assert update(client, key) == (200, f"good {client.public_address}\n")
    [tunnel] = first.tunnels()
    with Router(client) as router:
        assert router.pings(tunnel["inner"])

    for _ in range(3):
        assert update(client, key) == (200, f"nochg {client.public_address}\n")

    assert first.tunnels()[0]["id"] == tunnel["id"]
    first.kill()
    first.start()
    assert word(client, key) == f"nochg {client.public_address}"


def test_the_broker_that_is_asked_takes_the_tunnel_and_says_so(world, mysql_server, client):
    first, second, key = _two_brokers(world, mysql_server)
    assert word(client, key).startswith("good")
    [before] = first.tunnels()

    status, text = update(client, key, server=second.address)

    assert (status, text) == (200, f"good {client.public_address}\nthe tunnel was at broker 1\n")
    [after] = second.tunnels()
    assert (after["inner"], after["delegated"]) == (before["inner"], before["delegated"])
    assert after["local"].startswith(second.address)
    wait_for(lambda: first.tunnels() == [], "the first broker to give way", 10)
    assert word(client, key, server=second.address) == f"nochg {client.public_address}"
    assert update(client, key)[1] == f"good {client.public_address}\nthe tunnel was at broker 2\n"
    wait_for(lambda: second.tunnels() == [], "the second broker to give way", 10)
    with Router(client, server=BROKER_ADDRESS) as router:
        assert router.pings(before["inner"])


def test_offline_ends_the_tunnel_at_whichever_broker_it_is(world, mysql_server, client):
    first, second, key = _two_brokers(world, mysql_server)
    offline = "hostname=alice&offline=yes"
    assert update(client, key, offline, server=second.address) == (200, "good\n"), "there was none"
    assert word(client, key).startswith("good")

    assert update(client, key, offline, server=second.address) == (200, "good\n")

    wait_for(lambda: first.tunnels() == [], "the first broker to end the tunnel", 10)
    assert second.tunnels() == []
    assert update(client, key, offline) == (200, "good\n")
    assert word(client, key).startswith("good"), "the account keeps what it holds"
