# SPDX-License-Identifier: Apache-2.0
"""The daemon under test and its operator's command."""

import json
import socket

from lib.namespace import run
from lib.programs import program
from lib.tsp import PORT
from lib.wait import wait_for

PREFIX = "2001:db8:1::/48"
DEVICE = "tsp0"


def _toml_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return json.dumps(value) if isinstance(value, str) else str(value)


def _toml_lines(table):
    return [
        f"{key} = {_toml_value(value)}"
        for key, value in table.items()
        if value is not None and not isinstance(value, dict)
    ]


def to_toml(settings, section=""):
    """Values first, then one table for each dictionary; what is None is left out."""
    lines = _toml_lines(settings)
    for name, table in settings.items():
        if isinstance(table, dict):
            full_name = f"{section}{name}"
            lines += ["", f"[{full_name}]", to_toml(table, full_name + ".").rstrip()]
    return "\n".join(lines) + "\n"


class Broker:
    """tspd in the namespace `broker`, with its files in a folder of the test."""

    def __init__(self, namespace, processes, folder, settings=None):
        self.namespace = namespace
        self.folder = folder
        self.config_path = folder / "tspd.toml"
        self.database_path = folder / "tspd.db"
        self.control_path = folder / "control.sock"
        self.process = None
        self._processes = processes
        self.settings = {
            "prefix": PREFIX,
            "server": {"realm": "test"},
            "store": {"path": str(self.database_path)},
            "control": {"socket": str(self.control_path)},
            "auth": {"anonymous": True, "plain": True, "digest_md5": True},
        }
        self.configure(settings or {})

    def configure(self, changes):
        """Merges settings into the configuration file; None takes a key away."""
        for key, value in changes.items():
            if isinstance(value, dict):
                self.settings.setdefault(key, {}).update(value)
            else:
                self.settings[key] = value
        self.config_path.write_text(to_toml(self.settings))

    def launch(self):
        """Starts the daemon without waiting for it to serve."""
        self.process = self._processes.start(
            self.namespace, [program("tspd"), "--config", self.config_path, "--foreground"], "tspd"
        )
        return self.process

    def start(self):
        self.launch()
        self.wait_until_ready()
        return self

    def wait_until_ready(self, timeout_seconds=10):
        def ready():
            assert self.process.is_running(), f"tspd ended with {self.process.exit_code}: {self.process.text()}"
            result = self.ctl("--json", "status", check=False)
            return result.returncode == 0 and json.loads(result.stdout).get("ready")

        wait_for(ready, "tspd to be ready", timeout_seconds)

    def stop(self):
        return self.process.terminate()

    def kill(self):
        return self.process.kill()

    def ctl(self, *words, check=True, password=None):
        """Runs tspctl; a password is handed over by a descriptor."""
        command = [program("tspctl"), "--socket", self.control_path, *words]
        if password is None:
            return run(*command, check=check)
        return run(*command, "--password-fd", "0", check=check, input=password + "\n")

    def ctl_json(self, *words, **options):
        return json.loads(self.ctl("--json", *words, **options).stdout)

    def add_account(self, login, password, *options):
        self.ctl("account", "add", login, *options, password=password)

    def tunnels(self):
        return self.ctl_json("tunnel", "list")["tunnels"]

    def status(self):
        return self.ctl_json("status")

    def answers(self, namespace, address="203.0.113.2"):
        """Whether the signalling port answers an echo probe from that namespace."""
        with namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.5)
            probe.connect((address, PORT))
            try:
                probe.send(b"\xf0\0\0\1\0\0\0\0ECHO REQUEST")
                return bool(probe.recv(100))
            except OSError:
                return False

    def pool_routes(self):
        """Lines of the routing table of the broker's namespace that concern the pool or the tunnel device."""
        lines = self.namespace.ip("-6", "route", "show", "table", "all").stdout.splitlines()
        return [line for line in lines if "2001:db8:1:" in line or f"dev {DEVICE}" in line]
