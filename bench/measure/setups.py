# SPDX-License-Identifier: Apache-2.0
"""Tunnels a second that tspd sets up with SQLite, without a network: clients on the loopback interface."""

import json
import statistics

from lib.programs import program
from measure.accounts import add_accounts
from measure.cpu import Meter
from measure.world import loopback_world, start_broker

_CONCURRENCY = 256
_SLOW_COMMIT_MS = 10


def measure(arguments, folder):
    result = {}
    for delay_ms in (0, _SLOW_COMMIT_MS):
        name = "sqlite" if delay_ms == 0 else f"sqlite, {delay_ms} ms added to each commit"
        result[name] = _measure_store(arguments, folder / f"setups-{delay_ms}", delay_ms)
    return result


def _measure_store(arguments, folder, delay_ms):
    folder.mkdir()
    with loopback_world(folder) as (namespace, processes):
        fast = {"server": {"listen": ["127.0.0.1:3653"]}, "store": {"commit_delay_ms": 0}}
        broker = start_broker(namespace, processes, folder, fast)
        password = add_accounts(broker, arguments.setups * arguments.rounds)
        broker.stop()
        broker.configure({"store": {"commit_delay_ms": delay_ms}})
        broker.start()
        digest = ["--auth", "digest-md5", "--password-file", password]
        return {
            "anonymous": _storms(broker, arguments, []),
            "digest_md5": _storms(broker, arguments, digest),
        }


def storm(broker, count, first, options=()):
    """Sets up `count` tunnels; all of them must succeed. Returns what tsp-load reports."""
    words = [program("tsp-load"), "storm", "--server", "127.0.0.1:3653", "--json", "--count", count, "--first", first]
    words += ["--concurrency", _CONCURRENCY, "--seconds", 600, *options]
    return json.loads(broker.namespace.run(*words, timeout=700).stdout)


def _storms(broker, arguments, options):
    reports = []
    for number in range(arguments.rounds):
        with Meter([broker.process.pid]) as meter:
            report = storm(broker, arguments.setups, number * arguments.setups, options)
        report["broker_cpu_us"] = meter.seconds / arguments.setups * 1e6
        reports.append(report)
    middle = sorted(reports, key=lambda report: report["per_second"])[len(reports) // 2]
    return {
        "per_second": middle["per_second"],
        "latency_ms": middle["latency_ms"],
        "broker_cpu_us": statistics.median(report["broker_cpu_us"] for report in reports),
        "retransmissions": sum(report["retransmissions"] for report in reports),
        "rounds": [report["per_second"] for report in reports],
    }
