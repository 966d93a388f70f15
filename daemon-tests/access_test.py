# SPDX-License-Identifier: Apache-2.0
"""Who may do what: each operation of docs/reference/openapi.yaml as each role, over TCP."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from api_document import document
from api_test import Api, log_in
from lib.tsp import SUCCESS

OPERATIONS = list(document().operations.values())
ALLOWED = {
    "admin": {"admin"},
    "admin-or-owner": {"admin", "user"},
    "operator": {"admin", "operator"},
    "operator-or-owner": {"admin", "operator", "user"},
    "anybody": {"admin", "operator", "user"},
    "stranger": {"admin", "operator", "user", "stranger"},
}
ROLES = ("admin", "operator", "user", "stranger")
SCOPES = {each.tree["x-scope"] for each in OPERATIONS if "x-scope" in each.tree}
# Whoever may do it is told that this is no parameter; nothing is done.
HARMLESS = "?no_such_parameter=1"
PASSWORD = "wonderland"


def _each(operations):
    return pytest.mark.parametrize("operation", operations, ids=str)


def make_token(broker, role, scopes=(), login=None, **more):
    name = f"token-{len(broker.request('GET', 'tokens?limit=1000')['tokens'])}"
    body = {"name": name, "role": role, "scopes": list(scopes)} | ({"login": login} if login else {}) | more
    return broker.request("POST", "tokens", body)


def with_token(broker, *args, **kwargs):
    return Api(broker, {"Authorization": "Bearer " + make_token(broker, *args, **kwargs)["token"]})


def as_role(broker, role):
    if role == "stranger":
        return Api(broker, {})
    return with_token(broker, role, login="alice" if role == "user" else None)


@pytest.fixture
def broker(start):
    broker = start()
    for login in ("alice", "bob"):
        broker.add_account(login, PASSWORD)
    return broker


def status_of(api, operation, target):
    response, answer = api.broker.exchange_over_tcp(operation.method, target, None, api.headers)
    operation.check_answer(response.status, json.loads(answer))
    return response.status


def test_each_operation_is_for_the_roles_that_the_document_names(broker):
    for role in ROLES:
        api = as_role(broker, role)
        for operation in OPERATIONS:
            expected = 422 if role in ALLOWED[operation.tree["x-who"]] else 401 if role == "stranger" else 403
            assert status_of(api, operation, operation.example_target(HARMLESS)) == expected, f"{operation} as {role}"


def test_each_operation_needs_the_scope_that_the_document_names(broker):
    for scope in sorted(SCOPES):
        only = with_token(broker, "admin", [scope])
        others = with_token(broker, "admin", SCOPES - {scope, scope.replace("read", "write")})
        for operation in [each for each in OPERATIONS if each.tree.get("x-scope") == scope]:
            target = operation.example_target(HARMLESS)
            assert status_of(only, operation, target) == 422, operation
            assert status_of(others, operation, target) == 403, operation


def test_a_user_has_nothing_of_another_account(broker):
    user = as_role(broker, "user")
    with broker.udp() as client:
        client.open_account_tunnel("bob", PASSWORD)
        [tunnel] = broker.tunnels()
        of_bob = make_token(broker, "user", login="bob")
        before = [broker.tunnels(), broker.request("GET", "accounts"), broker.request("GET", "tokens?limit=1000")]
        for operation in OPERATIONS:
            if "{login}" in operation.path:
                body = json.dumps({"password": "correct horse"}) if operation.body else None
                response, _ = broker.exchange_over_tcp(
                    operation.method, operation.target(login="bob"), body, user.headers
                )
                assert response.status == 403, operation
        for name in ("showTunnel", "kickTunnel"):
            user(name, 404, id=tunnel["id"])
        user("revokeToken", 404, id=of_bob["id"])
        assert [each["login"] for each in user("listTokens", 200)["tokens"]] == ["alice"]
        assert [broker.tunnels(), broker.request("GET", "accounts"), broker.request("GET", "tokens?limit=1000")] == before


def test_a_user_changes_its_own_account(broker):
    user = as_role(broker, "user")
    user("changeAccount", 200, {"password": "looking-glass"}, login="alice")
    user("changeAccount", 403, {"password": "x", "enabled": False}, login="alice")
    lengths = {"prefix_length_shortest": None, "prefix_length_longest": None}
    for field, change in (("prefix_length_shortest", lengths), ("note", {"note": None})):
        assert user("changeAccount", 403, change, login="alice")["error"]["field"] == field
    with broker.udp() as client:
        assert client.log_in_by_digest("alice", "looking-glass") == SUCCESS


def test_what_is_noted_about_an_account_is_for_operators(broker):
    admin, operator, user = (as_role(broker, role) for role in ("admin", "operator", "user"))
    assert admin("changeAccount", 200, {"note": "pays late"}, login="alice")["note"] == "pays late"
    assert operator("showAccount", 200, login="alice")["note"] == "pays late"
    assert user("showAccount", 200, login="alice")["note"] is None
    assert user("changeAccount", 200, {"password": "looking-glass"}, login="alice")["note"] is None
    assert admin("showAccount", 200, login="alice")["note"] == "pays late"
    entry = admin("readAudit", 200, query="?limit=2")["audit"][1]
    assert [entry["action"], entry["subject"], entry["detail"]] == ["account.change", "alice", "note set"]


def test_a_token_ends_when_it_is_revoked_or_expires_or_its_account_is_disabled(broker):
    made = [
        make_token(broker, "admin"),
        make_token(broker, "admin", lifetime_seconds=60),
        make_token(broker, "user", login="alice"),
        make_token(broker, "user", login="bob"),
    ]
    callers = [Api(broker, {"Authorization": "Bearer " + each["token"]}) for each in made]
    for caller in callers:
        caller("showSession", 200)
    broker.request("DELETE", f"tokens/{made[0]['id']}")
    broker.advance(61)
    broker.request("PATCH", "accounts/alice", {"enabled": False})
    broker.request("DELETE", "accounts/bob")
    for caller in callers:
        caller("showSession", 401)
    assert made[0]["token"] not in broker.log()


def test_a_session_ends_when_it_is_said_or_by_its_time_or_with_its_password(broker):
    def begin():
        return log_in(broker, "noc", "correct horse")

    broker.request("PUT", "console-logins/noc", {"password": "correct horse", "role": "admin"})
    session = begin()
    session("endSession", 200)
    session("showSession", 401)
    session = begin()
    broker.advance(29 * 60)
    session("showSession", 200)
    broker.advance(31 * 60)
    session("showSession", 401)
    session = begin()
    broker.request("PUT", "console-logins/noc", {"password": "another horse", "role": "admin"})
    session("showSession", 401)


def test_a_session_changes_nothing_without_its_second_secret(broker):
    broker.request("PUT", "console-logins/noc", {"password": "correct horse", "role": "admin"})
    session = log_in(broker, "noc", "correct horse")
    cookie_only = Api(broker, {"Cookie": session.headers["Cookie"]})
    cookie_only("showAccount", 200, login="alice")
    for headers in ({}, {"X-CSRF-Token": "0" * 64}):
        forged = Api(broker, cookie_only.headers | headers)
        forged("deleteAccount", 403, login="alice")
    session("deleteAccount", 200, login="alice")


def test_who_guesses_passwords_is_slowed_down(broker):
    broker.request("PUT", "console-logins/alice", {"password": "correct horse"})
    stranger = Api(broker, {})
    wrong = {"login": "alice", "password": "wrong horse"}
    stranger("beginSession", 401, wrong)
    stranger("beginSession", 401, wrong)
    stranger("beginSession", 429, wrong)
    stranger("beginSession", 429, wrong | {"password": "correct horse"})
    broker.advance(1)
    stranger("beginSession", 200, wrong | {"password": "correct horse"})


def test_what_is_changed_is_in_the_audit_log_with_its_author(broker):
    admin = with_token(broker, "admin")
    admin("addAccount", 201, {"login": "carol", "password": PASSWORD})
    admin("addAccount", 409, {"login": "carol", "password": PASSWORD})
    admin("changeAccount", 200, {"mtu": 1400, "enabled": False}, login="carol")
    admin("startDrain", 200, {"deadline_seconds": 900})
    admin("cancelDrain", 200)
    admin("retryDns", 404)
    admin("deleteAccount", 200, login="carol")
    admin("listAccounts", 200)
    entries = admin("readAudit", 200, query="?limit=6")["audit"]
    name = admin("showSession", 200)["name"]
    assert {(each["actor"], each["source"], each["broker_id"]) for each in entries} == {(name, "127.0.0.1", 1)}
    assert [[each["action"], each["subject"], each["detail"], each["result"]] for each in entries] == [
        ["account.delete", "carol", "", "done"],
        ["drain.cancel", "", "", "done"],
        ["drain.begin", "", "deadline in 900 s", "done"],
        ["account.change", "carol", "disabled, MTU set", "done"],
        ["account.add", "carol", "", "login: there is such an account already"],
        ["account.add", "carol", "", "done"],
    ]
    local = broker.request("GET", "audit?limit=1000")["audit"][-1]
    assert [local["actor"].split()[0], local["source"], local["action"]] == ["uid", "local", "account.add"]
    assert PASSWORD not in json.dumps(admin("readAudit", 200, query="?limit=1000"))


def test_nothing_is_changed_that_the_audit_log_cannot_tell(broker):
    admin = Api(broker)
    broker.break_store("read-only")
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(admin, "startDrain", 503)
        while not answer.done():
            broker.advance(1)
        answer.result()
    assert admin("getStatus", 200)["drain"] is None
    broker.break_store("none")
    broker.advance(10)
    admin("startDrain", 200)
