# SPDX-License-Identifier: Apache-2.0
"""tspctl self-test against real rulesets: what it finds, what it cannot tell, and that it raises no false alarm."""

import json
import re

import pytest
from lib.topology import BROKER_ADDRESS, BROKER_IPV6_ADDRESS, HOST6_ADDRESS
from lib.wait import wait_for

PASSED, BLOCKED, UNDECIDED = 0, 6, 7

ON_BOTH_VERSIONS = {
    "server": {"listen": ["0.0.0.0:3653", "[::]:3653"]},
    "tunnel": {"types": ["v6udpv4", "v4v6"]},
    "pool": {"ipv4_prefix": "100.64.0.0/16"},
}
IPV6_PORT = f"[{BROKER_IPV6_ADDRESS}]:3653"

_INPUT_DROPS = """
table inet filter {{
  chain input {{
    type filter hook input priority filter; policy drop
    {rules}
  }}
}}
"""
_FORWARD_DROPS = """
table inet filter {{
  chain forward {{
    type filter hook forward priority filter; policy drop
    {rules}
  }}
}}
"""


def prepare_for_both_versions(world):
    world.topology.add_ipv6(world.topology.broker)
    world.topology.broker.sysctl("net.ipv4.ip_forward", 1)


def run_self_test(broker):
    """The exit code, and the checks."""
    result = broker.ctl("--json", "self-test", check=False)
    report = json.loads(result.stdout)
    assert {PASSED: "passed", BLOCKED: "blocked", UNDECIDED: "unknown"}[result.returncode] == report["result"]
    return result.returncode, report["checks"]


def self_test(broker):
    """The exit code, and the checks by name."""
    code, checks = run_self_test(broker)
    return code, {check["check"]: check for check in checks}


def ports_tested(broker):
    """The exit code, and the checks of ports by their targets."""
    code, checks = run_self_test(broker)
    return code, {check["target"]: check for check in checks if check["check"] == "port"}


def advised_rule(check):
    """The words of the command that a check tells to run."""
    return re.search(r"nft .*? accept", check["detail"])[0].split()


def results(checks):
    return {name: check["result"] for name, check in checks.items()}


def test_a_host_without_a_firewall_passes(world):
    broker = world.start_broker()

    code, checks = self_test(broker)

    assert code == PASSED
    assert results(checks) == {"tunnel_device": "passed", "server_address": "passed", "port": "passed"}
    assert checks["port"]["target"] == f"{BROKER_ADDRESS}:3653"
    assert "tunnel_device" in broker.ctl("self-test").stdout


def test_a_default_drop_without_the_port_is_found(world):
    world.topology.broker.nft(_INPUT_DROPS.format(rules="ip6 nexthdr icmpv6 accept; reject"))
    broker = world.start_broker()

    code, checks = self_test(broker)

    assert code == BLOCKED
    assert results(checks) == {"tunnel_device": "passed", "server_address": "passed", "port": "blocked"}
    world.topology.broker.run(*advised_rule(checks["port"]))
    assert self_test(broker)[0] == PASSED


def test_a_default_drop_that_spares_the_loopback_interface_leaves_the_port_unknown(world):
    world.topology.broker.nft(_INPUT_DROPS.format(rules="iif lo accept; ip6 nexthdr icmpv6 accept"))
    broker = world.start_broker()

    code, checks = self_test(broker)

    assert code == UNDECIDED
    assert results(checks)["port"] == "unknown"
    assert "udp dport 3653 accept" in checks["port"]["detail"]


def test_a_default_drop_with_the_port_passes(world):
    rules = "iif lo accept; ip6 nexthdr icmpv6 accept; udp dport 3653 accept; tcp dport 3653 accept"
    world.topology.broker.nft(_INPUT_DROPS.format(rules=rules))
    broker = world.start_broker()

    code, checks = self_test(broker)

    assert code == PASSED
    assert results(checks)["port"] == "passed"


def test_a_port_that_is_open_to_the_uplink_only_raises_no_alarm(world):
    rules = "iif lo accept; ip6 nexthdr icmpv6 accept; iifname wan udp dport 3653 accept"
    world.topology.broker.nft(_INPUT_DROPS.format(rules=rules))
    broker = world.start_broker()

    code, checks = self_test(broker)

    assert code == UNDECIDED
    assert results(checks)["port"] == "unknown"
    assert "certain interfaces only" in checks["port"]["detail"]
    world.connect_client()


def test_a_host_that_hides_itself_from_clients_still_passes(world):
    rules = "iif lo accept; iifname eth6 accept; udp dport 3653 accept; tcp dport 3653 accept"
    world.topology.broker.nft(_INPUT_DROPS.format(rules=rules))
    broker = world.start_broker()

    code, checks = self_test(broker)

    assert code == PASSED
    assert results(checks)["server_address"] == "blocked"
    assert world.connect_client().namespace.pings(HOST6_ADDRESS)


def test_a_forward_chain_that_drops_is_found_and_what_to_do_about_it_helps(world):
    world.topology.broker.nft(_FORWARD_DROPS.format(rules="reject"))
    broker = world.start_broker()

    code, checks = self_test(broker)

    assert code == BLOCKED
    assert results(checks) == {"tunnel_device": "blocked", "server_address": "passed", "port": "passed"}
    rule = advised_rule(checks["tunnel_device"])
    world.topology.broker.run(*rule)
    world.topology.broker.run(*[word.replace("iifname", "oifname") for word in rule])
    assert self_test(broker)[0] == PASSED


def test_forwarding_that_is_switched_off_is_found(world):
    world.topology.broker.sysctl("net.ipv6.conf.all.forwarding", 0)
    broker = world.start_broker()

    code, checks = self_test(broker)

    assert code == BLOCKED
    assert results(checks) == {"tunnel_device": "blocked", "server_address": "passed", "port": "passed"}
    assert "sysctl -w net.ipv6.conf.all.forwarding=1" in checks["tunnel_device"]["detail"]


def test_ipv4_forwarding_that_is_off_is_found_where_there_are_tunnels_for_ipv4(world):
    prepare_for_both_versions(world)
    world.topology.broker.sysctl("net.ipv4.ip_forward", 0)
    broker = world.start_broker(ON_BOTH_VERSIONS)

    code, checks = self_test(broker)

    assert code == BLOCKED
    assert results(checks)["ipv4_forwarding"] == "blocked"
    world.topology.broker.run("sysctl", "-w", "net.ipv4.ip_forward=1")
    code, checks = self_test(broker)
    assert code == PASSED
    assert results(checks)["ipv4_forwarding"] == "passed"


@pytest.mark.parametrize("mode", [1, 2])
def test_a_reverse_path_filter_for_all_devices_leaves_the_port_unknown(world, mode):
    world.topology.broker.sysctl("net.ipv4.conf.all.rp_filter", mode)
    broker = world.start_broker()

    code, checks = self_test(broker)

    assert code == UNDECIDED
    assert "rp_filter" in checks["port"]["detail"]


def test_a_reverse_path_filter_for_new_devices_is_no_obstacle(world):
    world.topology.broker.sysctl("net.ipv4.conf.default.rp_filter", 2)
    broker = world.start_broker()

    assert self_test(broker)[0] == PASSED


def test_a_port_on_ipv6_is_tested_at_the_addresses_that_strangers_reach(world):
    prepare_for_both_versions(world)
    broker = world.start_broker(ON_BOTH_VERSIONS)

    code, ports = ports_tested(broker)

    assert code == PASSED
    assert f"{BROKER_ADDRESS}:3653" in ports and IPV6_PORT in ports
    assert {check["detail"] for check in ports.values()} == {"a datagram that came in by tsp0 arrived"}
    for inside_of_tunnels in ("[2001:db8:1::", "100.64."):
        assert not any(target.startswith(inside_of_tunnels) for target in ports)


def test_a_firewall_that_forgot_ipv6_is_found(world):
    prepare_for_both_versions(world)
    rules = "ip6 nexthdr icmpv6 accept; meta nfproto ipv4 udp dport 3653 accept; ip6 nexthdr udp reject"
    world.topology.broker.nft(_INPUT_DROPS.format(rules=rules))
    broker = world.start_broker(ON_BOTH_VERSIONS)

    code, ports = ports_tested(broker)

    assert code == BLOCKED
    assert ports[f"{BROKER_ADDRESS}:3653"]["result"] == "passed"
    assert ports[IPV6_PORT]["result"] == "blocked"
    world.topology.broker.run(*advised_rule(ports[IPV6_PORT]))
    assert ports_tested(broker)[0] == PASSED


def test_an_ipv6_port_that_is_open_to_the_uplink_only_raises_no_alarm(world):
    prepare_for_both_versions(world)
    rules = "iif lo accept; ip6 nexthdr icmpv6 accept; ip protocol udp accept; iifname wan udp dport 3653 accept"
    world.topology.broker.nft(_INPUT_DROPS.format(rules=rules))
    broker = world.start_broker(ON_BOTH_VERSIONS)

    code, ports = ports_tested(broker)

    assert code == UNDECIDED
    assert ports[IPV6_PORT]["result"] == "unknown"
    assert "certain interfaces only" in ports[IPV6_PORT]["detail"]


def test_a_reverse_path_filter_of_ipv4_says_nothing_of_ipv6(world):
    prepare_for_both_versions(world)
    world.topology.broker.sysctl("net.ipv4.conf.all.rp_filter", 1)
    broker = world.start_broker(ON_BOTH_VERSIONS)

    _, ports = ports_tested(broker)

    assert ports[f"{BROKER_ADDRESS}:3653"]["result"] == "unknown"
    assert ports[IPV6_PORT]["result"] == "passed"


def test_the_log_of_the_start_says_what_is_blocked_and_what_to_do(world):
    world.topology.broker.nft(_FORWARD_DROPS.format(rules=""))

    broker = world.start_broker()

    wait_for(lambda: "event=self_test check=tunnel_device" in broker.process.text(), "the self-test's line in the log")
    line = next(line for line in broker.process.text().splitlines() if "check=tunnel_device" in line)
    assert "warning" in line
    assert "forward iifname tsp0 accept" in line


def test_an_open_host_is_not_warned_at_the_start(world):
    broker = world.start_broker()

    wait_for(lambda: "event=self_test result=passed" in broker.process.text(), "the self-test's line in the log")

    assert "event=self_test check=" not in broker.process.text()


def test_probes_are_no_errors_and_no_sessions(world):
    broker = world.start_broker()
    before = broker.status()

    assert self_test(broker)[0] == PASSED

    after = broker.status()
    for key in ("icmp_errors", "drops"):
        assert after["datapath"][key] == before["datapath"][key], key
    assert after["counters"] == before["counters"]


def test_a_self_test_that_is_cut_short_by_a_stop_reports_nothing_wrong(world):
    world.topology.broker.nft(_FORWARD_DROPS.format(rules=""))
    broker = world.start_broker(accounts=())  # its first self-test is under way, and takes a second

    assert broker.stop() == 0

    assert "event=self_test result=unknown" not in broker.process.text()
    assert "check=port" not in broker.process.text()
