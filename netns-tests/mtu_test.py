# SPDX-License-Identifier: Apache-2.0
"""Large packets: the sender is told, and what fits or is cut up arrives."""

from lib.topology import HOST6_ADDRESS

HEADERS = 48  # IPv6 and ICMPv6 echo


def test_the_sender_of_a_packet_larger_than_the_tunnel_is_told_its_mtu(world):
    world.start_broker()
    client = world.connect_client()

    result = world.host6.run(
        "ping", "-n", "-c", "2", "-i", "0.3", "-W", "2", "-M", "do", "-s", 1400 - HEADERS, client.address(), check=False
    )

    assert "Packet too big: mtu=1280" in result.stdout, result.stdout
    assert "mtu 1280" in world.host6.ip("-6", "route", "get", client.address()).stdout


def test_the_error_comes_from_the_address_of_the_broker_inside_the_tunnel(world):
    broker = world.start_broker()
    client = world.connect_client()

    result = world.host6.run(
        "ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", 1400 - HEADERS, client.address(), check=False
    )

    assert f"From {broker.tunnels()[0]['server_address']}" in result.stdout, result.stdout


def test_packets_cut_up_by_their_sender_pass_both_ways(world):
    world.start_broker()
    client = world.connect_client()
    world.host6.pings(client.address(), size=4000)

    assert client.namespace.pings(HOST6_ADDRESS, count=2, size=4000)
    assert world.host6.pings(client.address(), count=2, size=4000)


def test_a_larger_mtu_is_used_when_it_is_configured(world):
    world.start_broker({"tunnel": {"mtu": 1400}})
    client = world.connect_client()

    assert world.host6.pings(client.address(), size=1400 - HEADERS, options=["-M", "do"])
    result = world.host6.run(
        "ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", 1401 - HEADERS, client.address(), check=False
    )
    assert "mtu=1400" in result.stdout, result.stdout


def test_a_path_smaller_than_the_tunnel_cuts_the_outer_packets_up(world):
    world.start_broker()
    client = world.connect_client()
    world.topology.narrow_path(client.namespace.nat, mtu=1200)

    assert client.namespace.pings(HOST6_ADDRESS, size=1280 - HEADERS)
    assert world.host6.pings(client.address(), size=1280 - HEADERS)


def test_a_download_of_many_large_packets_is_complete(world):
    world.start_broker()
    client = world.connect_client()
    content = bytes(range(256)) * 8192
    (world.folder / "file.bin").write_bytes(content)
    words = ["/usr/bin/python3", "-m", "http.server", "--bind", HOST6_ADDRESS, "--directory", world.folder, "8080"]
    server = world.processes.start(world.host6, words, "http-server")
    server.wait_for_text("Serving HTTP")

    target = world.folder / "copy.bin"
    client.namespace.run("curl", "-sS", "--max-time", "20", "-o", target, f"http://[{HOST6_ADDRESS}]:8080/file.bin")

    assert target.read_bytes() == content
