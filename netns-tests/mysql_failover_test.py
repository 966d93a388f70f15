# SPDX-License-Identifier: Apache-2.0
"""Two database servers behind one address, the second a replica of the first: when it takes the first one's place the
broker comes along by itself, and nothing is lost or written twice.

The address is that of a proxy which lets connections that there are go on where they are, as many do."""

import contextlib
import pathlib
import tempfile
import threading
import time

import pytest
from lib.mysql_server import DATABASE, MysqlServer
from lib.topology import HOST6_ADDRESS
from lib.tsp import UdpClient
from lib.wait import wait_for
from lib.world import PASSWORD
from mysql_test import BACK_WITHIN_SECONDS, lost_of, start_pings

SERVICE = "203.0.113.250"
FIRST = ["--server-id=1", "--log-bin=binlog", "--rpl-semi-sync-master-timeout=600000",
         "--rpl-semi-sync-master-wait-point=AFTER_SYNC"]  # fmt: skip
SECOND = ["--server-id=2", "--log-bin=binlog", "--log-slave-updates", "--rpl-semi-sync-slave-enabled=1", "--read-only"]


class Pair:
    def __init__(self, world, folder):
        def server(name, options):
            (folder / name).mkdir()
            folder.chmod(0o755)
            return MysqlServer(world.topology.add_public_client(), world.processes, folder / name, options)

        self.first, self.second = server("first", FIRST), server("second", SECOND)
        self.broker = None
        self._replicate()

    def _replicate(self):
        for server in (self.first, self.second):
            server.start()
        self.first.make_database()
        self.first.sql("CREATE USER replica@'%' IDENTIFIED BY 'x'; GRANT REPLICATION SLAVE ON *.* TO replica@'%'")
        # From now on a commit is not reported before it is at the replica.
        self.first.sql("SET GLOBAL rpl_semi_sync_master_enabled = 1")
        self.second.sql(
            f"CHANGE MASTER TO master_host = '{self.first.address}', master_user = 'replica', master_password = 'x',"
            " master_use_gtid = slave_pos; START SLAVE"
        )
        status = "SELECT variable_value FROM information_schema.global_status WHERE variable_name = "
        wait_for(lambda: self.first.ask(status + "'rpl_semi_sync_master_clients'") == "1", "the replica", 60)
        self._wait_for_replica()

    def _wait_for_replica(self):
        position = self.first.ask("SELECT @@gtid_binlog_pos")
        assert self.second.ask(f"SELECT master_gtid_wait('{position}', 60)") == "0"

    def settings(self):
        settings = self.first.settings()
        settings["store"]["mysql"]["host"] = SERVICE
        return settings

    def point_to(self, server, namespace):
        """New connections go to that server; those that there are stay where they are."""
        namespace.nft("table ip service; flush table ip service; table ip service { chain output {"
                      " type nat hook output priority -100;"
                      f" ip daddr {SERVICE} dnat to {server.address}; }}; }}")  # fmt: skip

    def fail_over(self, how, namespace):
        if how == "dies":
            self.first.kill()
        else:
            self.first.sql("SET GLOBAL read_only = 1")
            self._wait_for_replica()
        self.second.sql("STOP SLAVE; SET GLOBAL read_only = 0")
        self.point_to(self.second, namespace)


@pytest.fixture
def pair(world):
    with tempfile.TemporaryDirectory(prefix="tsp-mysql-") as folder:
        yield Pair(world, pathlib.Path(folder))
        world.processes.close()


class Writers:
    """Somebody adds accounts all the time; `done` are those that he was told to be there."""

    def __init__(self, broker):
        self.broker = broker
        self.done = []
        self._asked = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self):
        while not self._end.is_set():
            self._asked += 1
            login = f"user{self._asked}"
            added = self.broker.ctl("account", "add", login, password=PASSWORD, check=False)
            if added.returncode == 0:
                self.done.append(login)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


def _opens_a_tunnel(namespace):
    with contextlib.suppress(AssertionError, OSError), UdpClient(namespace) as client:
        return client.open_account_tunnel("bob", PASSWORD)


@pytest.mark.parametrize("how", ["becomes read-only", "dies"])
def test_a_replica_takes_over_and_nothing_is_lost_or_written_twice(world, pair, how):
    pair.point_to(pair.first, world.topology.broker)
    broker = world.start_broker(pair.settings(), accounts=("alice", "bob"))
    client = world.connect_client()
    namespace = world.topology.add_public_client()
    ping = start_pings(world, client)
    with Writers(broker) as writers:
        wait_for(lambda: len(writers.done) >= 5, "accounts before")
        pair.fail_over(how, broker.namespace)
        before, begin = len(writers.done), time.monotonic()
        wait_for(lambda: len(writers.done) >= before + 5, "accounts afterwards", BACK_WITHIN_SECONDS)
        wait_for(lambda: _opens_a_tunnel(namespace), "log-ins", BACK_WITHIN_SECONDS - (time.monotonic() - begin))

    # What is written at the second is read there as well.
    for login in writers.done:
        assert broker.ctl_json("account", "show", login)["login"] == login
    assert pair.second.ask(f"SELECT count(*) FROM {DATABASE}.tunnels WHERE login = 'bob'") == "1"
    rows = pair.second.sql(
        f"SELECT subject, count(*) FROM {DATABASE}.audit WHERE action = 'account.add' AND result = 'done' GROUP BY subject"
    ).stdout.split()
    times = dict(zip(rows[::2], map(int, rows[1::2]), strict=True))
    accounts = set(pair.second.sql(f"SELECT login FROM {DATABASE}.accounts").stdout.split())
    assert times == dict.fromkeys(accounts, 1)
    assert set(writers.done) | {"alice", "bob"} <= accounts
    if how != "dies":
        users = "SELECT count(*) FROM information_schema.processlist WHERE user = 'tspbroker'"
        wait_for(lambda: pair.first.ask(users) == "0", "nobody to be left at the first", 20)
    assert client.namespace.pings(HOST6_ADDRESS)
    assert lost_of(ping) == set()
