# SPDX-License-Identifier: Apache-2.0
"""What the API is used for in api_test.py: each answer is held to the document."""

from api_document import document


def search_tunnels(api, tunnel):
    """Of alice, beside an anonymous one."""
    remote = tunnel["remote"].partition(":")[0]
    for query, count in (
        ("?login=alice", 1),
        ("?login=nobody", 0),
        (f"?address={tunnel['inner']}", 1),
        (f"?address={tunnel['delegated'].replace('/56', '/64')}", 1),
        ("?address=2001:db8:1::/48", 2),
        ("?address=2001:db8:2::/48", 0),
        (f"?remote={remote}", 2),
        ("?remote=192.0.2.0/24", 0),
        (f"?remote={remote}&login=alice&limit=1", 1),
    ):
        found = api("listTunnels", 200, query=query)["tunnels"]
        assert len(found) == count and (count != 1 or found == [tunnel]), query
    [anonymous] = api("listTunnels", 200, query="?login=")["tunnels"]
    assert anonymous["login"] is None
    for name in ("address", "remote"):
        api.refused(document().operations["listTunnels"], name, query=f"?{name}=x")


def look_up_leases(api, tunnel):
    """Of a tunnel of alice that was kicked, beside an anonymous one that lives."""
    [entry] = api("readHistory", 200)["history"]
    of_tunnel = {name: tunnel[name] for name in entry.keys() & tunnel.keys()}
    assert entry == of_tunnel | {"broker_id": 1, "ended": entry["ended"], "reason": "kicked"}
    [of_anonymous] = api("readHistory", 200, query="?login=")["history"]
    assert [of_anonymous["login"], of_anonymous["ended"]] == [None, None]
    for query in ("?login=alice", f"?address={entry['inner']}", f"?address={entry['delegated'].replace('/56', '/64')}"):
        assert api("readHistory", 200, query=query)["history"] == [entry]
        [*leases] = api("listLeases", 200, query=query)["leases"]
        # What she gave up for another length is hers as well, until its quarantine is over.
        assert ("alice", "held") in {(each["login"], each["state"]) for each in leases}
        assert {each["login"] for each in leases} == {"alice"}
    assert api("readHistory", 200, query="?login=alice&at=2001-02-03T04:05:06Z")["history"] == []
    page = api("readHistory", 200, query="?limit=1")
    assert api("readHistory", 200, query=f"?after={page['next']}") == {"history": [], "next": None}
    leases = api("listLeases", 200)["leases"]
    first = api("listLeases", 200, query="?limit=1")
    assert api("listLeases", 200, query=f"?after={first['next']}")["leases"] == leases[1:]
    api("listLeases", 404, query="?login=nobody")
    for name, field, value in (
        ("readHistory", "address", "2001:db8::/12x"),
        ("readHistory", "address", "2001:db8::1/64"),
        ("readHistory", "at", "yesterday"),
        ("readHistory", "at", "2026-02-30T00:00:00Z"),
        ("listLeases", "address", ""),
        ("listLeases", "after", "x"),
        ("listLeases", "at", "2026-02-03T04:05:06Z"),
    ):
        api.refused(document().operations[name], field, query=f"?{field}={value}")


def reserve_a_prefix(api):
    [pool] = api("showPools", 200)["pools"]
    assert [pool["family"], pool["prefix"], pool["server_address"]] == ["ipv6", "2001:db8:1::/48", "2001:db8:1::1"]
    available = {each["length"]: each for each in pool["prefixes"]}
    wanted = {"login": "alice", "prefix": available[60]["next"]}
    assert api("reserveLease", 201, wanted)["prefix"] == wanted["prefix"]
    assert api("reserveLease", 201, wanted)["state"] == "held"
    [after] = api("showPools", 200)["pools"]
    assert after["prefixes"][-1]["available"] == available[64]["available"] - 16
    operation = document().operations["reserveLease"]
    for status, prefix in (
        (409, available[60]["next"].replace("/60", "/64")),
        (409, "2001:db8:1:ff00::/60"),
        (422, "2001:db8:1:2000::/48"),
        (422, "2001:db8:2::/56"),
        (422, "2001:db8:1::1"),
        (422, "2001:db8:1:2001::/56"),
        (422, "192.0.2.0/28"),
    ):
        api.refused(operation, "prefix", wanted | {"prefix": prefix}, status=status)
    api("reserveLease", 404, wanted | {"login": "nobody"})


def release_leases(api, tunnel):
    """Of alice, whose tunnel was kicked; an anonymous one lives."""
    operation = document().operations["releaseLease"]
    [pool] = api("showPools", 200)["pools"]
    prefix = tunnel["delegated"].replace("/", "%2F")
    assert api("releaseLease", 200, prefix=prefix)["lease"] | {"until": None} == {
        "prefix": tunnel["delegated"],
        "login": None,
        "state": "quarantined",
        "until": None,
        "broker_id": 1,
    }
    account = api("showAccount", 200, login="alice")
    assert [account["prefixes"], account["address"]] == [[], tunnel["inner"]]
    [after] = api("showPools", 200)["pools"]
    assert [after["claims"], after["quarantined"]] == [pool["claims"], pool["quarantined"] + 1]
    assert api("releaseLease", 200, prefix=prefix) == {"lease": None}
    [after] = api("showPools", 200)["pools"]
    assert [after["claims"], after["quarantined"]] == [pool["claims"] - 1, pool["quarantined"]]
    assert api("releaseLease", 200, prefix=tunnel["inner"])["lease"]["prefix"] == tunnel["inner"] + "/128"
    [anonymous] = api("listTunnels", 200)["tunnels"]
    for status, value in ((404, prefix), (404, "2001:db8:1::1%2F64"), (404, "alice"), (409, anonymous["inner"])):
        assert api("releaseLease", status, prefix=value)["error"]["field"] == "prefix"
    assert api("listTunnels", 200)["tunnels"] == [anonymous]
    entries = [each for each in api("readAudit", 200)["audit"] if each["action"] == "lease.release"]
    assert [[each["subject"], each["detail"], each["result"]] for each in entries] == [
        ["", anonymous["inner"] + "/128", "prefix: it is an anonymous client's, and ends with its tunnel"],
        ["", tunnel["delegated"], "prefix: it is nobody's"],
        ["alice", tunnel["inner"] + "/128", "done"],
        ["", tunnel["delegated"], "done"],
        ["alice", tunnel["delegated"], "done"],
    ]
    api.refused(operation, "no_such_parameter", query="?no_such_parameter=1")


def reload(api):
    broker = api.broker
    assert api("reloadConfiguration", 200) == {"applied": True, "possible": True, "changes": [], "errors": []}
    broker.configure({"tunnel": {"mtu": 1300}})
    for query, applied in (("?dry_run=true", False), ("", True)):
        plan = api("reloadConfiguration", 200, query=query)
        assert plan["changes"] == [{"key": "tunnel.mtu", "from": "1280", "to": "1300", "needs_restart": False}]
        assert plan["applied"] is applied
    assert api("readAudit", 200, query="?limit=1")["audit"][0]["detail"] == "tunnel.mtu"
    broker.configure({"tunnel": {"mtu": 1}, "server": {"realm": "other"}})
    [error] = api("reloadConfiguration", 200, query="?dry_run=true")["errors"]
    assert [error["file"], error["key"]] == [str(broker.config_path), "tunnel.mtu"]
    assert broker.config_path.read_text().splitlines()[error["line"] - 1] == "mtu = 1"
    api("reloadConfiguration", 409)
    broker.configure({"tunnel": {"mtu": 1280}})
    plan = api("reloadConfiguration", 200, query="?dry_run=true")
    assert {each["key"]: each["needs_restart"] for each in plan["changes"]} == {"server.realm": True, "tunnel.mtu": False}
    assert not plan["possible"]
    api("reloadConfiguration", 409)
    broker.configure({"server": {"realm": "test"}})
    api("reloadConfiguration", 200)
