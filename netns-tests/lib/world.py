# SPDX-License-Identifier: Apache-2.0
"""A topology with a daemon and clients in it, as most tests need it."""

from lib.broker import Broker
from lib.client import TunnelClient
from lib.process import ProcessGroup
from lib.topology import Topology

PASSWORD = "wonderland"
SECOND_PREFIX = "2001:db8:2::/48"


class World:
    def __init__(self, folder):
        self.folder = folder
        self.topology = Topology()
        self.processes = ProcessGroup(folder)
        self.broker = None
        self._more_brokers = 0

    def close(self):
        try:
            self.processes.close()
        finally:
            self.topology.close()

    @property
    def host6(self):
        return self.topology.host6

    def make_broker(self, settings=None):
        """A configured daemon that has not been started."""
        self.broker = Broker(self.topology.broker, self.processes, self.folder, settings)
        return self.broker

    def start_broker(self, settings=None, accounts=("alice",)):
        self.make_broker(settings).start()
        for login in accounts:
            self.broker.add_account(login, PASSWORD)
        return self.broker

    def make_another_broker(self, settings=None, delay_seconds=0):
        """One more daemon, in a namespace of its own; its address is in the attribute `address`. Files of its own, a
        prefix of its own (the first such one has SECOND_PREFIX): nothing is shared with the others, unless the settings
        say so. It has not been started."""
        self._more_brokers += 1
        number = self._more_brokers + 1
        folder = self.folder / f"broker{number}"
        folder.mkdir()
        namespace = self.topology.add_broker(delay_seconds)
        prefix = f"2001:db8:{number}::/48"
        broker = Broker(namespace, self.processes, folder, {"prefix": prefix, **(settings or {})})
        broker.address = namespace.public_address
        return broker

    def add_broker(self, settings=None, accounts=("alice",), delay_seconds=0):
        """The same, running."""
        broker = self.make_another_broker(settings, delay_seconds)
        broker.start()
        for login in accounts:
            broker.add_account(login, PASSWORD)
        return broker

    def run_client(self, namespace=None, login="alice", password=PASSWORD, auth="digest-md5", options=(), **more):
        """Starts tsp-connect (behind a NAT of its own if no namespace is given) and does not wait for it."""
        namespace = namespace or self.topology.add_client()
        return TunnelClient(namespace, self.processes, login, password, auth, options=options, **more)

    def connect_client(self, *arguments, **options):
        client = self.run_client(*arguments, **options)
        client.wait_until_up()
        return client

    def connect_anonymous_client(self, namespace=None, **options):
        return self.connect_client(namespace, login=None, password=None, auth="anonymous", **options)
