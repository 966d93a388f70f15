# SPDX-License-Identifier: Apache-2.0
"""Chosen leases, and who had them, in the database of a real tspd."""


def test_a_reserved_prefix_is_what_the_router_gets_and_its_history_is_kept(world):
    broker = world.start_broker()
    prefixes = {each["length"]: each["next"] for each in broker.ctl_json("pools")["pools"][0]["prefixes"]}
    wanted = prefixes[60].replace("/60", "/56")  # an aligned one behind it is free, too
    broker.ctl("lease", "reserve", "alice", wanted)
    assert broker.ctl("lease", "reserve", "alice", prefixes[64], check=False).returncode == 4, "it is alice's already"

    world.connect_client(options=["--router", "56"])

    [tunnel] = broker.tunnels()
    assert tunnel["delegated"] == wanted
    inside = wanted.replace("::/56", "::1")
    [live] = broker.ctl_json("history", "--address", inside)["history"]
    assert [live["login"], live["ended"]] == ["alice", None]
    broker.ctl("tunnel", "kick", str(tunnel["id"]))
    for words in (["--address", inside], ["--account", "alice"], []):
        past = [each for each in broker.ctl_json("history", *words)["history"] if each["ended"]]
        assert [(each["id"], each["delegated"], each["reason"]) for each in past] == [(tunnel["id"], wanted, "kicked")]
        assert broker.ctl_json("history", *words, "--at", "2001-02-03T04:05:06Z")["history"] == []
    leases = broker.ctl_json("lease", "list", "--account", "alice")["leases"]
    assert {each["prefix"] for each in leases} == {wanted, tunnel["inner"] + "/128"}


def test_a_configuration_is_taken_over_after_a_look_at_the_plan(world):
    broker = world.start_broker()
    broker.configure({"tunnel": {"mtu": 1300}})
    assert "tunnel.mtu: 1280 -> 1300" in broker.ctl("reload", "--plan").stdout
    assert "event=reloaded" not in broker.process.text()
    broker.ctl("reload")
    assert 'event=reloaded changed="tunnel.mtu"' in broker.process.text()
    broker.configure({"store": {"path": "/elsewhere/tspd.db"}})
    refused = broker.ctl("reload", "--plan", check=False)
    assert refused.returncode == 1
    assert "store.path" in refused.stdout
    assert "(needs a restart)" in refused.stdout
    assert broker.ctl("reload", check=False).returncode != 0
