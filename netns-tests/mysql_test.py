# SPDX-License-Identifier: Apache-2.0
"""A broker on a database server that goes away: tunnels go on, newcomers are told to wait, and it heals by itself."""

import contextlib
import json

import pytest
from lib.mysql_server import PASSWORD as SERVER_PASSWORD
from lib.programs import program
from lib.topology import HOST6_ADDRESS
from lib.tsp import VERSION, UdpClient
from lib.wait import wait_for
from lib.world import PASSWORD

BACK_WITHIN_SECONDS = 15


def _is_busy(namespace):
    with UdpClient(namespace) as client:
        return client.ask(VERSION).startswith(b"530")


def _try_to_connect(namespace):
    """Begins what needs the database, so that the daemon meets the fault; the answer does not matter."""
    with contextlib.suppress(AssertionError), UdpClient(namespace) as client:
        client.open_account_tunnel("bob", PASSWORD)


def _accepts_again(broker, namespace):
    def opened():
        with contextlib.suppress(AssertionError), UdpClient(namespace) as client:
            return client.open_account_tunnel("bob", PASSWORD)

    wait_for(lambda: broker.status()["store"]["available"], "the store to be back", BACK_WITHIN_SECONDS)
    wait_for(opened, "log-ins", BACK_WITHIN_SECONDS, interval_seconds=0.5)


def start_pings(world, client):
    ping = world.processes.start(client.namespace, ["ping", "-n", "-i", "0.2", HOST6_ADDRESS], "ping")
    ping.wait_for_text("bytes from")
    return ping


def lost_of(ping):
    """The numbers of the echo requests that were not answered, but for the last ones."""
    words = [line.split("icmp_seq=")[1] for line in ping.output().splitlines() if "icmp_seq=" in line]
    answered = {int(word.split()[0]) for word in words}
    return set(range(1, max(answered) + 1)) - answered


@pytest.mark.parametrize("fault", ["killed", "cut off"])
def test_tunnels_lose_no_packet_while_the_server_is_away(world, mysql_server, fault):
    broker = world.start_broker(mysql_server.settings(), accounts=("alice", "bob"))
    client = world.connect_client()
    namespace = world.topology.add_public_client()
    ping = start_pings(world, client)
    mysql_server.kill() if fault == "killed" else mysql_server.cut_off()
    _try_to_connect(namespace)

    wait_for(lambda: _is_busy(namespace), "530 while the server is away", 30, interval_seconds=0.5)
    store = broker.status()["store"]
    assert not store["available"] and store["detail"]

    mysql_server.start() if fault == "killed" else mysql_server.join_again()
    _accepts_again(broker, namespace)
    assert client.namespace.pings(HOST6_ADDRESS)
    assert lost_of(ping) == set()


def test_a_daemon_started_before_its_server_serves_once_that_is_there(world, mysql_server):
    world.start_broker(mysql_server.settings(), accounts=("alice", "bob")).stop()
    mysql_server.kill()
    broker = world.broker
    broker.launch()
    namespace = world.topology.add_public_client()
    wait_for(lambda: _is_busy(namespace), "530 from the start", 30, interval_seconds=0.5)
    assert "the server cannot be reached" in broker.process.text()

    mysql_server.start()
    _accepts_again(broker, namespace)


def test_leases_survive_a_restart_and_the_password_shows_nowhere(world, mysql_server):
    broker = world.start_broker(mysql_server.settings())
    client = world.connect_client()
    address = client.address()
    client.stop()
    command_line = open(f"/proc/{broker.process.pid}/cmdline").read()

    broker.stop()
    shown = broker.process.text()
    broker.start()

    assert world.connect_client(client.namespace).address() == address
    assert SERVER_PASSWORD not in shown + command_line + broker.process.text()


def test_an_account_of_one_broker_logs_in_at_the_other(world, mysql_server):
    world.start_broker({**mysql_server.settings(), "server": {"realm": "test", "broker_id": 1}})
    second = world.add_broker(
        {**mysql_server.settings(), "server": {"realm": "test", "broker_id": 2}}, accounts=()
    )

    assert [account["login"] for account in second.ctl_json("account", "list")["accounts"]] == ["alice"]
    with UdpClient(world.topology.add_public_client(), second.address) as client:
        assert client.open_account_tunnel("alice", PASSWORD)
    assert len(second.tunnels()) == 1


def test_a_second_daemon_with_the_same_number_is_refused(world, mysql_server):
    world.start_broker(mysql_server.settings())

    process = world.make_another_broker(mysql_server.settings()).launch()

    assert process.wait(30) != 0
    assert "another tspd serves this database as broker 1" in process.text()


def test_everything_moves_from_a_file_to_a_server(world, mysql_server):
    keys = {"store": {"key_file": str(mysql_server.key_path)}}
    broker = world.start_broker(keys, accounts=("alice", "bob"))
    client = world.connect_client()
    address = client.address()
    client.stop()
    broker.stop()

    def db(*words):
        return broker.namespace.run(program("tspctl"), "--json", "db", "--config", broker.config_path, *words).stdout

    copy = world.folder / "copy.db"
    rows = json.loads(db("backup", copy))["rows"]
    broker.configure(mysql_server.settings())
    assert json.loads(db("restore", copy))["rows"] == rows
    assert json.loads(db("check"))["fault"] == []
    broker.start()

    assert {account["login"] for account in broker.ctl_json("account", "list")["accounts"]} == {"alice", "bob"}
    assert world.connect_client(client.namespace).address() == address
    assert json.loads(db("status"))["rows"]["accounts"] == 2
    assert json.loads(db("backup", world.folder / "live.db"))["rows"]["accounts"] == 2
