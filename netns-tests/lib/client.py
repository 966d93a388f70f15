# SPDX-License-Identifier: Apache-2.0
"""tsp-connect in a client's namespace."""

import ipaddress
import json

from lib.programs import program
from lib.topology import BROKER_ADDRESS
from lib.wait import wait_for

DEVICE = "tsp"


class TunnelClient:
    """A running tsp-connect. Arguments that are not given keep the program's defaults."""

    def __init__(self, namespace, processes, login=None, password=None, auth=None, server=BROKER_ADDRESS, options=()):
        self.namespace = namespace
        words = [program("tsp-connect"), "--server", server, "--device", DEVICE]
        if auth:
            words += ["--auth", auth]
        if login:
            password_path = processes.log_folder / f"{login}.password"
            password_path.write_text(password + "\n")
            password_path.chmod(0o600)
            words += ["--login", login, "--password-file", password_path]
        self.process = processes.start(namespace, [*words, *options], "tsp-connect")

    def addresses(self):
        """Global IPv6 addresses of the tunnel device."""
        result = self.namespace.ip("-json", "-6", "addr", "show", "dev", DEVICE, "scope", "global", check=False)
        if result.returncode != 0:
            return []
        links = json.loads(result.stdout or "[]")
        return [info["local"] for link in links for info in link.get("addr_info", [])]

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
        lines = self.namespace.ip("-6", "route", "show", "dev", DEVICE, check=False).stdout.splitlines()
        return [line for line in lines if line.split()[0] in destinations]

    def delegated_network(self, interface="lan"):
        """The /64 that the client put on the interface, with the client's own address in it."""
        links = json.loads(self.namespace.ip("-json", "-6", "addr", "show", "dev", interface, "scope", "global").stdout)
        infos = [info for link in links for info in link.get("addr_info", [])]
        assert len(infos) == 1, infos
        return ipaddress.IPv6Interface(f"{infos[0]['local']}/{infos[0]['prefixlen']}")

    def stop(self):
        return self.process.terminate()

    def kill(self):
        return self.process.kill()
