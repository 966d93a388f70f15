# SPDX-License-Identifier: Apache-2.0
"""TCP through tunnels where Packet Too Big does not get through: its segments are made to fit at the start."""

import signal

import pytest
from lib.client import DEVICE
from lib.syns import open_connection, syns, watch_syns
from lib.topology import HOST6_ADDRESS

# More than the tunnel has at the broker, whose device takes that much.
CLIENT_MTU = 1472
CLIENT_MSS = CLIENT_MTU - 60
HOST6_MSS = 1500 - 60
CLAMPED_MSS = 1280 - 60

_NO_PACKET_TOO_BIG = """
table ip6 filter {
  chain input {
    type filter hook input priority filter
    icmpv6 type packet-too-big drop
  }
}
"""

_VARIANTS = {
    "udp": ({}, False),
    "udp without offloads": ({"datapath": {"offloads": False}}, False),
    "protocol 41": ({"server": {"allow_private_outer_addresses": True}}, True),
}


def _connect_client(world, public=False):
    """A client whose device takes more than its tunnel at the broker, and that leaves TCP to it."""
    options = ["--mtu", str(CLIENT_MTU), "--no-mss-clamp"]
    if public:
        return world.connect_client(world.topology.add_public_client(), options=[*options, "--type", "v6v4"])
    return world.connect_client(options=options)


@pytest.mark.parametrize("variant", _VARIANTS)
def test_what_a_client_opens_carries_the_lowered_mss_both_ways(world, variant):
    settings, public = _VARIANTS[variant]
    broker = world.start_broker(settings)
    client = _connect_client(world, public)
    at_broker = watch_syns(world, broker.namespace, "tsp0")
    at_client = watch_syns(world, client.namespace, DEVICE)

    open_connection(client.namespace, world.host6, HOST6_ADDRESS)

    assert syns(at_client)["S"][0] == CLIENT_MSS
    assert syns(at_broker)["S"] == (CLAMPED_MSS, True)
    assert syns(at_broker)["S."][0] == HOST6_MSS
    assert syns(at_client)["S."] == (CLAMPED_MSS, True)
    assert broker.status()["datapath"]["mss_clamped"] == 2


@pytest.mark.parametrize("variant", _VARIANTS)
def test_what_is_opened_to_a_client_carries_the_lowered_mss_both_ways(world, variant):
    settings, public = _VARIANTS[variant]
    broker = world.start_broker(settings)
    client = _connect_client(world, public)
    at_broker = watch_syns(world, broker.namespace, "tsp0")
    at_client = watch_syns(world, client.namespace, DEVICE)

    open_connection(world.host6, client.namespace, client.address())

    assert syns(at_broker)["S"][0] == HOST6_MSS
    assert syns(at_client)["S"] == (CLAMPED_MSS, True)
    assert syns(at_client)["S."][0] == CLIENT_MSS
    assert syns(at_broker)["S."] == (CLAMPED_MSS, True)


def _serve_file(world):
    """A file of two megabytes on host6, which never hears of Packet Too Big; its address and its bytes."""
    world.host6.nft(_NO_PACKET_TOO_BIG)
    content = bytes(range(256)) * 8192
    (world.folder / "file.bin").write_bytes(content)
    words = ["/usr/bin/python3", "-m", "http.server", "--bind", HOST6_ADDRESS, "--directory", world.folder, "8080"]
    world.processes.start(world.host6, words, "http-server").wait_for_text("Serving HTTP")
    return f"http://[{HOST6_ADDRESS}]:8080/file.bin", content


def test_a_download_is_complete_where_packet_too_big_is_filtered_away(world):
    broker = world.start_broker()
    client = _connect_client(world)
    url, content = _serve_file(world)
    target = world.folder / "copy.bin"

    client.namespace.run("curl", "-sS", "--max-time", "30", "-o", target, url)

    assert target.read_bytes() == content
    assert broker.status()["datapath"]["drops"]["too_big"] == 0


def test_without_clamping_such_a_download_hangs(world):
    broker = world.start_broker({"tunnel": {"mss_clamp": False}})
    client = _connect_client(world)
    url, content = _serve_file(world)

    result = client.namespace.run("curl", "-sS", "--max-time", "4", "-o", world.folder / "copy.bin", url, check=False)

    assert result.returncode == 28, result.stderr  # its time is up
    assert broker.status()["datapath"]["drops"]["too_big"] > 0


def test_a_reload_counts_for_the_next_connection_in_tunnels_that_are_there(world):
    broker = world.start_broker()
    client = _connect_client(world)
    broker.configure({"tunnel": {"mss_clamp": False}})
    broker.process.send(signal.SIGHUP)
    broker.process.wait_for_text('event=reloaded changed="tunnel.mss_clamp"')
    at_client = watch_syns(world, client.namespace, DEVICE)

    open_connection(world.host6, client.namespace, client.address())

    assert syns(at_client)["S"] == (HOST6_MSS, True)
    assert broker.status()["datapath"]["mss_clamped"] == 0
