# SPDX-License-Identifier: Apache-2.0
"""The core alone: set-ups a second on one core, and memory, from core_setup_bench."""

import json

from lib.namespace import run
from lib.programs import program


def measure(arguments, _folder):
    output = run(
        program("core_setup_bench"),
        "--benchmark_format=json",
        f"--benchmark_repetitions={arguments.rounds}",
        "--benchmark_min_time=0.5",
        timeout=1800,
    ).stdout
    entries = json.loads(output)["benchmarks"]
    result = {}
    for entry in entries:
        name = entry["run_name"].removesuffix("/manual_time").removesuffix("/iterations:1")
        if entry.get("error_occurred"):
            raise RuntimeError(f"{name}: {entry['error_message']}")
        if entry.get("aggregate_name") not in (None, "median") or (
            arguments.rounds > 1 and entry["run_type"] != "aggregate"
        ):
            continue
        name = name.replace("/tunnels:", " with ")
        if "bytes_per_tunnel" in entry:
            result[name] = {"bytes_per_tunnel": entry["bytes_per_tunnel"]}
        else:
            result[name] = {"per_second": entry["items_per_second"]}
    return result
