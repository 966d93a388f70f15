# SPDX-License-Identifier: Apache-2.0
"""Console logins with a second factor."""

import json

import pytest
from api_test import Api, log_in
from totp import code_of, now

PASSWORD = "correct horse"


def attempt(broker, password=PASSWORD, **more):
    """Status, and what is to blame."""
    body = json.dumps({"login": "noc", "password": password} | more)
    response, answer = broker.exchange_over_tcp("POST", "/api/v1/session", body)
    return response.status, json.loads(answer).get("error", {}).get("field")


@pytest.fixture
def secret(broker):
    """Of noc, who has enrolled himself."""
    broker.request("PUT", "console-logins/noc", {"password": PASSWORD, "role": "operator"})
    session = log_in(broker, "noc", PASSWORD)
    session("beginTotp", 422, login="noc")
    session("beginTotp", 403, {"password": "wrong horse"}, login="noc")
    secret = session("beginTotp", 201, {"password": PASSWORD}, login="noc")["secret"]
    session("showSession", 200)
    assert attempt(broker) == (200, None), "it does not count yet"
    session("confirmTotp", 200, {"code": code_of(secret, now(broker))}, login="noc")
    session("showSession", 401)
    broker.advance(60)
    return secret


def test_logging_in_takes_a_code(broker, secret):
    assert attempt(broker) == (401, "code")
    assert attempt(broker, code="000000") == (401, "code")
    assert attempt(broker, password="wrong horse", code=code_of(secret, now(broker))) == (401, None)
    broker.advance(1)
    assert attempt(broker, code=code_of(secret, now(broker))) == (200, None)


def test_a_code_is_good_once(broker, secret):
    at = now(broker)
    assert attempt(broker, code=code_of(secret, at)) == (200, None)
    assert attempt(broker, code=code_of(secret, at)) == (401, "code")
    assert attempt(broker, code=code_of(secret, at - 30)) == (401, "code")
    broker.advance(2)
    assert attempt(broker, code=code_of(secret, at + 30)) == (200, None), "its clock is ahead"


def test_who_has_the_password_and_guesses_codes_is_slowed_down(broker, secret):
    for _ in range(2):
        assert attempt(broker, code="000000")[0] == 401
    assert attempt(broker, code="000000")[0] == 429
    assert attempt(broker, code=code_of(secret, now(broker)))[0] == 429
    broker.advance(2)
    assert attempt(broker, code=code_of(secret, now(broker)))[0] == 200


def test_its_owner_removes_it_with_password_and_code(broker, secret):
    body = json.dumps({"login": "noc", "password": PASSWORD, "code": code_of(secret, now(broker))})
    response, answer = broker.exchange_over_tcp("POST", "/api/v1/session", body)
    cookie = response.headers["Set-Cookie"].split(";")[0]
    session = Api(broker, {"Cookie": cookie, "X-CSRF-Token": json.loads(answer)["csrf_token"]})
    broker.advance(30)
    session("removeTotp", 422, login="noc")
    session("removeTotp", 403, {"password": PASSWORD}, login="noc")
    session("removeTotp", 403, {"password": PASSWORD, "code": "000000"}, login="noc")
    session("removeTotp", 200, {"password": PASSWORD, "code": code_of(secret, now(broker))}, login="noc")
    assert attempt(broker) == (200, None)


def test_an_administrator_removes_it(broker, secret):
    broker.request("PUT", "console-logins/noc", {"password": "another horse", "role": "operator"})
    assert attempt(broker, password="another horse") == (401, "code"), "another password leaves it"
    broker.request("DELETE", "console-logins/noc/totp")
    assert attempt(broker, password="another horse") == (200, None)


def test_it_goes_with_its_login(broker, secret):
    broker.request("DELETE", "console-logins/noc")
    broker.request("PUT", "console-logins/noc", {"password": PASSWORD, "role": "operator"})
    assert attempt(broker) == (200, None)
    assert secret not in broker.log()
    entries = broker.request("GET", "audit?limit=1000")["audit"]
    assert secret not in json.dumps(entries)
    assert [each["action"] for each in entries if each["action"].startswith("totp")] == ["totp.confirm", "totp.begin"]
