# SPDX-License-Identifier: Apache-2.0
"""Accounts by the control API, many at once."""

import concurrent.futures
import http.client
import json
import socket

PASSWORD = "correct horse battery staple"
_CONNECTIONS = 16


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Api:
    """The API on a control socket."""

    def __init__(self, control_path):
        self._connection = _UnixConnection(control_path)

    def get(self, path):
        return self._ask("GET", path, 200)

    def add_account(self, login):
        return self._ask("POST", "accounts", 201, {"login": login, "password": PASSWORD})

    def _ask(self, method, path, status, body=None):
        words = (json.dumps(body), {"Content-Type": "application/json"}) if body else ()
        self._connection.request(method, f"/api/v1/{path}", *words)
        response = self._connection.getresponse()
        text = response.read()
        assert response.status == status, f"{method} {path}: {response.status} {text}"
        return json.loads(text)


def _add(control_path, numbers):
    api = Api(control_path)
    for number in numbers:
        api.add_account(f"load{number}")


def add_accounts(broker, count):
    """load0 … with the same password, as `tsp-load --auth digest-md5` expects; returns the file with the password."""
    with concurrent.futures.ThreadPoolExecutor(_CONNECTIONS) as pool:
        parts = [range(i, count, _CONNECTIONS) for i in range(_CONNECTIONS)]
        list(pool.map(lambda numbers: _add(broker.control_path, numbers), parts))
    path = broker.folder / "password"
    path.write_text(PASSWORD + "\n")
    return path
