# SPDX-License-Identifier: Apache-2.0
"""The world of the tests:

    lan host -- client --+
                         +-- nat --+
                client --+         +-- internet -- broker -- host6
                client -------- nat +
                         10.0.N.0/24     203.0.113.0/24     2001:db8:ffff::/64

Clients sit in private networks behind a masquerading NAT, which takes them across an IPv4-only internet (a router) to
the broker. The broker's other side is an IPv6 network with one host, which routes everything back to the broker.

For IPv4 in IPv6 the internet can have IPv6 (2001:db8:aaaa::/48), and the host IPv4 (198.51.100.0/24).
"""

from lib.namespace import Namespace, connect
from lib.slow_wire import SlowWire

BROKER_ADDRESS = "203.0.113.2"
BROKER_SECOND_ADDRESS = "203.0.113.254"
HOST6_ADDRESS = "2001:db8:ffff::2"
HOST4_ADDRESS = "198.51.100.2"
BROKER_IPV6_ADDRESS = "2001:db8:aaaa::2"

_MASQUERADE = """
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat
    oifname "wan" masquerade
  }
}
"""


class Topology:
    """Namespaces that live as long as the object; close() removes all of them."""

    def __init__(self):
        self._namespaces = []
        self._wires = []
        self._nets = 0
        self._private_nets = 0
        self.internet = self._make("internet")
        self.internet.sysctl("net.ipv4.ip_forward", 1)
        # Attackers among the tests send from addresses that are not theirs.
        self.internet.sysctl("net.ipv4.conf.all.rp_filter", 0)
        self.internet.sysctl("net.ipv4.conf.default.rp_filter", 0)
        self.broker = self._make("broker")
        self.host6 = self._make("host6")
        self._attach_to_internet(self.broker)
        self._connect_host6()

    def close(self):
        for wire in self._wires:
            wire.close()
        self._wires.clear()
        for namespace in self._namespaces:
            namespace.delete()
        self._namespaces.clear()

    def _make(self, role):
        namespace = Namespace(role)
        self._namespaces.append(namespace)
        return namespace

    def _attach_to_internet(self, namespace, delay_seconds=0):
        """Gives a public address (the first one is BROKER_ADDRESS) on the interface wan; returns it. The delay is that
        of each way."""
        base = 4 * self._nets
        port = f"port{self._nets}"
        self._nets += 1
        address = f"203.0.113.{base + 2}"
        if delay_seconds:
            self._connect_slowly(port, namespace, delay_seconds)
        else:
            connect(self.internet, port, namespace, "wan")
        self.internet.ip("addr", "add", f"203.0.113.{base + 1}/30", "dev", port)
        namespace.ip("addr", "add", f"{address}/30", "dev", "wan")
        namespace.ip("route", "add", "default", "via", f"203.0.113.{base + 1}")
        namespace.internet_port = port
        return address

    def _connect_slowly(self, port, namespace, delay_seconds):
        wire = self._make("wire")
        connect(self.internet, port, wire, "near")
        connect(wire, "far", namespace, "wan")
        for end, interface in ((self.internet, port), (namespace, "wan")):
            # The wire takes frames as a network would carry them: with their checksums, and not longer than the MTU.
            end.run("ethtool", "-K", interface, "tx", "off")
        self._wires.append(SlowWire(wire, "near", "far", delay_seconds))

    def _connect_host6(self):
        connect(self.broker, "eth6", self.host6, "eth0")
        self.broker.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.broker.ip("addr", "add", "2001:db8:ffff::1/64", "dev", "eth6")
        self.host6.ip("addr", "add", f"{HOST6_ADDRESS}/64", "dev", "eth0")
        self.host6.ip("route", "add", "default", "via", "2001:db8:ffff::1")

    def add_ipv6(self, namespace):
        """Gives a namespace that has a public address an IPv6 address too, and returns that."""
        number = namespace.internet_port.removeprefix("port")
        self.internet.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.internet.ip("addr", "add", f"2001:db8:aaaa:{number}::1/64", "dev", namespace.internet_port, "nodad")
        namespace.ip("addr", "add", f"2001:db8:aaaa:{number}::2/64", "dev", "wan", "nodad")
        namespace.ip("route", "add", "2001:db8:aaaa::/48", "via", f"2001:db8:aaaa:{number}::1")
        return "2001:db8:aaaa::2" if number == "0" else f"2001:db8:aaaa:{number}::2"

    def add_host4(self):
        """Gives the host on the broker's other side an IPv4 address, HOST4_ADDRESS."""
        self.broker.sysctl("net.ipv4.ip_forward", 1)
        self.broker.ip("addr", "add", "198.51.100.1/24", "dev", "eth6")
        self.host6.ip("addr", "add", f"{HOST4_ADDRESS}/24", "dev", "eth0")
        self.host6.ip("route", "add", "default", "via", "198.51.100.1")

    def narrow_path(self, namespace, mtu):
        """Gives the path between that namespace and the internet a smaller MTU, both ways."""
        self.internet.ip("link", "set", namespace.internet_port, "mtu", mtu)
        namespace.ip("link", "set", "wan", "mtu", mtu)

    def merge_arrivals(self, namespace):
        """Lets the kernel merge the TCP segments that come in at wan (GRO), as it does behind a card that gathers
        packets for a moment."""
        # What comes from a device that could have sent them as one is not merged.
        self.internet.run("ethtool", "-K", namespace.internet_port, "tso", "off")
        namespace.run("ethtool", "-K", "wan", "gro", "on")
        for setting, value in (("gro_flush_timeout", 200_000), ("napi_defer_hard_irqs", 100)):
            namespace.run("sh", "-c", f"echo {value} >/sys/class/net/wan/{setting}")

    def add_second_broker_address(self):
        self.broker.ip("addr", "add", f"{BROKER_SECOND_ADDRESS}/32", "dev", "wan")
        self.internet.ip("route", "add", BROKER_SECOND_ADDRESS, "via", BROKER_ADDRESS)
        return BROKER_SECOND_ADDRESS

    def add_broker(self, delay_seconds=0):
        """A namespace for one more broker, without an IPv6 network; its address is in the attribute
        `public_address`. So long each way takes to it and back."""
        broker = self._make("broker2")
        broker.public_address = self._attach_to_internet(broker, delay_seconds)
        broker.sysctl("net.ipv6.conf.all.forwarding", 1)
        return broker

    def add_nat(self):
        """A masquerading router; its public address is in the attribute `public_address`."""
        nat = self._make("nat")
        nat.sysctl("net.ipv4.ip_forward", 1)
        nat.public_address = self._attach_to_internet(nat)
        nat.nft(_MASQUERADE)
        return nat

    def add_client(self, nat=None):
        """A host behind the NAT (behind one of its own if none is given)."""
        nat = nat or self.add_nat()
        client = self._make("client")
        number = self._private_nets
        self._private_nets += 1
        connect(nat, f"lan{number}", client, "eth0")
        nat.ip("addr", "add", f"10.0.{number}.1/24", "dev", f"lan{number}")
        client.ip("addr", "add", f"10.0.{number}.2/24", "dev", "eth0")
        client.ip("route", "add", "default", "via", f"10.0.{number}.1")
        client.nat = nat
        client.private_address = f"10.0.{number}.2"
        return client

    def add_public_client(self):
        """A host with a public address of its own."""
        client = self._make("client")
        client.public_address = self._attach_to_internet(client)
        client.private_address = client.public_address
        return client

    def add_lan_host(self, client):
        """A host on the client's interface `lan`, without addresses as yet."""
        host = self._make("lanhost")
        connect(client, "lan", host, "eth0")
        return host
