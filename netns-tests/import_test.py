# SPDX-License-Identifier: Apache-2.0
"""Accounts of a ddtb come from its database into ours, and their clients find what they had: password, address, prefix."""

import ipaddress
import json
import pathlib

import pytest
from lib.broker import to_toml
from lib.mysql_server import PASSWORD as SERVER_PASSWORD
from lib.namespace import run
from lib.programs import program
from lib.topology import HOST6_ADDRESS
from lib.tsp import UdpClient
from lib.wait import wait_for

OLD_TABLES = pathlib.Path(__file__).resolve().parent.parent / "adapters/linux/ddtb/old_tables.sql"
DB_KEY = "YW4gZXhhbXBsZSBtYXN0ZXIga2V5LCAzMiBieXRlcyE="
PASSWORDS = {"alice": "correct horse", "bob": "0123456789abcdef", "سعيد": "pässwörd-ü", "dave": 'p:l\\ain "text"'}
PREFIX, ADDRESS, SERVER_ADDRESS = "2001:db8:1:a100::/56", "2001:db8:1:a100::1", "2001:db8:1:a100::"


def _secret(path, text):
    path.write_text(text + "\n")
    path.chmod(0o600)
    return str(path)


@pytest.fixture
def old_settings(world, mysql_server):
    """The file of settings for an old database, which is on the server as from a dump."""
    mysql_server.sql("CREATE DATABASE DDTB; GRANT SELECT ON DDTB.* TO tspbroker@'%'")
    socket = f"{mysql_server.folder}/server.sock"
    run("mariadb", "--no-defaults", "-u", "root", "-S", socket, "DDTB", input=OLD_TABLES.read_text())
    settings = {"host": mysql_server.address, "user": "tspbroker", "tls": False}
    settings["password_file"] = str(mysql_server.password_path)
    settings["db_key_file"] = _secret(world.folder / "db_key", DB_KEY)
    path = world.folder / "ddtb.toml"
    path.write_text(to_toml(settings))
    return path


def _import(broker, settings, *options, check=True):
    words = [program("tspctl"), "--json", "db", "--config", broker.config_path, "import-ddtb", settings]
    return broker.namespace.run(*words, *options, check=check)


def _rows(broker):
    words = [program("tspctl"), "--json", "db", "--config", broker.config_path, "status"]
    return json.loads(broker.namespace.run(*words).stdout).get("rows")


def _log_in_with_old_passwords(world, broker):
    for login, password in PASSWORDS.items():
        with UdpClient(world.topology.add_public_client()) as client:
            assert client.open_account_tunnel(login, password, prefix_length=56), login
    return {tunnel["login"]: tunnel for tunnel in broker.tunnels()}


def test_imported_clients_log_in_with_old_passwords_and_have_what_they_had(world, old_settings):
    broker = world.make_broker()

    attempt = json.loads(_import(broker, old_settings).stdout)
    assert not attempt["applied"] and attempt["counts"]["added"] == 4
    assert not broker.database_path.exists()

    result = _import(broker, old_settings, "--apply")
    report = json.loads(result.stdout)
    assert report["counts"] == attempt["counts"] and report["accounts"] == attempt["accounts"]
    assert {account["login"]: account["fate"] for account in report["accounts"]}["e:ve"] == "refused"
    for secret in (*PASSWORDS.values(), DB_KEY, SERVER_PASSWORD):
        assert secret not in result.stdout + result.stderr
    rows = _rows(broker)
    again = json.loads(_import(broker, old_settings, "--apply").stdout)
    assert again["counts"]["added"] == 0 and again["counts"]["present"] == 4
    assert _rows(broker) == rows

    broker.start()
    tunnels = _log_in_with_old_passwords(world, broker)
    assert tunnels["alice"]["delegated"] == PREFIX
    assert tunnels["alice"]["inner"] == ADDRESS
    assert tunnels["alice"]["server_address"] == SERVER_ADDRESS
    assert tunnels["bob"]["delegated"] == "2001:db8:1:a200::/56"
    assert tunnels["سعيد"]["delegated"] == "2001:db8:1:a300::/56"


def test_an_imported_router_has_its_old_prefix_on_its_lan(world, old_settings):
    broker = world.make_broker()
    _import(broker, old_settings, "--apply")
    broker.start()
    namespace = world.topology.add_client()
    host = world.topology.add_lan_host(namespace)

    options = ["--router", "56", "--lan", "lan"]
    client = world.connect_client(namespace, login="alice", password=PASSWORDS["alice"], options=options)

    interface = wait_for(lambda: client.lan_address(), "a prefix on the LAN")
    assert interface.network.subnet_of(ipaddress.ip_network(PREFIX))
    assert client.addresses() == [ADDRESS]
    host.ip("addr", "add", f"{interface.network[2]}/64", "dev", "eth0")
    host.ip("route", "add", "default", "via", str(interface.ip))
    assert host.pings(HOST6_ADDRESS, count=3)
    assert world.host6.pings(str(interface.network[2]), count=3)
    assert client.namespace.pings(SERVER_ADDRESS)


def test_an_import_into_a_server_is_one_into_a_file(world, mysql_server, old_settings):
    broker = world.make_broker(mysql_server.settings())

    report = json.loads(_import(broker, old_settings, "--apply").stdout)

    assert report["counts"]["added"] == 4 and report["counts"]["prefixes"] == 3
    broker.start()
    assert _log_in_with_old_passwords(world, broker)["alice"]["inner"] == ADDRESS


def test_nothing_is_imported_with_a_wrong_key_or_into_a_file_that_is_in_use(world, old_settings):
    broker = world.make_broker()
    key = world.folder / "db_key"
    key.write_text("YW5vdGhlciBrZXk=\n")
    refused = _import(broker, old_settings, "--apply", check=False)
    assert refused.returncode == 5 and "none of the 3 encrypted passwords can be read" in refused.stderr
    assert _rows(broker)["accounts"] == 0

    key.write_text(DB_KEY + "\n")
    key.chmod(0o644)
    refused = _import(broker, old_settings, check=False)
    assert refused.returncode == 1 and "chmod 600" in refused.stderr

    key.chmod(0o600)
    broker.start()
    refused = _import(broker, old_settings, "--apply", check=False)
    assert refused.returncode == 5 and "another tspd" in refused.stderr
    assert json.loads(_import(broker, old_settings).stdout)["counts"]["added"] == 4
    assert broker.ctl_json("account", "list")["accounts"] == []


def test_a_deleted_account_of_an_import_leaves_its_prefix_in_quarantine(world, old_settings):
    broker = world.make_broker()
    _import(broker, old_settings, "--apply")
    broker.start()
    _log_in_with_old_passwords(world, broker)

    broker.ctl("account", "delete", "alice")

    assert "alice" not in {account["login"] for account in broker.ctl_json("account", "list")["accounts"]}
    assert "alice" not in {tunnel["login"] for tunnel in broker.tunnels()}
    broker.stop()
    words = [program("tspctl"), "--json", "db", "--config", broker.config_path, "check"]
    assert json.loads(broker.namespace.run(*words).stdout)["fault"] == []
