# SPDX-License-Identifier: Apache-2.0
"""The daemon on a simulated host, and clients of it on this host's loopback."""

import http.client
import itertools
import json
import signal
import socket
import subprocess

from lib.broker import to_toml
from lib.programs import program
from lib.tsp import TcpClient, UdpClient
from lib.wait import wait_for

API_PORT = 8053

_numbers = itertools.count(1)


class Loopback:
    """Where a namespace is expected: this very one."""

    @staticmethod
    def socket(*kind):
        return socket.socket(*kind)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=70)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Broker:
    """tspd-sim with an address of its own; what it says goes to `log`."""

    def __init__(self, folder, settings):
        self.address = f"127.77.{next(_numbers)}.1"
        self.config_path = folder / "tspd.toml"
        self.control_path = folder / "control.sock"
        self.log_path = folder / "log"
        self.settings = {
            "prefix": "2001:db8:1::/48",
            "server": {"listen": [f"{self.address}:3653"], "realm": "test"},
            "control": {"socket": str(self.control_path)},
            "api": {
                "listen": [f"{self.address}:{API_PORT}"],
                "requests_per_source_per_second": 10000,
                "requests_per_source_burst": 10000,
                "connections_per_source_max": 10000,
            },
            "auth": {"anonymous": True, "plain": True, "digest_md5": True},
        }
        self.configure(settings)
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen([program("tspd-sim"), self.config_path], stdout=log, stderr=log)
        try:
            wait_for(self._is_ready, "tspd-sim to be ready")
        except BaseException:  # nobody else knows of it yet
            self.process.kill()
            self.process.wait()
            raise

    def configure(self, changes):
        for key, value in changes.items():
            if isinstance(value, dict):
                self.settings.setdefault(key, {}).update(value)
            else:
                self.settings[key] = value
        self.config_path.write_text(to_toml(self.settings))

    def _is_ready(self):
        assert self.process.poll() is None, self.log()
        try:
            return self.control_path.exists() and self.status()["ready"]
        except ConnectionRefusedError:  # bound, and about to listen
            return False

    def log(self):
        return self.log_path.read_text()

    # ---- clients

    def udp(self, source="127.0.0.1"):
        return UdpClient(Loopback, self.address, source=(source, 0))

    def tcp(self):
        return TcpClient(Loopback, self.address)

    # ---- the operator

    def control_connection(self):
        return _UnixConnection(self.control_path)

    def exchange(self, method, target, body=None, headers=None):
        """The response, and its text."""
        connection = self.control_connection()
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response, text

    def exchange_over_tcp(self, method, target, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, API_PORT, timeout=70)
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response, text

    def get(self, target):
        """Status and text of what is no part of the API."""
        response, text = self.exchange("GET", target)
        return response.status, text

    def request(self, method, target, body=None):
        response, text = self.exchange(method, f"/api/v1/{target}", json.dumps(body) if body is not None else None)
        assert response.status < 300, f"{method} {target}: {response.status} {text}"
        return json.loads(text) if text else None

    def status(self):
        return self.request("GET", "status")

    def tunnels(self):
        return self.request("GET", "tunnels")["tunnels"]

    def add_account(self, login, password):
        self.request("POST", "accounts", {"login": login, "password": password})

    def reload(self, changes):
        self.configure(changes)
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "event=reloaded" in self.log(), "the new configuration")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    # ---- the host

    def advance(self, seconds):
        """Lets that time pass; returns when all that was due, and what it led to, has happened."""
        self.request("POST", "test/clock", {"advance_ms": round(seconds * 1000)})

    def step_wall_clock(self, seconds):
        self.request("POST", "test/clock", {"step_wall_ms": round(seconds * 1000)})

    def break_store(self, fault, orders=None):
        self.request("POST", "test/store", {"fault": fault} | ({"orders": orders} if orders else {}))

    def break_datapath(self, fault, orders=None):
        self.request("POST", "test/datapath", {"fault": fault} | ({"orders": orders} if orders else {}))

    def lose_tunnel(self, tunnel):
        self.request("POST", "test/datapath", {"lose": tunnel})

    def reset_datapath(self):
        self.request("POST", "test/datapath", {"reset": True})

    def forwarded(self):
        """The tunnels that the datapath has."""
        return self.request("GET", "test/datapath")["tunnels"]
