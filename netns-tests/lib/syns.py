# SPDX-License-Identifier: Apache-2.0
"""TCP connections and the segment sizes (MSS) that their ends tell each other."""

import re
import socket

_SYN = re.compile(r"Flags \[(S\.?)\], cksum \S+ \((correct|incorrect)[^\n]* options \[mss (\d+)")
# The names of flags are for IPv4 only.
_SYNS_ONLY = "tcp[tcpflags] & tcp-syn != 0 or (ip6 and ip6[6] = 6 and ip6[53] & 2 != 0)"


def watch_syns(world, namespace, device):
    words = ["tcpdump", "-n", "-l", "-v", "-i", device, _SYNS_ONLY]
    capture = world.processes.start(namespace, words, f"tcpdump-{device}")
    capture.wait_for_text("listening on")
    return capture


def syns(capture):
    """Of the SYN and the SYN-ACK the MSS, and whether the checksum is right."""
    capture.wait_for_text("Flags [S.]")
    return {flags: (int(mss), checksum == "correct") for flags, checksum, mss in _SYN.findall(capture.text())}


def open_connection(from_namespace, to_namespace, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with to_namespace.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind((address, 0))
        listener.listen()
        with from_namespace.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(10)
            connection.connect((address, listener.getsockname()[1]))
