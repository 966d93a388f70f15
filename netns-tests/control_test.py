# SPDX-License-Identifier: Apache-2.0
"""tspctl: accounts, tunnels and status, for people and as JSON."""

import hashlib

import pytest
from lib.programs import ROOT, program
from lib.topology import HOST6_ADDRESS
from lib.wait import wait_for
from lib.world import PASSWORD


def test_an_account_is_added_listed_and_shown(world):
    broker = world.start_broker(accounts=())

    broker.add_account("carol", "secret")

    assert [account["login"] for account in broker.ctl_json("account", "list")["accounts"]] == ["carol"]
    assert broker.ctl_json("account", "show", "carol")["login"] == "carol"
    assert "carol" in broker.ctl("account", "list").stdout
    assert "carol" in broker.ctl("account", "show", "carol").stdout


def test_no_output_and_no_log_shows_a_password_or_its_verifier(world):
    broker = world.start_broker({"log": {"level": "debug"}}, accounts=())
    broker.add_account("carol", "verysecretword")
    verifier = hashlib.md5(b"carol:test:verysecretword").hexdigest()
    client = world.connect_client(login="carol", password="verysecretword")
    client.stop()

    texts = [
        broker.ctl("account", "show", "carol").stdout,
        broker.ctl("--json", "account", "show", "carol").stdout,
        broker.process.text(),
        client.process.text(),
    ]
    for text in texts:
        assert "verysecretword" not in text and verifier not in text


@pytest.mark.parametrize("login", ["", "with:colon", "x" * 300], ids=["empty", "with a colon", "too long"])
def test_a_login_that_cannot_work_is_refused(world, login):
    broker = world.start_broker(accounts=())

    result = broker.ctl("account", "add", login, check=False, password="secret")

    assert result.returncode != 0
    assert result.stderr.strip()
    assert broker.ctl_json("account", "list")["accounts"] == []


def test_logins_and_passwords_may_be_any_utf_8(world):
    broker = world.start_broker(accounts=())
    broker.add_account("жанна", 'pä"ss\\wörd, und mehr')

    client = world.connect_client(login="жанна", password='pä"ss\\wörd, und mehr')

    assert client.namespace.pings(HOST6_ADDRESS)


def test_an_account_cannot_be_added_twice(world):
    broker = world.start_broker()

    result = broker.ctl("account", "add", "alice", check=False, password="another")

    assert result.returncode != 0 and "alice" in result.stderr


def test_an_unknown_account_is_an_error_of_its_own(world):
    broker = world.start_broker()

    unknown = broker.ctl("account", "show", "nobody", check=False)
    misspelt = broker.ctl("account", "shwo", "alice", check=False)

    assert unknown.returncode != 0 and "nobody" in unknown.stderr
    assert misspelt.returncode not in (0, unknown.returncode)


def test_a_new_password_holds_from_then_on(world):
    broker = world.start_broker()
    broker.ctl("account", "set-password", "alice", password="newword")

    assert world.run_client(options=["--once"]).process.wait(20) != 0
    client = world.connect_client(password="newword")

    assert client.namespace.pings(HOST6_ADDRESS)


@pytest.mark.parametrize("verb", ["disable", "delete"])
def test_an_account_that_is_disabled_or_deleted_loses_its_tunnel_at_once(world, verb):
    broker = world.start_broker()
    client = world.connect_client()
    assert client.namespace.pings(HOST6_ADDRESS)

    broker.ctl("account", verb, "alice")

    wait_for(lambda: broker.tunnels() == [], "the end of the tunnel", 2)
    assert not client.namespace.pings(HOST6_ADDRESS)


def test_an_account_that_was_deleted_is_gone(world):
    broker = world.start_broker()

    broker.ctl("account", "delete", "alice")

    assert broker.ctl("account", "show", "alice", check=False).returncode != 0
    assert world.run_client(options=["--once"]).process.wait(20) != 0


def test_tunnels_are_listed_and_shown_with_their_use(world):
    broker = world.start_broker()
    client = world.connect_client()
    client.namespace.pings(HOST6_ADDRESS, count=3)

    [listed] = broker.tunnels()
    shown = broker.ctl_json("tunnel", "show", str(listed["id"]))

    assert listed["login"] == "alice" and listed["inner"] == client.address()
    assert listed["remote"].startswith(client.namespace.nat.public_address + ":")
    assert shown["usage"]["packets_up"] >= 3 and shown["usage"]["packets_down"] >= 3
    assert client.address() in broker.ctl("tunnel", "list").stdout


def test_a_kicked_client_loses_its_tunnel_and_may_come_back(world):
    broker = world.start_broker()
    client = world.connect_client()
    [tunnel] = broker.tunnels()

    broker.ctl("tunnel", "kick", str(tunnel["id"]))

    assert all(other["id"] != tunnel["id"] for other in broker.tunnels())
    client.stop()
    assert world.connect_client(client.namespace).namespace.pings(HOST6_ADDRESS)


def test_a_tunnel_that_is_not_there_is_an_error(world):
    broker = world.start_broker()

    assert broker.ctl("tunnel", "show", "999", check=False).returncode != 0
    assert broker.ctl("tunnel", "kick", "999", check=False).returncode != 0


def test_a_word_that_is_no_id_is_an_error_of_the_command_line(world):
    broker = world.make_broker()  # and needs no daemon to be told

    for verb in ("kick", "show"):
        result = broker.ctl("tunnel", verb, "x", check=False)
        assert result.returncode == 1 and "'x'" in result.stderr


def test_an_unknown_subcommand_is_named_with_those_there_are(world):
    broker = world.make_broker()

    for words in (["acount"], ["account", "ad"], ["tunnel", "kik", "1"]):
        result = broker.ctl(*words, check=False)
        assert result.returncode == 1 and "is no subcommand; expected one of" in result.stderr
    missing = broker.ctl("account", check=False)
    assert missing.returncode == 1 and "add, show" in missing.stderr
    assert broker.ctl("status", "--nonsense", check=False).returncode == 1
    assert "set-password" in broker.ctl("--help").stdout


def test_every_counter_is_explained(world):
    broker = world.start_broker()
    text = (ROOT / "docs/operating/counters.md").read_text()
    status = broker.status()
    names = [*status["counters"], *status["datapath"], *status["datapath"]["drops"], *status["datapath"]["offloads"]]

    assert [name for name in names if f"`{name}`" not in text] == []


def test_a_prefix_limit_that_cannot_be_is_called_by_its_option(world):
    broker = world.start_broker()

    result = broker.ctl(
        "account", "add", "bob", "--prefix-shortest", "64", "--prefix-longest", "48", check=False, password=PASSWORD
    )

    assert result.returncode == 1 and "--prefix-shortest" in result.stderr


def test_status_counts_what_happened(world):
    broker = world.start_broker()
    world.connect_client()

    status = broker.status()

    assert status["ready"] and status["store"]["available"]
    assert status["counters"]["tunnels_now"] == 1
    assert status["counters"]["auth_succeeded"] >= 1
    assert broker.ctl("status").stdout.strip()


def test_status_is_complete_without_any_tunnel_or_account(world):
    broker = world.start_broker(accounts=())

    assert broker.status()["counters"]["tunnels_now"] == 0
    assert broker.tunnels() == [] and broker.ctl_json("account", "list")["accounts"] == []


def test_without_a_daemon_tspctl_says_so(world):
    broker = world.make_broker()

    result = broker.ctl("status", check=False)

    assert result.returncode != 0 and str(broker.control_path) in result.stderr


def test_a_password_is_never_taken_from_the_command_line(world):
    broker = world.start_broker()

    result = broker.ctl("account", "add", "carol", "--password", "secret", check=False)

    assert result.returncode != 0


def test_many_accounts_are_listed_completely(world):
    broker = world.start_broker(accounts=())
    logins = sorted(f"user{number:03}" for number in range(120))
    for login in logins:
        broker.add_account(login, PASSWORD)

    assert sorted(account["login"] for account in broker.ctl_json("account", "list")["accounts"]) == logins


def test_the_control_socket_is_closed_to_strangers(world):
    broker = world.start_broker()
    stranger = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    words = [*stranger, program("tspctl"), "--socket", broker.control_path]

    assert not broker.namespace.succeeds(*words, "status")
