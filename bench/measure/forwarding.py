# SPDX-License-Identifier: Apache-2.0
"""What forwarding a packet costs the broker's host, beside plain IPv6 forwarding by the same host in the same minute."""

import itertools
import json
import statistics

from lib.programs import program
from lib.wait import wait_for
from measure.cpu import Meter, on_load_core
from measure.world import BROKER_ADDRESS, CLIENT_SOURCES, HOST6_ADDRESS, World

_SIZES = [100, 1280, 1400]
_TUNNELS = 1000
# Name: tunnels, packets of one tunnel in a row.
NOTHING_JOINS = "1,000 interleaved"
_PATTERNS = {"1 tunnel": (1, 1), NOTHING_JOINS: (_TUNNELS, 1), "1,000 in bursts of 32": (_TUNNELS, 32)}


def measure(arguments, folder):
    folder = folder / "forwarding"
    folder.mkdir()
    with World(folder, {"tunnel": {"mtu": 1472}}, before_others=True) as world:
        world.take_tcp_super_packets(False)
        plain, tunnelled = _write_plain_list(folder), hold_tunnels(world, folder)
        rows, bare = [], []
        for on_card in (False, True):
            world.segment_on_the_card(on_card)
            for direction, size, pattern in itertools.product(("up", "down"), _SIZES, _PATTERNS):
                point = Point(world, direction, size, pattern, arguments.seconds)
                row = _row(point, plain, tunnelled, arguments.rounds)
                rows.append({"segmentation": "card" if on_card else "software", **row})
        world.replace_broker(tunnelled)
        for direction, size in itertools.product(("up", "down"), _SIZES):
            point = Point(world, direction, size, NOTHING_JOINS, arguments.seconds)
            bare.append(_row(point, plain, tunnelled, arguments.rounds))
        return {"tspd": rows, "bare_loop": bare}


def _write_plain_list(folder):
    """Clients that have IPv6 themselves, in the form in which tsp-load holds tunnels."""
    tunnels = [
        {
            "local": "203.0.113.1:40000",
            "server": f"{BROKER_ADDRESS}:3653",
            "inner": f"2001:db8:2::{i + 1:x}",
            "server_inner": "2001:db8:c::1",
        }
        for i in range(_TUNNELS)
    ]
    path = folder / "plain.json"
    path.write_text(json.dumps({"tunnels": tunnels}))
    return path


def hold_tunnels(world, folder):
    """Sets up the clients' tunnels; the file that tells of them."""
    words = [program("tsp-load"), "hold", "--server", f"{BROKER_ADDRESS}:3653", "--sources", CLIENT_SOURCES]
    process = world.processes.start(world.clients, on_load_core([*words, "--count", _TUNNELS]), "hold")

    def ready():
        assert process.is_running(), f"tsp-load hold: {process.text()}"
        return process.json_lines()

    wait_for(ready, "tunnels to be held", 60)
    path = folder / "tunnels.json"
    path.write_text(process.output())
    return path


class Point:
    """One direction, size and pattern."""

    def __init__(self, world, direction, size, pattern, seconds):
        self.world = world
        self.direction = direction
        self.size = size
        self.pattern = pattern
        self._seconds = seconds

    def flood(self, tunnels_path, plain):
        """Packets a second, and nanoseconds of the broker's host for each packet."""
        up = self.direction == "up"
        source, sink_namespace, sink = (
            (self.world.clients, self.world.host6, "k0") if up else (self.world.host6, self.world.clients, "c0")
        )
        used, burst = _PATTERNS[self.pattern]
        words = [program("tsp-load"), "flood", "plain-up" if up and plain else self.direction, "--json"]
        words += ["--tunnels", tunnels_path, "--use", used, "--peer", HOST6_ADDRESS, "--size", self.size]
        words += ["--burst", burst, "--seconds", self._seconds, "--next-hop", self.world.next_hop(source)]
        words += ["--sink", sink, "--sink-netns", sink_namespace.name]
        if plain and not up:
            words.append("--untunnelled")
        with Meter(self.world.broker_pids()) as meter:
            report = json.loads(source.run(*on_load_core(words), timeout=self._seconds + 30).stdout)
        lost = report["sent"] - report["arrived"]
        return {
            "cpu_ns": meter.seconds / report["arrived"] * 1e9,
            "per_second": report["per_second"],
            "lost": max(lost, 0) / report["sent"],
        }


def _row(point, plain_path, tunnels_path, rounds):
    pairs = [(point.flood(plain_path, True), point.flood(tunnels_path, False)) for _ in range(rounds)]
    plain, tunnelled = ([pair[i] for pair in pairs] for i in (0, 1))
    return {
        "direction": point.direction,
        "bytes": point.size,
        "pattern": point.pattern,
        "plain": _medians(plain),
        "tunnelled": _medians(tunnelled),
        "cpu_ratio": statistics.median(b["cpu_ns"] / a["cpu_ns"] for a, b in pairs),
    }


def _medians(reports):
    return {key: statistics.median(report[key] for report in reports) for key in reports[0]}
