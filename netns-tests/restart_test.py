# SPDX-License-Identifier: Apache-2.0
"""The daemon goes and comes back while packets flow; clients go on."""

import random
import signal

import pytest
from lib.packets import echo_request, is_echo_reply
from lib.topology import HOST6_ADDRESS
from lib.tsp import UdpClient
from lib.wait import wait_for
from lib.world import PASSWORD

PATIENCE_SECONDS = 40


def _start_traffic(world, client):
    """A ping without end, five a second; its output tells what was answered."""
    words = ["ping", "-n", "-D", "-i", "0.2", HOST6_ADDRESS]
    ping = world.processes.start(client.namespace, words, "ping")
    ping.wait_for_text("bytes from")
    return ping


def _answers(ping):
    return ping.output().count("bytes from")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_traffic_goes_on_after_a_restart_of_the_daemon(world, number):
    broker = world.start_broker()
    client = world.connect_client()
    address = client.address()
    ping = _start_traffic(world, client)

    broker.process.send(number)
    broker.process.wait()
    broker.start()

    answers = _answers(ping)
    wait_for(lambda: _answers(ping) >= answers + 5, "answers after the restart", PATIENCE_SECONDS)
    assert client.process.is_running()
    assert client.address() == address
    assert [tunnel["login"] for tunnel in broker.tunnels()] == ["alice"]


def test_a_tunnel_without_traffic_is_restored_too(world):
    broker = world.start_broker()
    client = world.connect_client()
    client.namespace.pings(HOST6_ADDRESS)

    broker.kill()
    broker.start()

    assert len(broker.tunnels()) == 1
    wait_for(lambda: world.host6.pings(client.address()), "the tunnel after the restart", PATIENCE_SECONDS)


def test_the_tunnel_of_a_raw_client_works_at_once_after_a_restart(world):
    broker = world.start_broker()
    with UdpClient(world.topology.add_client()) as client:
        offer = client.open_account_tunnel("alice", PASSWORD)
        client.send_packet(echo_request(offer.client, HOST6_ADDRESS))
        assert is_echo_reply(client.receive_packet())

        broker.kill()
        broker.start()
        client.send_packet(echo_request(offer.client, HOST6_ADDRESS, sequence=2))

        assert is_echo_reply(client.receive_packet(), sequence=2)


def test_no_address_is_lost_or_given_twice_when_the_daemon_is_killed_again_and_again(world):
    logins = [f"user{number}" for number in range(6)]
    broker = world.start_broker(accounts=logins)
    namespace = world.topology.add_public_client()
    chance = random.Random(20240607)
    addresses = {}

    def connect_all():
        for login in logins:
            with UdpClient(namespace) as client:
                offer = client.open_account_tunnel(login, PASSWORD, address=namespace.public_address, prefix_length=60)
            known = addresses.setdefault(login, (offer.client, offer.prefix))
            assert known == (offer.client, offer.prefix), login

    connect_all()
    for _ in range(5):
        _kill_during(broker, namespace, chance.sample(logins, 3), chance)
        broker.start()
    connect_all()

    assert len({address for address, _ in addresses.values()}) == len(logins)
    assert len({prefix for _, prefix in addresses.values()}) == len(logins)


def _kill_during(broker, namespace, logins, chance):
    """Sends SIGKILL while sessions are somewhere in their middle."""
    clients = []
    for login in logins:
        client = UdpClient(namespace)
        clients.append(client)
        steps = [lambda c=client: c.hello(), lambda c=client, name=login: c.log_in_by_digest(name, PASSWORD)]
        chance.choice(steps)()
    broker.kill()
    for client in clients:
        client.socket.close()


def test_a_killed_daemon_leaves_nothing_that_hinders_the_next_one(world):
    broker = world.start_broker()
    world.connect_client()

    for _ in range(3):
        broker.kill()
        broker.start()

    assert broker.stop() == 0
    assert broker.pool_routes() == []


def test_a_client_that_stops_after_a_restart_says_that_the_server_was_not_told(world):
    broker = world.start_broker()
    client = world.connect_client()
    broker.kill()
    broker.start()

    assert client.stop() == 0

    assert "not known to have deleted the tunnel" in client.process.text()
    assert len(broker.tunnels()) == 1
