# SPDX-License-Identifier: Apache-2.0
"""Chosen leases, those that are taken away, and who had them, in the database of a real tspd."""

from lib.wait import wait_for


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


def test_a_prefix_that_is_taken_away_ends_its_tunnel_and_the_router_gets_another(world):
    broker = world.start_broker()
    client = world.connect_client(options=["--router", "56", "--keepalive", "5", "--retry", "1"])
    [tunnel] = broker.tunnels()
    lost = tunnel["delegated"]

    assert "released once more" in broker.ctl("lease", "release", lost).stdout

    # The client is not told, and comes back by itself.
    wait_for(lambda: [each for each in broker.tunnels() if each["delegated"] != lost], "another prefix", 30)
    [another] = broker.tunnels()
    assert another["inner"] == tunnel["inner"] == client.address()
    assert broker.ctl("lease", "release", another["server_address"], check=False).returncode == 3, "nobody has it"
    [lease] = broker.ctl_json("lease", "list", "--address", lost)["leases"]
    assert [lease["state"], lease["login"]] == ["quarantined", None]
    assert broker.ctl("lease", "release", lost).stdout == "it is free\n"
    assert broker.ctl_json("lease", "list", "--address", lost)["leases"] == []
    assert broker.ctl_json("tunnel", "list", "--account", "alice")["tunnels"][0]["id"] == another["id"]
    assert broker.ctl_json("tunnel", "list", "--remote", "192.0.2.0/24")["tunnels"] == []


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
