# SPDX-License-Identifier: Apache-2.0
"""The broker between its clients and the IPv6 network, each in a namespace:

    clients  c0 ---- up0  broker  s6 ---- k0  host6
             IPv4 and IPv6         IPv6

The same broker's host also routes plain IPv6 between the two, which everything is compared with. Each interface
receives in a kernel thread of its own (threaded NAPI): the threads of up0 and s6 are the broker's share of the kernel's
work, and share a core with tspd; those of c0 and k0 stand on the other core beside the load.
"""

import contextlib
import json
import pathlib

from lib import namespace as namespaces
from lib.broker import DEVICE, PREFIX, Broker
from lib.namespace import Namespace, connect
from lib.process import ProcessGroup
from lib.programs import program
from lib.wait import wait_for
from measure.cpu import BROKER_CORE, LOAD_CORE, pin, put_before_others, put_beside_others
from measure.link_features import set_features

BROKER_ADDRESS = "203.0.113.2"
HOST6_ADDRESS = "2001:db8:ffff::2"
CLIENT_SOURCES = "10.80.0.0/16"  # outer addresses of many clients
PLAIN_PREFIX = "2001:db8:2::/64"  # of clients that need no tunnel

# Packets of floods are counted where they arrive, and need to go no further. Inside of tunnels the port is 400 bits behind
# the beginning of the outer UDP header.
_DROP_AT_HOST6 = "table inet bench { chain c { type filter hook prerouting priority raw; udp dport 9 drop; }; }"
_DROP_AT_CLIENTS = """
table inet bench {
  chain c {
    type filter hook prerouting priority raw
    udp dport 9 drop
    udp sport 3653 @th,400,16 9 drop
  }
}
"""


def start_broker(namespace, processes, folder, settings):
    """tspd with generous limits, that writes its log to a file and does not let tunnels end."""
    base = {
        "auth": {"anonymous": True, "plain": False, "digest_md5": True},
        "tunnel": {"idle_seconds_min": 86_400},
        "limits": {
            "anonymous_tunnels_per_source_max": 200_000,
            "hello_per_source_per_second": 1_000_000,
            "hello_per_source_burst": 1_000_000,
            "hello_per_network_per_second": 1_000_000,
            "hello_per_network_burst": 1_000_000,
        },
    }
    broker = Broker(namespace, processes, folder, base)
    broker.configure(settings)
    return broker.start()


@contextlib.contextmanager
def loopback_world(folder):
    """One namespace in which a broker serves clients on the loopback interface."""
    namespaces.PREFIX = "tspbench"
    namespaces.sweep_left_overs()
    namespace = Namespace("broker")
    processes = ProcessGroup(folder)
    try:
        namespace.sysctl("net.ipv6.conf.all.forwarding", 1)
        yield namespace, processes
    finally:
        processes.close()
        namespace.delete()


class World:
    """clients, broker and host6, with tspd running; a context manager. `before_others`: see cpu.put_before_others; not
    for programs that wait without sleeping, which would keep the receiving threads of their core out."""

    def __init__(self, folder, settings=None, before_others=False):
        self.folder = pathlib.Path(folder)
        self._before_others = before_others
        self._settings = settings or {}

    def __enter__(self):
        namespaces.PREFIX = "tspbench"
        namespaces.sweep_left_overs()
        self.clients, self.host = Namespace("clients"), Namespace("broker")
        self.host6 = Namespace("host6")
        self.processes = ProcessGroup(self.folder)
        if self._before_others:
            put_before_others(0)
        try:
            self._connect()
            self._set_offloads()
            self._pin_receivers()
            self._start_broker()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.processes.close()
        put_beside_others(0)
        for namespace in (self.clients, self.host, self.host6):
            namespace.delete()

    def broker_pids(self):
        """Everything that works for the broker: tspd, and the kernel threads of its interfaces."""
        return [self._forwarder.pid, *self.receiver_pids()]

    def receiver_pids(self):
        return self._receivers

    def next_hop(self, namespace):
        """The broker's end of the link of the clients or of host6, as `tsp-load --next-hop` takes it."""
        interface, other = ("c0", "up0") if namespace is self.clients else ("k0", "s6")
        link = json.loads(self.host.ip("-json", "link", "show", "dev", other).stdout)[0]
        return f"{interface}/{link['address']}"

    def segment_on_the_card(self, wanted):
        """Whether the broker's interfaces take UDP super-packets, or the kernel cuts them before."""
        for interface in ("up0", "s6"):
            set_features(self.host, interface, {"tx-udp-segmentation": wanted})

    def _connect(self):
        connect(self.clients, "c0", self.host, "up0")
        connect(self.host, "s6", self.host6, "k0")
        self.host.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.clients.ip("addr", "add", "203.0.113.1/30", "dev", "c0")
        self.clients.ip("addr", "add", "2001:db8:c::2/64", "dev", "c0")
        self.clients.ip("route", "add", "local", CLIENT_SOURCES, "dev", "lo")
        self.clients.ip("route", "add", "local", PLAIN_PREFIX, "dev", "lo")
        self.clients.ip("route", "add", "2001:db8:ffff::/64", "via", "2001:db8:c::1")
        self.host.ip("addr", "add", f"{BROKER_ADDRESS}/30", "dev", "up0")
        self.host.ip("addr", "add", "2001:db8:c::1/64", "dev", "up0")
        self.host.ip("addr", "add", "2001:db8:ffff::1/64", "dev", "s6")
        self.host.ip("route", "add", CLIENT_SOURCES, "via", "203.0.113.1")
        self.host.ip("route", "add", PLAIN_PREFIX, "via", "2001:db8:c::2")
        self.host6.ip("addr", "add", f"{HOST6_ADDRESS}/64", "dev", "k0")
        self.host6.ip("route", "add", "default", "via", "2001:db8:ffff::1")
        self.clients.nft(_DROP_AT_CLIENTS)
        self.host6.nft(_DROP_AT_HOST6)

    def _set_offloads(self):
        # The ends send frames of the size of the link, as over a real one; what arrives at the broker may be merged.
        for namespace, interface in ((self.clients, "c0"), (self.host6, "k0")):
            off = ["tx-generic-segmentation", "tx-tcp-segmentation", "tx-tcp6-segmentation", "tx-udp-segmentation"]
            set_features(namespace, interface, {"rx-gro": True, **{name: False for name in off}})
        for interface in ("up0", "s6"):
            set_features(self.host, interface, {"rx-gro": True})

    def take_tcp_super_packets(self, wanted):
        """Whether the broker's interfaces do. What comes from a veth interface that does is not received in a thread of
        the other end but at once, by whoever sends, at the expense of the broker."""
        names = ["tx-tcp-segmentation", "tx-tcp-ecn-segmentation", "tx-tcp-mangleid-segmentation", "tx-tcp6-segmentation"]
        for interface in ("up0", "s6"):
            set_features(self.host, interface, {name: wanted for name in names})

    def _pin_receivers(self):
        self._receivers = []
        for namespace, interface in ((self.host, "up0"), (self.host, "s6")):
            self._receivers += self._receive_in_thread(namespace, interface, BROKER_CORE)
        for namespace, interface in ((self.clients, "c0"), (self.host6, "k0")):
            self._receive_in_thread(namespace, interface, LOAD_CORE)

    def _receive_in_thread(self, namespace, interface, core):
        """Moves reception into kernel threads (Linux 5.12) on one core, and returns their process ids."""
        before = _kernel_threads(interface)
        namespace.run("sh", "-c", f"echo 1 > /sys/class/net/{interface}/threaded")
        threads = wait_for(lambda: _kernel_threads(interface) - before, f"the receiving thread of {interface}")
        for thread in threads:
            pin(thread, core)
            if self._before_others:
                put_before_others(thread)
        return sorted(threads)

    def _start_broker(self):
        self.broker = start_broker(self.host, self.processes, self.folder, self._settings)
        self._forwarder = self.broker.process
        pin(self._forwarder.pid, BROKER_CORE)

    def replace_broker(self, tunnels_path):
        """Another program forwards for the same tunnels from now on (bench/bare_loop.cc)."""
        tunnels = json.loads(tunnels_path.read_text())["tunnels"]
        path = self.folder / "bare-loop.txt"
        path.write_text("".join(f"{t['inner']} {t['local'].replace(':', ' ')}\n" for t in tunnels))
        self.broker.stop()
        words = [program("bare-loop"), DEVICE, BROKER_ADDRESS, path]
        self._forwarder = self.processes.start(self.host, words, "bare-loop")
        pin(self._forwarder.pid, BROKER_CORE)

        def route():
            assert self._forwarder.is_running(), f"bare-loop: {self._forwarder.text()}"
            up = self.host.ip("link", "set", DEVICE, "up", "mtu", 1472, check=False)
            words = ["route", "replace", PREFIX, "via", "fe80::fffe", "dev", DEVICE, "onlink"]
            return up.returncode == 0 and self.host.ip("-6", *words, check=False).returncode == 0

        wait_for(route, "the bare loop's device")


def _kernel_threads(interface):
    found = set()
    for comm in pathlib.Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if comm.read_text().startswith(f"napi/{interface}-"):
                found.add(int(comm.parent.name))
    return found
