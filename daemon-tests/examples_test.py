# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/operating/api.md that call the API with curl, one after the other as they stand there."""

import json
import os
import re
import subprocess
import threading

import pytest
from access_test import make_token
from api_document import document
from lib.certificate import make_certificate
from lib.programs import ROOT
from simulated import API_PORT

HOST = "broker.example.net"
SOCKET = "/run/tspd/control.sock"
# What an example needs that those before it have not made: its words, and what to ask for over the control socket.
BEFORE = {
    "-c jar": ("PUT", "console-logins/alice", {"password": "correct horse"}),
}
STREAM_SECONDS = 3
TIMED_OUT = 28  # as curl says it


def examples():
    """Each command of a block of code, its continued lines joined."""
    blocks = re.findall(r"^```\n(.*?)^```$", (ROOT / "docs/operating/api.md").read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line.startswith("curl ")]


class Examples:
    def __init__(self, start, folder):
        self.certificate, key = make_certificate(folder, HOST, f"DNS:{HOST}")
        self.broker = start({"api": {"certificate": str(self.certificate), "private_key": str(key)}})
        token = make_token(self.broker, "admin")["token"]
        self.environment = os.environ | {"CURL_HOME": str(folder), "TOKEN": token}
        self.folder = folder
        (folder / ".curlrc").write_text(
            "silent\nshow-error\nfail-with-body\n"
            f"max-time = {STREAM_SECONDS}\n"
            f'cacert = "{self.certificate}"\n'
            f'resolve = "{HOST}:{API_PORT}:{self.broker.address}"\n'
            'write-out = "%{stderr}%{method} %{url_effective} %{response_code}"\n'
        )

    def run(self, command):
        """The exit code, what was asked for and what came of it, and the answer."""
        for words, (method, target, body) in BEFORE.items():
            if words in command:
                self.broker.request(method, target, body)
        command = command.replace(SOCKET, str(self.broker.control_path))
        done = subprocess.run(
            ["bash", "-euc", command], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=30
        )
        *_, method, url, status = done.stderr.split()
        return done.returncode, (method, re.sub(r"^https?://[^/]+", "", url), int(status)), done.stdout

    def follow(self, command):
        """The same of a stream, while something happens."""
        happening = threading.Timer(1, self.broker.add_account, (f"user{len(command)}", "wonderland"))
        happening.start()
        try:
            return self.run(command)
        finally:
            happening.join()


def operation_at(method, target):
    path = target.split("?")[0]
    for operation in document().operations.values():
        pattern = re.sub(r"\{\w+\}", "[^/]+", operation.path)
        if operation.method == method and re.fullmatch("/api/v1" + pattern, path):
            return operation
    pytest.fail(f"{method} {target} is no request of the API")


def test_each_example_of_the_document_does_what_it_shows(start, tmp_path):
    world = Examples(start, tmp_path)
    asked_for = []
    for command in examples():
        is_stream = command.startswith("curl -N ")
        code, (method, target, status), answer = (world.follow if is_stream else world.run)(command)
        operation = operation_at(method, target)
        assert code == (TIMED_OUT if is_stream else 0), f"{command}: {code}, {status} {answer}"
        assert str(status) in operation.responses and status < 300, command
        if is_stream:
            assert re.search(r"^data: \{.*\}$", answer, re.MULTILINE), f"{command}: {answer}"
        else:
            operation.check_answer(status, json.loads(answer))
            world.environment["CSRF"] = json.loads(answer).get("csrf_token") or world.environment.get("CSRF", "")
        asked_for.append(operation.id)
    # None of them was overlooked, and each has done something.
    text = (ROOT / "docs/operating/api.md").read_text()
    assert len(asked_for) == text.count("curl -") >= 10
    assert {"addAccount", "changeAccount", "beginSession", "endSession", "streamEvents", "readAudit"} <= set(asked_for)
    assert "session alice" in {each["actor"] for each in world.broker.request("GET", "audit")["audit"]}
