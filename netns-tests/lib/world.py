# SPDX-License-Identifier: Apache-2.0
"""A topology with a daemon and clients in it, as most tests need it."""

from lib.broker import Broker
from lib.client import TunnelClient
from lib.process import ProcessGroup
from lib.topology import Topology

PASSWORD = "wonderland"


class World:
    def __init__(self, folder):
        self.folder = folder
        self.topology = Topology()
        self.processes = ProcessGroup(folder)
        self.broker = None

    def close(self):
        self.processes.close()
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
