# SPDX-License-Identifier: Apache-2.0
"""TCP through a tunnel of tsp-connect, beside TCP over plain IPv6 between the same two hosts, with iperf3."""

import json
import statistics

from lib.client import TunnelClient
from lib.wait import wait_for
from measure.cpu import Meter, on_load_core, pin, LOAD_CORE
from measure.world import BROKER_ADDRESS, HOST6_ADDRESS, World

_PORT = 5201
_MTU = 1280  # inside tunnels; plain TCP gets the same, so that it has as many packets
_PLAIN_ROUTE = ["2001:db8:ffff::/64", "via", "2001:db8:c::1"]


def measure(arguments, folder):
    folder = folder / "bulk"
    folder.mkdir()
    reports = {"up": [], "down": []}
    with World(folder) as world:
        for _ in range(arguments.rounds):
            world.clients.ip("route", "replace", *_PLAIN_ROUTE, "mtu", _MTU)
            plain = {name: _transfer(world, name, arguments.seconds) for name in reports}
            world.clients.ip("route", "del", *_PLAIN_ROUTE)
            tunnelled = _through_tunnel(world, arguments.seconds)
            for name, pairs in reports.items():
                pairs.append((plain[name], tunnelled[name]))
    return [_row(name, pairs) for name, pairs in reports.items()]


def _through_tunnel(world, seconds):
    client = TunnelClient(world.clients, world.processes, auth="anonymous", server=BROKER_ADDRESS)
    client.wait_until_up()
    pin(client.process.pid, LOAD_CORE)
    wait_for(lambda: world.clients.pings(HOST6_ADDRESS), "the tunnel to work")
    try:
        return {name: _transfer(world, name, seconds) for name in ("up", "down")}
    finally:
        client.process.terminate()


def _transfer(world, direction, seconds):
    """Gbit/s of goodput, and of the broker's host if it were busy with nothing else."""
    server = world.processes.start(world.host6, on_load_core(["iperf3", "-s", "-1", "-p", _PORT]), "iperf3-server")
    wait_for(lambda: _listens(world.host6), "iperf3 to listen")
    words = ["iperf3", "-c", HOST6_ADDRESS, "-p", _PORT, "-t", seconds, "-J", *(["-R"] if direction == "down" else [])]
    with Meter(world.broker_pids()) as meter:
        report = json.loads(world.clients.run(*on_load_core(words), timeout=seconds + 30).stdout)
    server.wait()
    received = report["end"]["sum_received"]
    return {
        "goodput_gbit": received["bits_per_second"] / 1e9,
        "gbit_per_cpu_second": received["bytes"] * 8 / meter.seconds / 1e9,
    }


def _listens(namespace):
    return str(_PORT) in namespace.run("ss", "-Hltn", f"sport = :{_PORT}").stdout


def _row(direction, pairs):
    return {
        "direction": direction,
        "plain": _medians([plain for plain, _ in pairs]),
        "tunnelled": _medians([tunnelled for _, tunnelled in pairs]),
        "cpu_ratio": statistics.median(a["gbit_per_cpu_second"] / b["gbit_per_cpu_second"] for a, b in pairs),
    }


def _medians(reports):
    return {key: statistics.median(report[key] for report in reports) for key in reports[0]}
