# SPDX-License-Identifier: Apache-2.0
"""What is secret is sealed wherever it is kept, and stays readable whatever befalls a change of keys."""

import hashlib
import json
import random
import signal
import subprocess

from lib.programs import program
from lib.tsp import UdpClient
from lib.world import PASSWORD

VERIFIER = hashlib.md5(f"alice:test:{PASSWORD}".encode()).hexdigest()


def _command(broker, *words):
    return [str(word) for word in (program("tspctl"), "--json", words[0], "--config", broker.config_path, *words[1:])]


def _run(broker, *words, check=True):
    return broker.namespace.run(*_command(broker, *words), check=check)


def _keys(broker):
    return json.loads(_run(broker, "key", "list").stdout)


def _logs_in(world, address=None, login="alice"):
    where = [address] if address else []
    with UdpClient(world.topology.add_public_client(), *where) as client:
        return bool(client.open_account_tunnel(login, PASSWORD))


def _key_file(broker):
    return broker.folder / "tspd.db.keys"


def test_no_file_but_that_of_the_keys_and_no_output_holds_a_secret(world):
    broker = world.start_broker()
    assert _logs_in(world)
    _run(broker, "db", "backup", world.folder / "copy.db")
    shown = _run(broker, "key", "list").stdout + _run(broker, "db", "status").stdout

    assert _key_file(broker).stat().st_mode & 0o777 == 0o600
    key = _key_file(broker).read_text().split()[-1]
    raw = bytes.fromhex(VERIFIER)
    for path in sorted(world.folder.iterdir()):
        if not path.is_file() or path == _key_file(broker):
            continue
        content = path.read_bytes()
        assert raw not in content and VERIFIER.encode() not in content.lower() and key.encode() not in content, path
    assert key not in shown + broker.process.text()


def test_a_database_without_its_keys_is_not_served_and_not_given_others(world):
    broker = world.start_broker()
    broker.stop()
    kept = _key_file(broker).rename(world.folder / "kept")

    process = broker.launch()

    assert process.wait(30) == 3
    assert "tspd.db.keys is not there, and 1 secrets are sealed" in process.text()
    assert not _key_file(broker).exists()
    kept.rename(_key_file(broker))
    broker.start()
    assert _logs_in(world)


def test_a_backup_is_of_use_with_the_keys(world):
    broker = world.start_broker()
    _run(broker, "db", "backup", world.folder / "copy.db")
    broker.stop()
    broker.database_path.rename(world.folder / "lost.db")
    for suffix in ("-wal", "-shm"):
        (world.folder / f"tspd.db{suffix}").unlink(missing_ok=True)

    _run(broker, "db", "restore", world.folder / "copy.db")

    broker.start()
    assert _logs_in(world)


def test_passwords_work_however_often_a_change_of_keys_is_killed(world):
    broker = world.start_broker()
    for number in range(40):
        broker.add_account(f"user{number}", PASSWORD)
    broker.stop()
    chance = random.Random(7)
    first = _keys(broker)["current"]

    for _ in range(25):
        rotation = subprocess.Popen(_command(broker, "key", "rotate"), stdout=subprocess.DEVNULL)
        try:
            rotation.wait(chance.uniform(0.001, 0.05))
        except subprocess.TimeoutExpired:
            rotation.send_signal(signal.SIGKILL)
            rotation.wait()
        assert json.loads(_run(broker, "db", "check").stdout)["fault"] == []
    done = json.loads(_run(broker, "key", "rotate").stdout)

    assert done["former"] == [] and done["current"] != first
    broker.start()
    assert _logs_in(world) and _logs_in(world, login="user39")


def test_brokers_on_a_server_change_keys_without_a_restart(world, mysql_server):
    world.start_broker({**mysql_server.settings(), "server": {"realm": "test", "broker_id": 1}})
    second = world.add_broker(
        {**mysql_server.settings(), "server": {"realm": "test", "broker_id": 2}}, accounts=()
    )
    first = world.broker
    added = json.loads(_run(first, "key", "add").stdout)

    rotated = json.loads(_run(first, "key", "rotate").stdout)
    assert rotated["current"] == added["next"][0] and rotated["former"] == [added["current"]]
    second.add_account("bob", PASSWORD)
    retired = json.loads(_run(first, "key", "retire").stdout)
    assert retired["former"] == [] and retired["sealed_anew"] == 0

    assert _logs_in(world) and _logs_in(world, second.address, login="bob")
    verifiers = mysql_server.sql("SELECT verifier FROM tspbroker.accounts").stdout.split()
    assert len(verifiers) == 2 and all(text.startswith(f"sealed:{retired['current']}:") for text in verifiers)


def test_a_broker_on_a_server_does_not_make_keys_of_its_own(world, mysql_server):
    settings = mysql_server.settings()
    settings["store"]["key_file"] = str(world.folder / "none")
    broker = world.make_broker(settings)

    process = broker.launch()
    assert process.wait(30) == 3
    assert "`tspctl key init` makes it" in process.text()

    _run(broker, "key", "init")
    broker.start()
    broker.add_account("alice", PASSWORD)
    assert _logs_in(world)
