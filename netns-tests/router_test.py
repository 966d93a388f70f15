# SPDX-License-Identifier: Apache-2.0
"""A client as a router: a delegated prefix, always the same one, and hosts behind it."""

import ipaddress

import pytest
from lib.topology import HOST6_ADDRESS
from lib.tsp import UdpClient, create, framed
from lib.wait import wait_for
from lib.world import PASSWORD


def _start_router(world, length=56):
    """A client with a LAN, one host on it, and the interface address that the client gave to the LAN."""
    namespace = world.topology.add_client()
    host = world.topology.add_lan_host(namespace)
    client = world.connect_client(namespace, options=["--router", str(length), "--lan", "lan"])
    interface = wait_for(lambda: client.lan_address(), "a prefix on the LAN")
    host.ip("addr", "add", f"{interface.network[2]}/64", "dev", "eth0")
    host.ip("route", "add", "default", "via", str(interface.ip))
    return client, host, interface


def test_a_host_behind_a_router_with_a_56_reaches_the_ipv6_host_and_is_reached(world):
    broker = world.start_broker()

    _, host, interface = _start_router(world)

    assert host.pings(HOST6_ADDRESS, count=3)
    assert world.host6.pings(str(interface.network[2]), count=3)
    [tunnel] = broker.tunnels()
    delegated = ipaddress.ip_network(tunnel["delegated"])
    assert delegated.prefixlen == 56 and interface.network.subnet_of(delegated)


def test_the_prefix_stays_the_same_across_reconnects_and_restarts_of_the_daemon(world):
    broker = world.start_broker()
    client, host, interface = _start_router(world)
    client.stop()

    client = world.connect_client(client.namespace, options=["--router", "56", "--lan", "lan"])
    wait_for(lambda: client.lan_address() == interface, "the same prefix after a reconnect")
    client.stop()
    broker.stop()
    broker.start()
    client = world.connect_client(client.namespace, options=["--router", "56", "--lan", "lan"])
    wait_for(lambda: client.lan_address() == interface, "the same prefix after a restart of the daemon")

    assert host.pings(HOST6_ADDRESS)


def test_addresses_of_the_prefix_that_nobody_has_are_answered_and_do_not_loop(world):
    world.start_broker()
    client, _, interface = _start_router(world)
    prefix = interface.network.supernet(new_prefix=56)
    unused = prefix[-1]

    result = world.host6.run("ping", "-n", "-c", "1", "-W", "3", str(unused), check=False)

    assert "nreachable" in result.stdout, result.stdout
    assert "Time exceeded" not in result.stdout


def test_a_prefix_that_is_in_use_on_the_clients_side_is_not_accepted(world):
    broker = world.start_broker()
    namespace = world.topology.add_client()
    namespace.ip("-6", "route", "add", "2001:db8:1::/48", "dev", "eth0")

    client = world.run_client(namespace, options=["--router", "56", "--once"])

    assert client.process.wait(20) != 0
    assert "overlaps" in client.process.text()
    assert broker.tunnels() == []


def test_two_routers_get_different_prefixes(world):
    broker = world.start_broker(accounts=("alice", "bob"))
    for login in ("alice", "bob"):
        with UdpClient(world.topology.add_client()) as client:
            client.open_account_tunnel(login, PASSWORD, prefix_length=56)

    prefixes = [ipaddress.ip_network(tunnel["delegated"]) for tunnel in broker.tunnels()]

    assert len(prefixes) == 2 and not prefixes[0].overlaps(prefixes[1])


@pytest.mark.parametrize(
    ("length", "status"), [(0, b"518"), (65, b"518"), (128, b"518")], ids=["zero", "longer than 64", "an address"]
)
def test_a_length_that_no_router_can_have_is_refused(world, length, status):
    world.start_broker()
    with UdpClient(world.topology.add_client()) as client:
        client.log_in_by_digest("alice", PASSWORD)

        reply = client.ask(create(prefix_length=length))

    assert reply.split(b"\r\n")[1].startswith(status), reply


def test_a_router_that_names_no_length_is_told_so(world):
    world.start_broker()
    request = create(prefix_length=56).split(b"\r\n", 1)[1].replace(b'   <prefix length="56"/>\r\n', b"")
    with UdpClient(world.topology.add_client()) as client:
        client.log_in_by_digest("alice", PASSWORD)

        reply = client.ask(framed(request))

    assert reply.split(b"\r\n")[1].startswith(b"520"), reply


def test_a_router_without_an_account_is_refused(world):
    world.start_broker()
    with UdpClient(world.topology.add_client()) as client:
        client.log_in_anonymously()

        reply = client.ask(create(prefix_length=56))

    assert reply.split(b"\r\n")[1].startswith(b"522"), reply
