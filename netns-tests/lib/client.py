# SPDX-License-Identifier: Apache-2.0
"""tsp-connect in a client's namespace."""

import ipaddress
import json

from lib.programs import program
from lib.topology import BROKER_ADDRESS
from lib.wait import wait_for

DEVICE = "tsp"


class TunnelClient:
    """A running tsp-connect. Arguments that are not given keep the program's defaults. What it asks the client for is
    of the version of IP that the tunnel carries."""

    def __init__(self, namespace, processes, login=None, password=None, auth=None, server=BROKER_ADDRESS, options=()):
        self.namespace = namespace
        self.version = "-4" if "v4v6" in options else "-6"
        words = [program("tsp-connect"), "--server", server, "--device", DEVICE]
        if auth:
            words += ["--auth", auth]
        if login:
            password_path = processes.log_folder / f"{login}.password"
            password_path.write_text(password + "\n")
            password_path.chmod(0o600)
            words += ["--login", login, "--password-file", password_path]
        self.process = processes.start(namespace, [*words, *options], "tsp-connect")

    def _global_addresses(self, interface):
        """Global addresses of an interface with their lengths; empty if it is not there."""
        result = self.namespace.ip("-json", self.version, "addr", "show", "dev", interface, "scope", "global", check=False)
        links = json.loads(result.stdout or "[]") if result.returncode == 0 else []
        infos = [info for link in links for info in link.get("addr_info", [])]
        # iproute2 leaves an empty object for each address that it filters out.
        return [ipaddress.ip_interface(f"{info['local']}/{info['prefixlen']}") for info in infos if info]

    def addresses(self):
        """Global addresses of the tunnel device, as text."""
        return [str(interface.ip) for interface in self._global_addresses(DEVICE)]

    def wait_until_up(self, timeout_seconds=10):
        """Waits for the tunnel's address and default route; returns the address."""

        def up():
            assert self.process.is_running(), (
                f"tsp-connect ended with {self.process.exit_code}: {self.process.text()[-2000:]}"
            )
            return self.addresses() and self.routes("2000::/3", "default")

        wait_for(up, f"the tunnel of {self.namespace}:\n{self.process.text()[-2000:]}", timeout_seconds)
        return self.address()

    def address(self):
        addresses = self.addresses()
        assert len(addresses) == 1, addresses
        return addresses[0]

    def routes(self, *destinations):
        """Lines of the routing table that send one of the destinations to the tunnel."""
        lines = self.namespace.ip(self.version, "route", "show", "dev", DEVICE, check=False).stdout.splitlines()
        return [line for line in lines if line.split()[0] in destinations]

    def lan_address(self, interface="lan"):
        """The client's address on its LAN, with the length of the network; None if it has none yet."""
        addresses = self._global_addresses(interface)
        assert len(addresses) <= 1, addresses
        return addresses[0] if addresses else None

    def events(self, name):
        """What it has told of that kind; needs the option --json."""
        return [event for event in self.process.json_lines() if event["event"] == name]

    def servers_asked(self):
        """The servers of all attempts so far; needs the option --json."""
        return [event["server"] for event in self.events("connecting")]

    def stop(self):
        return self.process.terminate()

    def kill(self):
        return self.process.kill()
