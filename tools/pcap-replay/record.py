#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Records pcaps/ anew: real conversations with the real daemon in network namespaces, sanitised, with expectations.

    sudo TSPBROKER_BIN=build/bin tools/pcap-replay/record.py [CASE…]
"""

import argparse
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "netns-tests"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cases import CASES  # noqa: E402
from lib.namespace import sweep_left_overs  # noqa: E402
from lib.programs import program  # noqa: E402
from lib.wait import wait_for  # noqa: E402
from lib.world import World  # noqa: E402

PCAPS = ROOT / "pcaps"
# Signalling, and packets of all kinds of tunnels.
_TUNNELS = "udp port 3653 or tcp port 3653 or ip proto 41 or ip6 proto 4"


@contextlib.contextmanager
def capturing(world, path):
    """Writes what the broker's host sends and receives on its port."""
    words = ["tcpdump", "-i", "wan", "--immediate-mode", "-U", "-w", path, _TUNNELS]
    process = world.processes.start(world.topology.broker, words, "tcpdump")
    process.wait_for_text("listening on")
    yield
    # Its last packets are in the file once nothing more is added to it.
    sizes = [-1]
    wait_for(lambda: sizes.append(path.stat().st_size) or sizes[-1] == sizes[-2], "the capture to be complete",
             interval_seconds=0.3)  # fmt: skip
    process.terminate()


def givens_of(path):
    """What a reviewer wrote into an expectation file: comments and settings."""
    lines = path.read_text().split("\n\n", 1)[0].splitlines() if path.exists() else []
    return [line for line in lines if line.startswith(("#", "set "))]


def expect(pcap, accounts, case):
    """Writes the expectation file of a new capture."""
    path = pcap.with_suffix(".expect")
    comments = [line for line in givens_of(path) if line.startswith("#")]
    path.write_text("\n".join([*comments, *accounts, *case.given, f"ignore {case.ignored}", "", ""]))
    subprocess.run([program("pcap-replay"), "--update", pcap], check=True)


def record(case, folder):
    world = World(folder)
    try:
        world.start_broker(case.settings, accounts=("alice", "bob"))
        client = case.prepare(world)
        raw = folder / "raw.pcap"
        with capturing(world, raw):
            case.talk(world, client)
    finally:
        world.close()
    pcap = PCAPS / f"{case.name}.pcap"
    sanitized = subprocess.run([program("pcap-sanitize"), raw, pcap], check=True, capture_output=True, text=True)
    expect(pcap, sanitized.stdout.splitlines(), case)
    print(f"{case.name}: {pcap.stat().st_size} bytes {sanitized.stderr.strip()}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="all of them if none is named")
    wanted = parser.parse_args().cases or list(CASES)
    if unknown := [name for name in wanted if name not in CASES]:
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(CASES)}")
    if os.geteuid() != 0:
        parser.error("network namespaces need root")
    sweep_left_overs()
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            record(CASES[name], pathlib.Path(folder))


if __name__ == "__main__":
    main()
