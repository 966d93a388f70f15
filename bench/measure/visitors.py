# SPDX-License-Identifier: Apache-2.0
"""Whether strangers who flood the API slow the tunnels: forwarding and set-ups while wrk asks as fast as it can, and while
the same CPU time is only burnt, in the same minute."""

import contextlib
import json
import pathlib
import signal
import statistics
import sys
import time

from lib.certificate import make_certificate
from lib.programs import program
from measure.cpu import BROKER_CORE, LOAD_CORE, on_load_core, seconds_of
from measure.forwarding import NOTHING_JOINS, Point, hold_tunnels
from measure.world import BROKER_ADDRESS, CLIENT_SOURCES, World

_PORT = 8053
_PORTION_BYTES = 1280
_CONCURRENCY = 64
_API_NICE = 10  # of the threads that serve it (adapters/linux/http)
_MANY = 1_000_000
_LIMITS = {
    "as shipped": {},
    "lifted": {
        "connections_per_source_max": 256,
        "requests_per_source_per_second": _MANY,
        "requests_per_source_burst": _MANY,
    },
}
_WRONG_LOGIN = """
wrk.method, wrk.path = "POST", "/api/v1/session"
wrk.headers["Content-Type"] = "application/json"
request = function()
  return wrk.format(nil, nil, nil, string.format('{"login": "u%d", "password": "wrong"}', math.random(1000)))
end
"""
_VISITS = {"a path that is not there": "wrk.path = '/nothing'", "a wrong login": _WRONG_LOGIN}
# Burns a part of one core, however little of it there is to have.
_BURN = """
import sys, time
share, start = float(sys.argv[1]), time.monotonic()
while True:
    if time.process_time() >= share * (time.monotonic() - start):
        time.sleep(0.001)
"""


def measure(arguments, folder):
    rows = []
    for number, (limits, keys) in enumerate(_LIMITS.items()):
        place = folder / f"visitors-{number}"
        place.mkdir(parents=True)
        certificate, key = make_certificate(place, "broker", f"IP:{BROKER_ADDRESS}")
        api = {"listen": [f"{BROKER_ADDRESS}:{_PORT}"], "certificate": str(certificate), "private_key": str(key), **keys}
        with World(place, {"tunnel": {"mtu": 1472}, "api": api}) as world:
            bench = _Bench(world, hold_tunnels(world, place), arguments)
            rows += [{"limits": limits, "visit": visit, **bench.compare(script)} for visit, script in _VISITS.items()]
    return rows


class _Bench:
    def __init__(self, world, tunnels_path, arguments):
        self._world = world
        self._tunnels_path = tunnels_path
        self._arguments = arguments
        self._points = {way: Point(world, way, _PORTION_BYTES, NOTHING_JOINS, arguments.seconds) for way in ("up", "down")}
        self._next = _MANY

    def compare(self, script):
        rounds = [self._round(script) for _ in range(self._arguments.rounds)]
        things = rounds[0]["flooded"].keys()
        return {
            "asked_per_second": statistics.median(one["asked_per_second"] for one in rounds),
            "cpu": {name: statistics.median(one["cpu"][name] for one in rounds) for name in rounds[0]["cpu"]},
            "results": {
                thing: {
                    **{kind: statistics.median(one[kind][thing] for one in rounds) for kind in ("alone", "flooded", "burnt")},
                    "ratio": statistics.median(one["flooded"][thing] / one["burnt"][thing] for one in rounds),
                }
                for thing in things
            },
        }

    def _round(self, script):
        """What is done a second: by the broker alone, while it is flooded, and while the flood's CPU time is burnt."""
        alone = self._tunnels()
        with self._flood(script) as flood:
            flooded = self._tunnels()
        with self._burn(flood.cpu):
            burnt = self._tunnels()
        return {"alone": alone, "flooded": flooded, "burnt": burnt, "cpu": flood.cpu,
                "asked_per_second": flood.asked_per_second}  # fmt: skip

    def _tunnels(self):
        done = {f"packets {way}": point.flood(self._tunnels_path, False)["per_second"] for way, point in self._points.items()}
        words = [program("tsp-load"), "storm", "--server", f"{BROKER_ADDRESS}:3653", "--sources", CLIENT_SOURCES, "--json",
                 "--count", self._arguments.setups, "--first", self._next, "--concurrency", _CONCURRENCY]  # fmt: skip
        self._next += self._arguments.setups
        report = json.loads(self._world.clients.run(*on_load_core(words), timeout=120).stdout)
        return {**done, "set-ups": report["per_second"]}

    @contextlib.contextmanager
    def _flood(self, script):
        path = self._world.folder / "visit.lua"
        path.write_text(script)
        flood = _Flood(self._world, path)
        try:
            flood.begin()
            yield flood
            flood.end()
        finally:
            flood.stop()

    @contextlib.contextmanager
    def _burn(self, cpu):
        """On the same cores, and as willing to wait as what it stands for."""
        places = [(cpu["wrk"], LOAD_CORE, 0), (cpu["api"], BROKER_CORE, _API_NICE)]
        burners = []
        try:
            for number, (share, core, nice) in enumerate(places):
                words = ["nice", "-n", nice, "taskset", "--cpu-list", core, sys.executable, "-c", _BURN, share]
                burners.append(self._world.processes.start(self._world.clients, map(str, words), f"burn-{number}"))
            yield
        finally:
            for burner in burners:
                burner.kill()


class _Flood:
    """wrk, and what it costs: shares of a core, of wrk itself and of the API's threads."""

    def __init__(self, world, script):
        words = ["wrk", "--threads", 1, "--connections", 64, "--duration", "600s", "--script", script,
                 f"https://{BROKER_ADDRESS}:{_PORT}/"]  # fmt: skip
        self._wrk = world.processes.start(world.clients, on_load_core(words), "wrk")
        self._broker_pid = world.broker.process.pid
        self.cpu = {}
        self.asked_per_second = 0.0

    def begin(self):
        time.sleep(1)
        assert self._wrk.is_running(), f"wrk: {self._wrk.text()}"
        self._start, self._before = time.monotonic(), self._costs()

    def end(self):
        seconds = time.monotonic() - self._start
        self.cpu = {name: (cost - self._before[name]) / seconds for name, cost in self._costs().items()}
        self._wrk.send(signal.SIGINT)
        self._wrk.wait()
        self.asked_per_second = _requests_per_second(self._wrk.output())

    def stop(self):
        self._wrk.kill()

    def _costs(self):
        return {"wrk": seconds_of(self._wrk.pid), "api": _seconds_of_nice_threads(self._broker_pid)}


def _seconds_of_nice_threads(pid):
    total = 0.0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        nice = int(task.joinpath("stat").read_text().rsplit(")", 1)[1].split()[16])
        if nice == _API_NICE:
            total += int(task.joinpath("schedstat").read_text().split()[0]) / 1e9
    return total


def _requests_per_second(report):
    return float(next(line.split()[1] for line in report.splitlines() if line.startswith("Requests/sec:")))
