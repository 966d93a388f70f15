# SPDX-License-Identifier: Apache-2.0
"""The API over HTTPS, as others on the network use it."""

import json

import pytest
from lib.certificate import make_certificate
from lib.programs import program
from lib.topology import BROKER_ADDRESS
from lib.wait import wait_for

PORT = 8443
NAME = "broker.example.net"


@pytest.fixture
def certificate(tmp_path):
    certificate, key = make_certificate(tmp_path, NAME, f"DNS:{NAME}")
    return {"certificate": str(certificate), "private_key": str(key)}


@pytest.fixture
def broker(world, certificate):
    return world.start_broker({"api": {"listen": [f"0.0.0.0:{PORT}"], **certificate}})


@pytest.fixture
def ask(world, broker, certificate):
    """Asks from a client's host: the status and the answer."""
    del broker
    client = world.topology.add_public_client()

    def ask_it(path, *options, token=None):
        words = ["curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}", "--cacert", certificate["certificate"],
                 "--resolve", f"{NAME}:{PORT}:{BROKER_ADDRESS}", *options]  # fmt: skip
        if token:
            words += ["-H", f"Authorization: Bearer {token}"]
        text, status = client.run(*words, f"https://{NAME}:{PORT}/api/v1/{path}").stdout.rsplit("\n", 1)
        return int(status), json.loads(text) if text else None

    return ask_it


def _token(broker, name, *options):
    return broker.ctl("token", "create", name, *options).stdout.split()[-1]


def test_a_token_opens_what_its_role_may_do(broker, ask):
    token = _token(broker, "noc", "--role", "operator")

    status, accounts = ask("accounts", token=token)
    assert (status, [one["login"] for one in accounts["accounts"]]) == (200, ["alice"])
    assert ask("accounts", "-d", '{"login": "bob", "password": "wonderland"}', token=token)[0] == 403
    assert ask("accounts")[0] == 401
    assert ask("accounts", token=token[:-1] + "x")[0] == 401


def test_a_token_that_was_revoked_opens_nothing(broker, ask):
    token = _token(broker, "noc", "--role", "operator")
    assert ask("status", token=token)[0] == 200

    broker.ctl("token", "revoke", "noc")

    assert ask("status", token=token)[0] == 401


def test_who_changed_what_is_in_the_audit_log(broker, ask):
    token = _token(broker, "robot", "--role", "admin")
    assert ask("accounts", "-d", '{"login": "bob", "password": "wonderland"}', token=token)[0] == 201

    entries = ask("audit", token=token)[1]["audit"]

    assert [(one["actor"], one["subject"]) for one in entries][:1] == [("token robot", "bob")]
    assert "wonderland" not in json.dumps(entries)


def test_a_session_has_a_cookie_and_needs_its_csrf_token(broker, ask, tmp_path):
    broker.ctl("console", "set-password", "alice", password="a long password")
    jar = tmp_path / "cookies"
    body = '{"login": "alice", "password": "a long password"}'

    status, session = ask("session", "-c", jar, "-H", "Content-Type: application/json", "-d", body)
    assert status in (200, 201)

    assert ask("accounts/alice", "-b", jar)[0] == 200
    assert ask("accounts/bob", "-b", jar)[0] == 403
    assert ask("session", "-b", jar, "-X", "DELETE")[0] == 403
    assert ask("session", "-b", jar, "-X", "DELETE", "-H", f"X-CSRF-Token: {session['csrf_token']}")[0] in (200, 204)
    assert ask("accounts/alice", "-b", jar)[0] == 401


def test_events_come_over_tls_as_they_happen(world, broker, certificate):
    token = _token(broker, "watch", "--role", "operator", "--scope", "events:read")
    client = world.topology.add_public_client()
    words = ["curl", "-sSN", "--cacert", certificate["certificate"], "--resolve", f"{NAME}:{PORT}:{BROKER_ADDRESS}",
             "-H", f"Authorization: Bearer {token}", f"https://{NAME}:{PORT}/api/v1/events"]  # fmt: skip
    stream = world.processes.start(client, words, "curl")
    stream.wait_for_text("retry: ")
    followed = world.processes.start(broker.namespace, [program("tspctl"), "--socket", broker.control_path, "events"], "events")

    for number in range(200):
        broker.ctl("account", "set-mtu", "alice", "--mtu", str(1280 + number % 2))

    wait_for(lambda: stream.text().count('"event":"account_changed"') == 200, "all of them")
    wait_for(lambda: "account_changed login=\"alice\"" in followed.text(), "tspctl to tell")
    broker.ctl("token", "revoke", "watch")
    wait_for(lambda: not stream.is_running(), "the end of the stream", timeout_seconds=25)


def test_http_without_tls_is_for_this_host_only(world):
    broker = world.make_broker({"api": {"listen": [f"{BROKER_ADDRESS}:{PORT}"]}})

    result = broker.namespace.run(program("tspd"), "--check-config", "--config", broker.config_path, check=False)

    assert result.returncode != 0
    assert "api.listen" in result.stdout + result.stderr
    assert "api.certificate" in result.stdout + result.stderr
