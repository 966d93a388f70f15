# SPDX-License-Identifier: Apache-2.0
"""Several brokers at different distances: tsp-connect measures them, and goes to the nearest."""

import ipaddress

from lib.topology import BROKER_ADDRESS
from lib.tsp import UdpClient
from lib.wait import wait_for

FAR_SECONDS = 0.1  # each way
NOBODY = "203.0.113.250"


def _measured(client):
    """The servers of the last measurement with their round trips in milliseconds, in the order that it found."""
    return [(each["server"], each["round_trip_ms"]) for each in client.events("measured")[-1]["servers"]]


def _logins(broker):
    return [tunnel["login"] for tunnel in broker.tunnels()]


def _drain_towards(world, *addresses):
    """The first broker sends all its clients to those two, and names them in this order."""
    first = world.start_broker({"redirect": {"brokers": list(addresses), "weights": [1, 0]}})
    UdpClient(world.topology.add_public_client()).open_anonymous_tunnel()
    first.ctl("drain")


def _connect(world, *options, **more):
    return world.connect_client(options=["--json", "--private-redirects", *options], **more)


def test_a_client_goes_to_the_nearest_broker_of_a_list(world):
    far, near = world.add_broker(delay_seconds=FAR_SECONDS), world.add_broker()
    _drain_towards(world, far.address, near.address)

    client = _connect(world)

    [(first, near_ms), (second, far_ms)] = _measured(client)
    assert (first, second) == (near.address, far.address)
    assert far_ms >= 2 * FAR_SECONDS * 1000 > near_ms
    assert client.servers_asked() == [BROKER_ADDRESS, near.address]
    assert _logins(near) == ["alice"] and _logins(far) == []
    assert client.namespace.pings(near.tunnels()[0]["server_address"], count=2)
    assert far.status()["counters"]["sessions_started"] == 0, "an echo request is no session"


def test_equally_far_brokers_are_tried_in_the_order_of_the_list(world):
    one, other = (world.add_broker(delay_seconds=FAR_SECONDS) for _ in range(2))
    _drain_towards(world, other.address, one.address)

    client = _connect(world)

    assert [server for server, _ in _measured(client)] == [other.address, one.address]
    assert client.servers_asked() == [BROKER_ADDRESS, other.address]


def test_a_broker_that_is_not_there_comes_last(world):
    near = world.add_broker()
    _drain_towards(world, NOBODY, near.address)

    client = _connect(world)

    assert [server for server, _ in _measured(client)] == [near.address, NOBODY]
    assert _measured(client)[1][1] is None
    assert client.servers_asked() == [BROKER_ADDRESS, near.address]


def test_the_nearest_of_several_configured_servers_is_tried_first_and_another_one_when_it_is_away(world):
    far, near = world.add_broker(delay_seconds=FAR_SECONDS), world.add_broker()
    servers = ["--server", near.address, "--retry", "1", "--keepalive", "5"]
    for broker in (far, near):
        broker.stop()
        broker.configure({"tunnel": {"keepalive_seconds_min": 5}})
        broker.start()

    client = _connect(world, *servers, server=far.address)
    assert client.servers_asked() == [near.address]
    assert client.events("tunnel_up")[0]["keepalive_seconds"] == 5
    near.kill()

    wait_for(lambda: _logins(far) == ["alice"], "the tunnel at the other server", 60)
    assert client.servers_asked()[-1] == far.address
    assert _measured(client)[0][0] == far.address


def test_whoever_wants_it_keeps_the_order_of_the_list(world):
    far, near = world.add_broker(delay_seconds=FAR_SECONDS), world.add_broker()
    _drain_towards(world, far.address, near.address)

    client = _connect(world, "--keep-order")

    assert client.events("measured") == []
    assert client.servers_asked() == [BROKER_ADDRESS, far.address]
    assert ipaddress.ip_address(client.address()) in ipaddress.ip_network(far.settings["prefix"])


def test_brokers_at_any_distance_that_send_clients_in_a_circle_are_left_alone_for_a_while(world):
    """Each names all others, and all are drained: each is asked once."""
    brokers = [world.add_broker(), world.add_broker(delay_seconds=FAR_SECONDS)]
    addresses = [BROKER_ADDRESS, *(broker.address for broker in brokers)]
    for broker in brokers:
        others = [address for address in addresses if address != broker.address]
        broker.stop()
        broker.configure({"redirect": {"brokers": others}})
        broker.start()
        UdpClient(world.topology.add_public_client(), server=broker.address).open_anonymous_tunnel()
        broker.ctl("drain")
    _drain_towards(world, *addresses[1:])

    client = world.run_client(options=["--json", "--private-redirects"])
    wait_for(lambda: client.events("waiting"), "the end of the circle", 30)

    assert sorted(client.servers_asked()) == sorted(addresses)
    assert client.servers_asked()[:2] == [BROKER_ADDRESS, brokers[0].address], "the nearer one first"
    assert client.events("attempt_failed")[-1]["failure"] == "redirect_refused"
