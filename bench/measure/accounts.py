# SPDX-License-Identifier: Apache-2.0
"""Many accounts at once, by the control API."""

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


def _add(control_path, numbers):
    connection = _UnixConnection(control_path)
    for number in numbers:
        body = json.dumps({"login": f"load{number}", "password": PASSWORD})
        connection.request("POST", "/api/v1/accounts", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        assert response.status == 201, f"account {number}: {response.status} {text}"
    connection.close()


def add_accounts(broker, count):
    """load0 … with the same password, as `tsp-load --auth digest-md5` expects; returns the file with the password."""
    with concurrent.futures.ThreadPoolExecutor(_CONNECTIONS) as pool:
        parts = [range(i, count, _CONNECTIONS) for i in range(_CONNECTIONS)]
        list(pool.map(lambda numbers: _add(broker.control_path, numbers), parts))
    path = broker.folder / "password"
    path.write_text(PASSWORD + "\n")
    return path
