# SPDX-License-Identifier: Apache-2.0
"""A long cable: frames that go in at one end come out at the other after a while.

It stands in for netem, which not every kernel has. All that passes is real: ARP, ICMP, UDP and TCP of the real programs.
"""

import collections
import contextlib
import select
import socket
import threading
import time

_ALL_PROTOCOLS = 3  # ETH_P_ALL
_FRAME_MAX = 65536


class SlowWire:
    """Between two interfaces of a namespace, until it is closed."""

    def __init__(self, namespace, one, other, delay_seconds):
        self._delay_seconds = delay_seconds
        self._ends = [self._open(namespace, interface) for interface in (one, other)]
        self._under_way = collections.deque()  # when, by which end, what: in the order of their arrival
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    @staticmethod
    def _open(namespace, interface):
        end = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
        end.bind((interface, 0))
        return end

    def close(self):
        self._stopped.set()
        self._thread.join()
        for end in self._ends:
            end.close()

    def _carry(self):
        while not self._stopped.is_set():
            patience = 0.1
            if self._under_way:
                patience = max(0.0, min(patience, self._under_way[0][0] - time.monotonic()))
            readable, _, _ = select.select(self._ends, [], [], patience)
            for end in readable:
                self._take(end)
            self._deliver()

    def _take(self, end):
        frame, origin = end.recvfrom(_FRAME_MAX)
        if origin[2] == socket.PACKET_OUTGOING:  # what this wire has delivered itself
            return
        other = self._ends[1 - self._ends.index(end)]
        self._under_way.append((time.monotonic() + self._delay_seconds, other, frame))

    def _deliver(self):
        while self._under_way and self._under_way[0][0] <= time.monotonic():
            _, end, frame = self._under_way.popleft()
            with contextlib.suppress(OSError):  # an interface that is going down loses frames, as cables do
                end.send(frame)
