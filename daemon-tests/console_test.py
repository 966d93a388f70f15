# SPDX-License-Identifier: Apache-2.0
"""The console as the daemon serves it: whether it does, and over how many connections."""

import http.client
import json
import re

from access_test import with_token
from api_test import log_in
from simulated import API_PORT


def page(broker, target="/"):
    response, text = broker.exchange_over_tcp("GET", target)
    return response.status, response.headers["Content-Type"], text


def test_the_console_can_be_turned_off_and_the_api_stays(start):
    broker = start({"api": {"console": False}})
    for target in ("/", "/main.js", "/console.css"):
        status, kind, text = page(broker, target)
        assert [status, kind] == [404, "application/json"], target
        assert "error" in json.loads(text)
    with_token(broker, "operator")("getStatus", 200)
    broker.request("PUT", "console-logins/noc", {"password": "correct horse", "role": "operator"})
    log_in(broker, "noc", "correct horse")("getStatus", 200)

    broker.configure({"api": {"console": True}})
    plan = broker.request("POST", "reload?dry_run=true")
    assert [(each["key"], each["needs_restart"]) for each in plan["changes"]] == [("api.console", True)]
    assert broker.stop() == 0


def test_without_a_word_about_it_the_console_is_there(broker):
    assert page(broker)[:2] == (200, "text/html; charset=utf-8")


def test_one_connection_brings_all_files_of_the_console(broker):
    connection = http.client.HTTPConnection(broker.address, API_PORT, timeout=70)

    def get(target):
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, response.read().decode()

    connection.connect()
    socket = connection.sock
    status, first = get("/")
    files = set(re.findall(r'(?:href|src)="(/[^"]+)"', first))
    assert status == 200 and len(files) > 15
    for target in sorted(files):
        status, text = get(target)
        assert status == 200 and text, target
    assert connection.sock is socket
    assert get("/api/v1/status")[0] == 401
    assert connection.sock is socket
    connection.close()
