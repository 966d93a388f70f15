# SPDX-License-Identifier: Apache-2.0
"""The API against docs/reference/openapi.yaml, in both directions."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import jsonschema
import pytest
from api_bodies import incomplete, values_for
from api_document import METHODS, at_reference, document, names_in
from api_usage import look_up_leases, release_leases, reload, reserve_a_prefix, search_tunnels
from events_test import follow
from totp import use_second_factors
from lib.tsp import SUCCESS

OPERATIONS = list(document().operations.values())
WITH_BODY = [operation for operation in OPERATIONS if operation.body]

PASSWORD = "wonderland"
# Of an account, new or changed.
ACCOUNT = {
    "prefix_length_shortest": 48,
    "prefix_length_longest": 64,
    "mtu": 1400,
    "home": None,
    "force": True,
    "note": "a customer of the Lyon office",
}
# Every field of each body, with values that are right.
COMPLETE = {
    "addAccount": {"login": "bob", "password": "builder", **ACCOUNT},
    "changeAccount": {"password": "looking-glass", "enabled": False, **ACCOUNT},
    "startDrain": {"deadline_seconds": 900},
    "reserveLease": {"login": "alice", "prefix": "2001:db8:1:2000::/56"},
    "createToken": {
        "name": "backup",
        "role": "user",
        "login": "alice",
        "scopes": ["accounts:read"],
        "lifetime_seconds": 900,
    },
    "setConsoleLogin": {"password": "correct horse", "role": "user", "current_password": "x"},
    "beginSession": {"login": "alice", "password": "correct horse", "code": "123456"},
    "beginTotp": {"password": "correct horse"},
    "confirmTotp": {"code": "123456"},
    "removeTotp": {"password": "correct horse", "code": "123456"},
}
# Whether a value is accepted depends on what there is, or on another field.
DEPENDENT = {
    "reserveLease": {"login", "prefix"},
    "createToken": {"role", "login"},
    "setConsoleLogin": {"role"},
    "beginSession": {"login", "password", "code"},
    "beginTotp": {"password"},
    "confirmTotp": {"code"},
    "removeTotp": {"password", "code"},
}
# What has to be another one each time.
UNIQUE = {"addAccount": "login", "createToken": "name"}
FORM = '--x\r\nContent-Disposition: form-data; name="deadline_seconds"\r\n\r\n900\r\n--x--\r\n'
# These take a second broker on the same database.
OF_SEVERAL_BROKERS = {
    ("changeAccount", 409),
    ("makeUpdateKey", 409),
    ("removeUpdateKey", 409),
    ("forgetBroker", 200),
    ("forgetBroker", 503),
}


def _each(operations):
    return pytest.mark.parametrize("operation", operations, ids=str)


class Api:
    """Calls what the document names, and holds each answer to it."""

    def __init__(self, broker, headers=None):
        """With headers the API is called over TCP, else on the control socket."""
        self.broker = broker
        self.headers = headers
        self.seen = set()

    def _exchange(self, method, target, text):
        if self.headers is None:
            return self.broker.exchange(method, target, text)
        return self.broker.exchange_over_tcp(method, target, text, self.headers)

    def send(self, operation, status, target, body=None):
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        response, answer = self._exchange(operation.method, target, text)
        assert response.status == status, f"{operation.method} {target} {text}: {response.status} {answer}"
        assert response.headers["Content-Type"] == "application/json"
        answer = json.loads(answer)
        operation.check_answer(status, answer)
        self.seen.add((operation.id, status))
        return answer

    def __call__(self, name, status, body=None, query="", **values):
        operation = document().operations[name]
        return self.send(operation, status, operation.target(query, **values), body)

    def refused(self, operation, field, body=None, query="", status=422):
        answer = self.send(operation, status, operation.example_target(query), body)
        assert answer["error"].get("field") == field, f"{operation} {query} {body}: {answer}"

    def state(self):
        """What a request that is refused must leave as it was."""
        return [self(name, 200) for name in ("listAccounts", "listTunnels")] + [self("getStatus", 200)["drain"]]


@pytest.fixture
def api(broker):
    broker.add_account("alice", PASSWORD)
    return Api(broker)


# ---- the document -----------------------------------------------------------------------------------------------------


@_each(OPERATIONS)
def test_an_operation_is_described_as_a_whole(operation):
    assert operation.tree["summary"]
    assert [status for status in operation.responses if status.startswith("2")]
    assert "default" in operation.responses
    assert names_in(operation.path) == [parameter["name"] for parameter in operation.parameters_in("path")]


def test_names_of_operations_are_given_once():
    assert len(OPERATIONS) == sum(method in tree for tree in document().tree["paths"].values() for method in METHODS)


def test_schemas_are_schemas_and_examples_fit_them():
    checked = 0
    for node in document().nodes():
        if "schema" not in node or "$ref" in node:
            continue
        jsonschema.Draft202012Validator.check_schema(node["schema"])
        if "example" in node:
            assert document().faults(node["schema"], node["example"]) == [], node
            checked += 1
    assert checked > 10
    for schema in document().tree["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", []):
            assert document().faults(schema, example) == []


def test_each_component_is_there_and_used():
    used = {node["$ref"] for node in document().nodes() if "$ref" in node}
    for reference in used:
        at_reference(document().tree, reference)
    kinds = document().tree["components"].items()
    named = {f"#/components/{kind}/{name}" for kind, components in kinds for name in components}
    schemes = {f"#/components/securitySchemes/{name}" for each in document().tree["security"] for name in each}
    assert named == used | schemes


# ---- answers ----------------------------------------------------------------------------------------------------------


def _use_accounts(api):
    api("addAccount", 201, document().operations["addAccount"].body["example"])
    api("addAccount", 409, {"login": "alice", "password": "x"})
    api("addAccount", 201, {"login": "b/c d", "password": "x"})
    page = api("listAccounts", 200, query="?limit=1")
    assert [page["next"], len(page["accounts"])] == ["alice", 1]
    assert [account["login"] for account in api("listAccounts", 200, query="?after=alice")["accounts"]] == ["b/c d"]
    assert api("showAccount", 200, login="b%2Fc%20d")["login"] == "b/c d"
    assert api("changeAccount", 200, {"mtu": None, "password": PASSWORD}, login="alice")["mtu"] is None
    assert len(api("makeUpdateKey", 200, login="alice")["update_key"]) >= 16
    assert api("showAccount", 200, login="alice")["has_update_key"] is True
    api("removeUpdateKey", 200, login="alice")
    assert api("showAccount", 200, login="alice")["has_update_key"] is False
    configs = api("showClientConfigs", 200, login="alice", query="?server=tb.example.net")["client_configs"]
    assert [each["system"] for each in configs if each["text"]] == ["gogoc", "tsp-connect"]
    lengths = {"prefix_length_shortest": 56, "prefix_length_longest": 60}
    noted = lengths | {"note": "жанна's \"router\""}
    assert noted.items() <= api("changeAccount", 200, noted, login="alice").items()
    api.refused(document().operations["changeAccount"], "prefix_length_shortest", noted | {"prefix_length_longest": 48})
    assert noted.items() <= api("changeAccount", 200, {"mtu": None}, login="alice").items()
    nothing = dict.fromkeys(noted)
    assert nothing.items() <= api("changeAccount", 200, nothing, login="alice").items()
    api("deleteAccount", 200, login="b%2Fc%20d")
    for name in ("showAccount", "showClientConfigs", "deleteAccount", "makeUpdateKey", "removeUpdateKey"):
        api(name, 404, login="nobody")
    api("changeAccount", 404, {"enabled": True}, login="nobody")


def _use_tunnels(api):
    with api.broker.udp() as router, api.broker.udp() as anonymous:
        router.open_account_tunnel("alice", PASSWORD, prefix_length=56, name_servers=["ns.example"])
        anonymous.open_anonymous_tunnel()
        first, second = api("listTunnels", 200)["tunnels"]
        page = api("listTunnels", 200, query="?limit=1")
        assert [page["next"], page["tunnels"]] == [first["id"], [first]]
        assert api("listTunnels", 200, query=f"?after={first['id']}")["tunnels"] == [second]
        [tunnel] = [each for each in (first, second) if each["login"] == "alice"]
        search_tunnels(api, tunnel)
        assert api("showTunnel", 200, id=tunnel["id"])["delegated"].endswith("/56")
        account = api("showAccount", 200, login="alice")
        assert account["tunnel"] == tunnel["id"]
        assert account["prefixes"] == [tunnel["delegated"]]
        assert account["dns"]["state"] in ("pending", "done")
        assert api("getStatus", 200)["counters"]["tunnels_now"] == 2
        api("kickTunnel", 200, id=tunnel["id"])
        for name in ("showTunnel", "kickTunnel"):
            api(name, 404, id=tunnel["id"])
        look_up_leases(api, tunnel)
        release_leases(api, tunnel)


def _use_the_broker(api):
    assert api("startDrain", 200)["drain"]["seconds_left"] is None
    assert api("startDrain", 200, {"deadline_seconds": 900})["drain"]["seconds_left"] == 900
    assert api("listBrokers", 200)["brokers"][0]["state"] == "draining"
    assert api("cancelDrain", 200)["drain"] is None
    api("forgetBroker", 404, id=77)
    api("runSelfTest", 200)
    api("showDns", 200)
    api("retryDns", 200)


def _use_tokens(api):
    made = api("createToken", 201, COMPLETE["createToken"])
    api("createToken", 409, COMPLETE["createToken"])
    api("createToken", 404, COMPLETE["createToken"] | {"login": "nobody"})
    admin = api("createToken", 201, {"name": "backup", "role": "admin"})
    assert [admin["login"], admin["expires_at"], admin["scopes"]] == [None, None, []]
    tokens = api("listTokens", 200)["tokens"]
    assert sorted(each["id"] for each in tokens) == sorted([made["id"], admin["id"]])
    page = api("listTokens", 200, query="?limit=1")
    assert api("listTokens", 200, query=f"?after={page['next']}")["tokens"] == tokens[1:]
    api("revokeToken", 200, id=made["id"])
    api("revokeToken", 404, id=made["id"])
    assert [each["id"] for each in api("listTokens", 200)["tokens"]] == [admin["id"]]


def _use_the_console(api):
    api("setConsoleLogin", 200, {"password": "correct horse"}, login="alice")
    api("setConsoleLogin", 404, {"password": "correct horse"}, login="nobody")
    api("setConsoleLogin", 200, {"password": "correct horse", "role": "operator"}, login="noc")
    api("setConsoleLogin", 409, {"password": "correct horse", "role": "admin"}, login="alice")
    page = api("listConsoleLogins", 200, query="?limit=1")
    assert [page["next"], page["console-logins"][0]["role"]] == ["alice", "user"]
    assert api("showSession", 200)["role"] == "admin"
    api("endSession", 404)
    use_second_factors(api)
    session = log_in(api.broker, "noc", "correct horse")
    assert session("showSession", 200)["role"] == "operator"
    session("endSession", 200)
    api("beginSession", 200, {"login": "noc", "password": "correct horse"})
    api("beginSession", 401, {"login": "noc", "password": "wrong horse"})
    api("removeConsoleLogin", 200, login="noc")
    api("removeConsoleLogin", 404, login="noc")
    api.seen |= session.seen


def _read_the_audit_log(api):
    page = api("readAudit", 200, query="?limit=2")
    assert page["audit"][0]["action"] == "console_login.remove"
    rest = api("readAudit", 200, query=f"?after={page['next']}&limit=1000")
    assert rest["next"] is None
    assert len(rest["audit"]) + 2 == len(api("readAudit", 200, query="?limit=1000")["audit"])
    api.refused(document().operations["readAudit"], "after", query="?after=x")


def _follow_events(api):
    """As events_test.py tests them."""
    with follow(api.broker) as stream, ExitStack() as others:
        api("addAccount", 201, {"login": "dave", "password": "x"})
        assert stream.next()["event"] == "account_changed"
        for _ in range(15):
            others.enter_context(follow(api.broker))
        api("streamEvents", 429)
    api.seen.add(("streamEvents", 200))


def log_in(broker, login, password):
    body = json.dumps({"login": login, "password": password})
    response, answer = broker.exchange_over_tcp("POST", "/api/v1/session", body)
    assert response.status == 200, answer
    cookie = response.headers["Set-Cookie"]
    assert cookie.endswith("; Path=/; Secure; HttpOnly; SameSite=Strict")
    return Api(broker, {"Cookie": cookie.split(";")[0], "X-CSRF-Token": json.loads(answer)["csrf_token"]})


def _be_refused(api):
    for operation in OPERATIONS:
        api.refused(operation, "no_such_parameter", query="?no_such_parameter=1")
        api.refused(operation, None, query="?limit=%zz", status=400)
        for body in ("[]", "1", "null", '"x"', "{", "{}}", '{"login": "\\ud800"}') if operation.body else ():
            api.refused(operation, None, body, status=400)


def _lose_the_store(api):
    """Requests wait for the store until their patience ends."""
    api.broker.break_store("unavailable")
    with ThreadPoolExecutor(1) as threads:
        for operation in OPERATIONS:
            if "503" in operation.responses and (operation.id, 503) not in OF_SEVERAL_BROKERS:
                body = COMPLETE.get(operation.id)
                answer = threads.submit(api.send, operation, 503, operation.example_target(), body)
                while not answer.done():
                    api.broker.advance(1)
                answer.result()
    api.broker.break_store("none")
    api.broker.advance(10)


def test_each_answer_is_as_the_document_says(start, tmp_path):
    without_dns = Api(start())
    for name in ("showDns", "retryDns"):
        without_dns(name, 404)
    assert without_dns.broker.stop() == 0
    (tmp_path / "zones").mkdir()
    zones = {"fragment_folder": str(tmp_path / "zones"), "zones": ["1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"]}
    api = Api(start({"dns": zones}))

    _use_accounts(api)
    reserve_a_prefix(api)
    _use_tunnels(api)
    _use_the_broker(api)
    reload(api)
    _use_tokens(api)
    _use_the_console(api)
    _read_the_audit_log(api)
    _follow_events(api)
    _be_refused(api)
    _lose_the_store(api)

    documented = {(each.id, int(status)) for each in OPERATIONS for status in each.responses if status != "default"}
    assert api.seen | without_dns.seen == documented - OF_SEVERAL_BROKERS


@pytest.mark.parametrize("path", document().tree["paths"])
def test_another_method_is_answered_with_those_that_there_are(api, path):
    here = [operation for operation in OPERATIONS if operation.path == path]
    allowed = {operation.method for operation in here}
    for method in {"OPTIONS", *map(str.upper, METHODS)} - allowed:
        response, answer = api.broker.exchange(method, here[0].example_target())
        assert response.status == 405
        assert set(response.headers["Allow"].split(", ")) == allowed
        here[0].check_answer(405, json.loads(answer))


# ---- requests ---------------------------------------------------------------------------------------------------------


@_each([operation for operation in OPERATIONS if operation.parameters_in("query")])
def test_parameters_are_taken_as_the_document_says(api, operation):
    for parameter in operation.parameters_in("query"):
        name, schema = parameter["name"], document().resolved(parameter["schema"])
        if schema["type"] == "string":
            continue  # any value is one
        api.refused(operation, None, query=f"?{name}=1&{name}=1", status=400)
        for value in ["x", "-1", "+1", "1.5", "0x1", "1%20", str(2**64), *map(str, range(3)), "999", "1000", "1001"]:
            if value.isdigit() and int(value) < 2**64 and not document().faults(schema, int(value)):
                api.send(operation, 200, operation.target(f"?{name}={value}"))
            else:
                api.refused(operation, name, query=f"?{name}={value}")
        if parameter.get("allowEmptyValue"):
            api.send(operation, 200, operation.target(f"?{name}="))
        else:
            api.refused(operation, name, query=f"?{name}=")


@_each(WITH_BODY)
def test_a_field_that_is_wrong_is_named_and_nothing_is_changed(api, operation):
    schema, complete = operation.body_schema, COMPLETE[operation.id]
    assert list(schema["properties"]) == list(complete)
    before = api.state()
    for field in complete:
        for value in values_for(document().resolved(schema["properties"][field])):
            if document().faults(operation.body["schema"], complete | {field: value}):
                api.refused(operation, field, complete | {field: value})
    for body, field in incomplete(schema, complete):
        api.refused(operation, field, body)
    # What can be read only is no other to this request than what does not exist.
    read_only = document().tree["components"]["schemas"]["AccountMembers"]["properties"]
    for field in [*read_only, "no_such_field", "Password", "x-1"]:
        if field not in complete:
            api.refused(operation, field, complete | {field: None})
    assert api.state() == before
    with api.broker.udp() as client:
        assert client.log_in_by_digest("alice", PASSWORD) == SUCCESS


@_each([operation for operation in WITH_BODY if set(COMPLETE[operation.id]) != DEPENDENT.get(operation.id)])
def test_what_the_document_allows_is_accepted(api, operation):
    schema, complete = operation.body_schema, COMPLETE[operation.id]
    [status] = [int(status) for status in operation.responses if status.startswith("2")]
    accepted = 0
    unique = UNIQUE.get(operation.id)
    for field in complete.keys() - DEPENDENT.get(operation.id, set()):
        for value in values_for(document().resolved(schema["properties"][field])):
            body = complete | ({unique: f"user{accepted}"} if unique else {}) | {field: value}
            if not document().faults(operation.body["schema"], body):
                answer = api.send(operation, status, operation.example_target(), body)
                assert {name: answer.get(name, body[name]) for name in body} == body
                accepted += 1
    assert accepted >= 4


def test_an_account_is_added_once_if_its_request_is_sent_again(api):
    add = document().operations["addAccount"]

    def send(key, body):
        response, answer = api.broker.exchange("POST", add.target(), json.dumps(body), {"Idempotency-Key": key})
        add.check_answer(response.status, json.loads(answer))
        return response.status, answer

    first = send("key-1", COMPLETE["addAccount"])
    assert first[0] == 201
    assert send("key-1", COMPLETE["addAccount"]) == first
    for key, body, status in (
        ("key-1", {"login": "carol", "password": "x"}, 422),
        ("two words", {"login": "carol", "password": "x"}, 422),
        ("key-2", COMPLETE["addAccount"], 409),
    ):
        assert send(key, body)[0] == status
    assert [account["login"] for account in api("listAccounts", 200)["accounts"]] == ["alice", "bob"]


@_each([operation for operation in OPERATIONS if not operation.body and operation.method != "GET"])
def test_a_body_where_none_belongs_is_refused_and_nothing_is_done(api, operation):
    before = api.state()
    api.refused(operation, None, {})
    assert api.state() == before


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (413, " " * 20000, {}),
        (415, FORM, {"Content-Type": "multipart/form-data; boundary=x"}),
    ],
    ids=["too large", "form"],
)
def test_a_body_of_another_kind_is_refused(api, status, body, headers):
    drain = document().operations["startDrain"]
    response, answer = api.broker.exchange(drain.method, drain.target(), body, headers)
    assert response.status == status
    drain.check_answer(status, json.loads(answer))
    assert api("getStatus", 200)["drain"] is None
