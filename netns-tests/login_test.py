# SPDX-License-Identifier: Apache-2.0
"""tsp-connect gets a tunnel through a NAT by each mechanism, and is told plainly when it gets none."""

import pytest
from lib.topology import HOST6_ADDRESS
from lib.tsp import UdpClient, authenticate
from lib.world import PASSWORD


def test_an_anonymous_client_behind_a_nat_reaches_the_ipv6_host(world):
    world.start_broker()

    client = world.connect_anonymous_client()

    assert client.namespace.pings(HOST6_ADDRESS, count=3)


@pytest.mark.parametrize("auth", ["plain", "digest-md5"])
def test_an_account_behind_a_nat_reaches_the_ipv6_host(world, auth):
    world.start_broker()

    client = world.connect_client(auth=auth)

    assert client.namespace.pings(HOST6_ADDRESS, count=3)
    assert world.host6.pings(client.address(), count=3)


def test_a_client_without_nat_is_served_as_well(world):
    world.start_broker()

    client = world.connect_client(world.topology.add_public_client())

    assert client.namespace.pings(HOST6_ADDRESS)


@pytest.mark.parametrize(
    ("login", "password"), [("alice", "wrong"), ("nobody", PASSWORD)], ids=["wrong password", "unknown login"]
)
def test_wrong_credentials_end_the_attempt(world, login, password):
    broker = world.start_broker()

    client = world.run_client(login=login, password=password, options=["--once"])

    assert client.process.wait(20) != 0
    assert "authentication" in client.process.text().lower()
    assert client.addresses() == []
    assert broker.tunnels() == []


def test_wrong_password_and_unknown_login_look_the_same_to_the_client(world):
    world.start_broker()
    namespace = world.topology.add_client()

    texts = []
    for login, password in [("alice", "wrong"), ("malic", PASSWORD)]:
        client = world.run_client(namespace, login=login, password=password, options=["--once"])
        client.process.wait(20)
        texts.append(client.process.text().replace(login, "LOGIN"))

    assert texts[0] == texts[1]


def test_a_disabled_account_is_refused_until_it_is_enabled(world):
    broker = world.start_broker()
    broker.ctl("account", "disable", "alice")
    namespace = world.topology.add_client()

    assert world.run_client(namespace, options=["--once"]).process.wait(20) != 0

    broker.ctl("account", "enable", "alice")
    client = world.connect_client(namespace)
    assert client.namespace.pings(HOST6_ADDRESS)


def test_a_client_does_not_fall_back_to_a_weaker_mechanism(world):
    broker = world.start_broker({"auth": {"digest_md5": False}})

    client = world.run_client(auth="digest-md5", options=["--once"])

    assert client.process.wait(20) != 0
    assert broker.tunnels() == []


def test_two_clients_behind_one_nat_work_at_the_same_time(world):
    world.start_broker(accounts=("alice", "bob"))
    nat = world.topology.add_nat()

    alice = world.connect_client(world.topology.add_client(nat), login="alice")
    bob = world.connect_client(world.topology.add_client(nat), login="bob")

    assert alice.address() != bob.address()
    assert alice.namespace.pings(HOST6_ADDRESS, count=3)
    assert bob.namespace.pings(HOST6_ADDRESS, count=3)
    assert alice.namespace.pings(HOST6_ADDRESS)


def test_a_killed_client_comes_back_with_the_same_address(world):
    broker = world.start_broker()
    namespace = world.topology.add_client()
    first = world.connect_client(namespace)
    address = first.address()

    first.kill()
    second = world.connect_client(namespace)

    assert second.address() == address
    assert namespace.pings(HOST6_ADDRESS)
    assert len(broker.tunnels()) == 1


def test_the_newer_place_of_an_account_wins_at_once(world):
    broker = world.start_broker()
    old = world.connect_client()
    address = old.address()
    old.kill()

    new = world.connect_client()

    assert new.address() == address
    assert world.host6.pings(address, count=2)
    assert len(broker.tunnels()) == 1


def test_a_client_that_stops_leaves_its_host_as_it_was(world):
    world.start_broker()
    namespace = world.topology.add_client()
    routes = namespace.ip("-6", "route").stdout
    links = namespace.link_names()
    client = world.connect_client(namespace)

    assert client.stop() == 0

    assert namespace.link_names() == links
    assert namespace.ip("-6", "route").stdout == routes


@pytest.mark.parametrize(
    ("login", "password", "reason"),
    [("alice", "wrong", "wrong password"), ("nobody", PASSWORD, "unknown login"), ("bob", PASSWORD, "disabled account")],
    ids=["wrong password", "unknown login", "disabled account"],
)
def test_the_operator_finds_in_the_log_why_a_log_in_failed(world, login, password, reason):
    broker = world.start_broker(accounts=("alice", "bob"))
    broker.ctl("account", "disable", "bob")

    world.run_client(login=login, password=password, options=["--once"]).process.wait(20)

    [line] = _lines(broker, "authentication_failed")
    assert f'login="{login}"' in line and f'detail="{reason}"' in line


def test_a_mechanism_that_is_not_offered_is_in_the_log(world):
    broker = world.start_broker({"auth": {"plain": False}})
    with UdpClient(world.topology.add_client()) as client:
        client.hello()
        assert client.ask(authenticate("PLAIN")).startswith(b"300")

    [line] = _lines(broker, "authentication_failed")
    assert 'detail="PLAIN is not offered"' in line


def test_a_prefix_length_that_is_not_possible_is_told_to_both_sides(world):
    broker = world.start_broker()

    client = world.run_client(options=["--once", "--router", "48"])

    assert client.process.wait(20) == 5
    assert "518" in client.process.text() and "/48 was asked for" in client.process.text()
    [line] = _lines(broker, "offer_refused")
    assert "/48 was asked for, /56 to /64 are allowed" in line


def _lines(broker, event):
    return [line for line in broker.process.text().splitlines() if f"event={event} " in line]
