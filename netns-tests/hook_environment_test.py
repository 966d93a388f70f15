# SPDX-License-Identifier: Apache-2.0
"""All that a script is told of a tunnel, for each type, as a host and as a router: the variables of gogoc's template
scripts and those of tsp-connect, and nothing else."""

import ipaddress

import pytest
from lib.client import DEVICE
from lib.topology import BROKER_ADDRESS, BROKER_IPV6_ADDRESS
from lib.wait import wait_for

RESOLVER = "2001:db8:53::53"
MTU = 1300
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What it was started with, and not what the shell adds.
_SCRIPT = r"""#!/bin/sh
tr '\0' '\n' </proc/$$/environ >FOLDER/$TSP_CONNECT_EVENT.partial
mv FOLDER/$TSP_CONNECT_EVENT.partial FOLDER/$TSP_CONNECT_EVENT
"""


@pytest.fixture
def broker(world):
    world.topology.add_ipv6(world.topology.broker)
    zones = world.folder / "zones"
    zones.mkdir()
    return world.start_broker(
        {
            "server": {"listen": ["0.0.0.0:3653", "[::]:3653"], "allow_private_outer_addresses": True},
            "tunnel": {"types": ["v6v4", "v6udpv4", "v4v6"], "dns_servers": [RESOLVER]},
            "pool": {"ipv4_prefix": "100.64.0.0/16"},
            "dns": {"fragment_folder": str(zones), "zones": ["8.b.d.0.1.0.0.2.ip6.arpa", "tunnels.example"],
                    "domain": "tunnels.example"},
        }
    )  # fmt: skip


def _namespace(world, kind, nat):
    """A client's host with a LAN, and its address as the broker sees it."""
    if nat:
        namespace = world.topology.add_client()
        outer = namespace.nat.public_address
    else:
        namespace = world.topology.add_public_client()
        outer = namespace.public_address
    if kind == "v4v6":
        outer = world.topology.add_ipv6(namespace)
    world.topology.add_lan_host(namespace)
    return namespace, outer


def _stem(prefix):
    """Of an IPv6 prefix as many groups as its length touches."""
    return prefix.network_address.exploded[: (prefix.prefixlen + 15) // 16 * 5 - 1]


def _prefix_variables(tunnel, kind):
    prefix = ipaddress.ip_network(tunnel["delegated"])
    lan = prefix if kind == "v4v6" else next(prefix.subnets(new_prefix=64))
    return {
        "TSP_PREFIX": str(prefix.network_address) if kind == "v4v6" else _stem(prefix),
        "TSP_PREFIXLEN": str(prefix.prefixlen),
        "TSP_CONNECT_PREFIX": str(prefix),
        "TSP_CONNECT_LAN_PREFIX": str(lan),
    }


def _expected(tunnel, kind, outer, router, folder, event):
    inner = tunnel["inner"].split("/")[0]
    server = tunnel["server_address"]
    ipv4_inside = kind == "v4v6"
    variables = {
        "PATH": PATH,
        "TSP_OPERATION": {"up": "TSP_TUNNEL_CREATION", "down": "TSP_TUNNEL_TEARDOWN"}[event],
        "TSP_VERBOSE": "3",
        "TSP_HOME_DIR": str(folder),
        "TSP_TUNNEL_MODE": kind,
        "TSP_HOST_TYPE": "router" if router else "host",
        "TSP_TUNNEL_INTERFACE": DEVICE,
        "TSP_HOME_INTERFACE": "lan" if router else "",
        "TSP_CLIENT_ADDRESS_IPV4": inner if ipv4_inside else outer,
        "TSP_CLIENT_ADDRESS_IPV6": outer if ipv4_inside else inner,
        "TSP_SERVER_ADDRESS_IPV4": server if ipv4_inside else BROKER_ADDRESS,
        "TSP_SERVER_ADDRESS_IPV6": BROKER_IPV6_ADDRESS if ipv4_inside else server,
        "TSP_TUNNEL_PREFIXLEN": "32" if ipv4_inside else "128",
        "TSP_CLIENT_DNS_ADDRESS_IPV6": RESOLVER,
        "TSP_CONNECT_EVENT": event,
        "TSP_CONNECT_MODE": "notify",
        "TSP_CONNECT_MTU": str(MTU),
        "TSP_CONNECT_DEFAULT_ROUTE": "yes",
        "TSP_CONNECT_DNS_SERVERS": RESOLVER,
    }
    if not ipv4_inside:
        variables["TSP_CLIENT_DNS_NAME"] = "alice.tunnels.example"
    if router:
        variables.update(_prefix_variables(tunnel, kind))
    return variables


def _told(folder, event):
    path = folder / event
    wait_for(path.exists, f"the hook of {event}")
    lines = path.read_text().splitlines()
    told = dict(line.split("=", 1) for line in lines)
    assert len(told) == len(lines), f"a variable is there twice: {lines}"
    return told


@pytest.mark.parametrize("router", [None, "56", "64"], ids=["host", "a /56", "a /64"])
@pytest.mark.parametrize(
    ("kind", "nat"),
    [("v6udpv4", True), ("v6udpv4", False), ("v6v4", False), ("v4v6", False)],
    ids=["v6udpv4 behind a NAT", "v6udpv4", "v6v4", "v4v6"],
)
def test_the_environment_of_a_hook_is_this_and_nothing_else(world, broker, kind, nat, router):
    if kind == "v4v6" and router is not None:
        router = {"56": "24", "64": "28"}[router]
    namespace, outer = _namespace(world, kind, nat)
    hook = world.folder / "hook.sh"
    hook.write_text(_SCRIPT.replace("FOLDER", str(world.folder)))
    hook.chmod(0o755)
    options = ["--type", kind, "--mtu", MTU, "--hook", hook]
    options += ["--router", router, "--lan", "lan"] if router else []
    server = BROKER_IPV6_ADDRESS if kind == "v4v6" else BROKER_ADDRESS

    client = world.connect_client(namespace, server=server, options=options)

    told = _told(world.folder, "up")
    [tunnel] = broker.tunnels()
    assert told == _expected(tunnel, kind, outer, router, world.folder, "up")
    assert client.stop() == 0
    assert _told(world.folder, "down") == _expected(tunnel, kind, outer, router, world.folder, "down")
