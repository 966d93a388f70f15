# SPDX-License-Identifier: Apache-2.0
"""What a case of cases.py is: who talks to the daemon, in which world, and what its expectation file says."""

import dataclasses
from collections.abc import Callable

from lib.tsp import TcpClient, UdpClient

CASES = {}


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    talk: Callable
    settings: dict = dataclasses.field(default_factory=dict)
    given: tuple = ()  # lines of the expectation file
    ignored: str = "nonce client.ipv6 prefix server.ipv6 keepalive.ipv6"  # what is drawn at random
    prepare: Callable = lambda world: world.topology.add_public_client()


def case(**options):
    def add(function):
        CASES[function.__name__] = Case(function.__name__, function, **options)
        return function

    return add


def udp(function):
    """A case with one client over UDP."""
    return case()(_named(function, lambda _, namespace: talk_with(UdpClient(namespace), function)))


def tcp(function):
    return case()(_named(function, lambda _, namespace: talk_with(TcpClient(namespace), function)))


def _named(function, wrapper):
    wrapper.__name__ = function.__name__
    return wrapper


def talk_with(client, function):
    with client:
        function(client)
