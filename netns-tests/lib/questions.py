# SPDX-License-Identifier: Apache-2.0
"""A daemon for tests that only ask questions: limits so high that no test meets them by accident."""

from lib.tsp import UdpClient
from lib.world import World

SETTINGS = {
    "limits": {
        "hello_per_source_per_second": 10000,
        "hello_per_source_burst": 10000,
        "hello_per_network_per_second": 10000,
        "hello_per_network_burst": 10000,
        "auth_failures_per_source_per_second": 10000,
        "auth_failures_per_source_burst": 10000,
        "auth_failures_per_account_per_second": 10000,
        "auth_failures_per_account_burst": 10000,
        "anonymous_tunnels_per_source_max": 10000,
        "evictions_max": 10000,
        "streams_per_source_max": 1000,
    }
}


class Questions:
    """The running daemon and the namespace that asks: a public one, so that no NAT hides what is sent."""

    def __init__(self, world: World):
        self.broker = world.start_broker(SETTINGS, accounts=("alice", "bob"))
        self.namespace = world.topology.add_public_client()

    @property
    def address(self):
        return self.namespace.public_address

    def udp(self, **options):
        return UdpClient(self.namespace, **options)

    def counters(self):
        return self.broker.status()["counters"]
