# SPDX-License-Identifier: Apache-2.0
"""What two brokers on one database write into the files of their zones: the same, whoever was told of it."""

import pytest
from lib.topology import BROKER_ADDRESS
from lib.tsp import UdpClient
from lib.wait import wait_for
from lib.world import PASSWORD, SECOND_PREFIX

ZONE = "8.b.d.0.1.0.0.2.ip6.arpa"
FORWARD_ZONE = "tunnels.example"


def _settings(server, number, other_prefix, folder):
    dns = {"fragment_folder": str(folder), "zones": [ZONE, FORWARD_ZONE], "domain": FORWARD_ZONE}
    return server.settings_of_one(number, other_prefix, {"dns": dns})


@pytest.fixture
def brokers(world, mysql_server):
    """The two; the folder of each one's files is in its attribute `zones`."""
    prefix = world.make_broker().settings["prefix"]
    folders = [world.folder / name for name in ("zones1", "zones2")]
    for folder in folders:
        folder.mkdir()
    first = world.start_broker(_settings(mysql_server, 1, SECOND_PREFIX, folders[0]))
    second = world.add_broker(_settings(mysql_server, 2, prefix, folders[1]), accounts=())
    first.zones, second.zones = folders
    first.address = BROKER_ADDRESS
    return first, second


def _connect(world, broker, names, prefix_length=56):
    with UdpClient(world.topology.add_client(), server=broker.address) as client:
        return client.open_account_tunnel("alice", PASSWORD, prefix_length=prefix_length, name_servers=names)


def _records(broker, kind, zone=ZONE):
    """The owners' names and what they have, of one type."""
    path = broker.zones / f"{zone}.inc"
    lines = path.read_text().splitlines() if path.exists() else []
    fields = [line.split() for line in lines if f" {kind} " in line.replace("\t", " ")]
    return sorted((words[0], words[-1]) for words in fields)


def _wait_for(brokers, wanted, what):
    wait_for(lambda: all(wanted(broker) for broker in brokers), what, 20)


def test_the_last_name_servers_are_in_the_files_of_both(world, brokers):
    first, second = brokers
    _connect(world, first, ["ns1.example.org"])
    _wait_for(brokers, lambda broker: [data for _, data in _records(broker, "NS")] == ["ns1.example.org."], "the first")
    _connect(world, second, ["ns2.example.org"])
    _wait_for(brokers, lambda broker: [data for _, data in _records(broker, "NS")] == ["ns2.example.org."], "the second")
    _connect(world, first, ["ns3.example.org"])
    _wait_for(brokers, lambda broker: [data for _, data in _records(broker, "NS")] == ["ns3.example.org."], "the third")


def test_a_prefix_that_is_given_up_and_an_account_that_is_deleted_are_in_no_file(world, brokers):
    first, second = brokers
    _connect(world, first, ["ns1.example.org"], 56)
    _wait_for(brokers, lambda broker: len(_records(broker, "NS")) == 1, "the delegation")
    [(before, _)] = _records(first, "NS")

    _connect(world, second, [], 60)

    _wait_for(brokers, lambda broker: [name for name, _ in _records(broker, "NS")] not in ([], [before]), "the new one")
    assert _records(first, "NS") == _records(second, "NS")
    assert len(_records(first, "AAAA", FORWARD_ZONE)) == 1
    second.ctl("account", "delete", "alice")
    _wait_for(brokers, lambda broker: _records(broker, "NS") == [], "the delegation to be gone")
    _wait_for(brokers, lambda broker: _records(broker, "AAAA", FORWARD_ZONE) == [], "the name to be gone")
