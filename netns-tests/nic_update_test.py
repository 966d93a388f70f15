# SPDX-License-Identifier: Apache-2.0
"""GET /nic/update: routers that do not speak TSP say where the outer end of their tunnel is."""

import contextlib
import os
import signal
import socket

import pytest
from lib.certificate import make_certificate
from lib.nic_update import PORT, SETTINGS, Router, update, word
from lib.topology import BROKER_ADDRESS
from lib.wait import holds_for, wait_for


def _start(world, settings=None):
    """A broker, and the update key of its account alice."""
    merged = {name: {**table, **(settings or {}).get(name, {})} for name, table in SETTINGS.items()}
    broker = world.start_broker({**(settings or {}), **merged})
    return broker, broker.ctl("account", "update-key", "alice").stdout.strip()


@pytest.fixture
def client(world):
    return world.topology.add_public_client()


def test_a_router_says_where_it_is_and_its_packets_pass_in_protocol_41(world, client):
    broker, key = _start(world)

    assert update(client, key) == (200, f"good {client.public_address}\n")

    [tunnel] = broker.tunnels()
    assert (tunnel["type"], tunnel["keepalive_seconds"], tunnel["confirmed"]) == ("v6v4", 0, False)
    assert tunnel["local"].startswith(BROKER_ADDRESS)
    with Router(client) as router:
        assert router.pings(tunnel["inner"])
        assert router.pings(tunnel["delegated"].split("/")[0] + "1234")
    assert broker.tunnels()[0]["confirmed"]
    assert update(client, key) == (200, f"nochg {client.public_address}\n")
    assert broker.tunnels()[0]["id"] == tunnel["id"]


def test_a_new_address_takes_the_tunnel_along_with_its_address_and_prefix(world, client):
    broker, key = _start(world)
    other = world.topology.add_public_client()
    assert word(client, key).startswith("good")
    [before] = broker.tunnels()

    assert word(client, key, f"hostname=alice&myip={other.public_address}") == f"good {other.public_address}"

    [after] = broker.tunnels()
    assert (after["inner"], after["delegated"]) == (before["inner"], before["delegated"])
    with Router(client) as old, Router(other) as new:
        assert not old.pings(after["inner"])
        assert new.pings(after["inner"])


def test_a_tunnel_of_tsp_and_an_updated_one_replace_each_other(world, client):
    broker, key = _start(world)
    tsp = world.connect_client(client, options=["--type", "v6udpv4"])
    address = tsp.address()

    assert word(client, key).startswith("good")
    [tunnel] = broker.tunnels()
    assert (tunnel["type"], tunnel["inner"]) == ("v6v4", address)
    tsp.kill()

    again = world.connect_client(world.topology.add_client(), options=["--type", "v6udpv4"])
    assert again.address() == address
    assert [one["type"] for one in broker.tunnels()] == ["v6udpv4"]


def test_offline_ends_the_tunnel(world, client):
    broker, key = _start(world)
    assert word(client, key).startswith("good")

    assert word(client, key, "hostname=alice&offline=yes") == "good"

    assert broker.tunnels() == []
    assert word(client, key, "hostname=alice&offline=yes") == "good", "as it was asked for"


def test_who_has_not_the_key_gets_badauth_whether_or_not_there_is_the_account(world, client):
    broker, key = _start(world)

    assert update(client, "0" * 32) == (401, "badauth\n")
    assert update(client, key, "hostname=bob", login="bob") == (401, "badauth\n")
    assert update(client, "wonderland") == (401, "badauth\n"), "the password is no key"
    broker.ctl("account", "update-key", "alice", "--remove")
    assert update(client, key) == (401, "badauth\n")
    assert broker.tunnels() == []


def test_other_hosts_missing_ones_and_impossible_addresses_have_their_words(world, client):
    broker, key = _start(world)

    assert word(client, key, "hostname=bob") == "nohost"
    assert word(client, key, "myip=192.0.2.1") == "notfqdn"
    assert word(client, key, "hostname=alice&myip=224.0.0.1") == "dnserr"
    assert word(client, key, f"hostname=alice&myip={BROKER_ADDRESS}") == "dnserr"
    assert word(client, key, "hostname=alice&myip=home") == "dnserr"
    assert broker.tunnels() == []


def test_too_many_changes_are_abuse(world, client):
    _, key = _start(world, {"limits": {"updates_per_account_per_minute_max": 2}})
    words = [word(client, key, f"hostname=alice&myip=198.51.100.{i}") for i in (101, 102, 103)]

    assert [answer.split(" ")[0] for answer in words] == ["good", "good", "abuse"]


def test_guesses_are_limited(world, client):
    limits = {"auth_failures_per_account_burst": 3, "auth_failures_per_account_per_second": 1}
    broker, key = _start(world, {"limits": limits, "update": {"requests_per_source_burst": 100}})
    for _ in range(12):
        assert word(client, "guess") == "badauth"

    assert broker.status()["counters"]["auth_failed"] < 12
    assert word(world.topology.add_public_client(), key).startswith("good"), "others are not locked out"


def test_a_tunnel_that_was_acknowledged_is_there_after_a_crash(world, client):
    broker, key = _start(world)
    assert word(client, key).startswith("good")
    inner = broker.tunnels()[0]["inner"]

    broker.kill()
    broker.start()

    with Router(client) as router:
        assert router.pings(inner)
    assert word(client, key).startswith("nochg")


def test_nothing_goes_to_an_address_that_has_not_answered(world, client):
    broker, key = _start(world)
    other = world.topology.add_public_client()
    assert word(client, key, f"hostname=alice&myip={other.public_address}").startswith("good")
    with Router(other) as victim:
        assert not world.host6.pings(broker.tunnels()[0]["inner"])
        assert victim.receive(0.1) is None


def test_https_is_served_and_a_reload_reads_the_certificate_again(world, client):
    certificate, key_file = make_certificate(world.folder, "first", f"IP:{BROKER_ADDRESS}")
    broker, key = _start(world, {"update": {"certificate": str(certificate), "private_key": str(key_file)}})

    def ask():
        return word(client, key, scheme="https", options=["--cacert", certificate])

    assert ask() == f"good {client.public_address}"
    assert client.run("curl", "-s", f"http://{BROKER_ADDRESS}:{PORT}/", check=False).stdout == "", "HTTP no more"

    make_certificate(world.folder, "second", f"IP:{BROKER_ADDRESS}")
    assert not client.succeeds("curl", "-s", "--cacert", certificate, f"https://{BROKER_ADDRESS}:{PORT}/")
    os.kill(broker.process.pid, signal.SIGHUP)
    wait_for(
        lambda: client.succeeds("curl", "-s", "--cacert", certificate, f"https://{BROKER_ADDRESS}:{PORT}/"),
        "the new certificate",
    )
    assert ask() == f"nochg {client.public_address}"


def test_connections_that_say_nothing_keep_nobody_out(world, client):
    limits = {"connections_per_source_max": 4, "connections_max": 8}
    broker, key = _start(world, {"update": limits})
    other = world.topology.add_public_client()
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            silent = stack.enter_context(client.socket(socket.AF_INET, socket.SOCK_STREAM))
            silent.connect((BROKER_ADDRESS, PORT))
        assert word(other, key).startswith("good")
    wait_for(lambda: client.succeeds("curl", "-s", f"http://{BROKER_ADDRESS}:{PORT}/"), "the places to be free again")
    holds_for(broker.process.is_running, "the daemon", 0.1)
