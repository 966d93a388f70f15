# SPDX-License-Identifier: Apache-2.0
"""The database is locked, or the disk full: tunnels go on, newcomers are told to wait, and it heals by itself."""

import contextlib
import sqlite3

import pytest
from lib.namespace import run
from lib.topology import HOST6_ADDRESS
from lib.tsp import VERSION, UdpClient
from lib.wait import wait_for
from lib.world import PASSWORD


@pytest.fixture
def small_disk(world):
    """A file system of its own for the database; the daemon must be started after it is there."""
    folder = world.folder / "disk"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder)
    yield folder
    world.processes.close()
    run("umount", folder)


def _is_busy(namespace):
    with UdpClient(namespace) as client:
        return client.ask(VERSION).startswith(b"530")


def _accepts_again(broker, namespace):
    def opened():
        with contextlib.suppress(AssertionError), UdpClient(namespace) as client:
            return client.open_account_tunnel("bob", PASSWORD)

    wait_for(opened, "recovery", 20, interval_seconds=0.5)
    wait_for(lambda: broker.status()["store"]["available"], "the status to say so")


def _try_to_connect(namespace):
    """Begins what needs a write, so that the daemon meets the fault; the answer does not matter."""
    with contextlib.suppress(AssertionError), UdpClient(namespace) as client:
        client.open_account_tunnel("bob", PASSWORD)


def test_tunnels_go_on_while_the_database_is_locked(world):
    broker = world.start_broker(accounts=("alice", "bob"))
    client = world.connect_client()
    namespace = world.topology.add_public_client()
    lock = sqlite3.connect(broker.database_path, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    _try_to_connect(namespace)

    wait_for(lambda: _is_busy(namespace), "530 while the database is locked", 20, interval_seconds=0.5)
    assert client.namespace.pings(HOST6_ADDRESS, count=3)
    store = broker.status()["store"]
    assert not store["available"] and store["detail"]

    lock.execute("ROLLBACK")
    lock.close()
    _accepts_again(broker, namespace)
    assert client.namespace.pings(HOST6_ADDRESS)


def test_tunnels_go_on_while_the_disk_is_full(world, small_disk):
    broker = world.make_broker({"store": {"path": str(small_disk / "tspd.db")}}).start()
    for login in ("alice", "bob"):
        broker.add_account(login, PASSWORD)
    client = world.connect_client()
    namespace = world.topology.add_public_client()
    filler = small_disk / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    _try_to_connect(namespace)

    assert client.namespace.pings(HOST6_ADDRESS, count=3)
    assert broker.process.is_running()

    filler.unlink()
    _accepts_again(broker, namespace)


def test_a_file_that_is_no_database_is_named(world):
    broker = world.make_broker()
    broker.database_path.write_bytes(b"this is not a database" * 100)

    process = broker.launch()

    assert process.wait(10) != 0
    assert str(broker.database_path) in process.text()
    assert broker.pool_routes() == []


def test_accounts_and_leases_survive_a_restart(world):
    broker = world.start_broker()
    client = world.connect_client()
    address = client.address()
    client.stop()

    broker.stop()
    broker.start()

    assert [account["login"] for account in broker.ctl_json("account", "list")["accounts"]] == ["alice"]
    assert world.connect_client(client.namespace).address() == address
