# SPDX-License-Identifier: Apache-2.0
"""tsp-load conformance: the real daemon does what it should, and servers that do not are found out."""

import json

import pytest
from lib.programs import program
from lib.topology import BROKER_ADDRESS, BROKER_IPV6_ADDRESS
from lib.tsp import PORT
from lib.world import PASSWORD
from lib.wrong_server import WrongServer

# Of 90; the rest cannot be seen from outside.
PASSED_WITH_ACCOUNT = 73
PASSED_WITHOUT_ACCOUNT = 63


def _conformance(world, namespace, *options, password=None, server=BROKER_ADDRESS):
    """The exit code, and the report."""
    words = [program("tsp-load"), "conformance", "--server", server, "--json", *options]
    if password is not None:
        words += ["--login", "alice", "--password-fd", "0"]
    result = namespace.run(*words, check=False, input=(password or "") + "\n", timeout=120)
    (world.folder / "report.json").write_text(result.stdout)
    assert result.stdout, result.stderr
    return result.returncode, json.loads(result.stdout)


def _numbers(report, result):
    return {statement["number"] for statement in report["statements"] if statement["result"] == result}


def _failures(report):
    return [f"{s['number']} {s['statement']}: {s['why']}" for s in report["statements"] if s["result"] == "fail"]


def test_the_daemon_passes_with_an_account(world):
    world.start_broker({"auth": {"anonymous": True, "plain": True}})

    code, report = _conformance(world, world.topology.add_public_client(), password=PASSWORD)

    assert (_failures(report), code) == ([], 0)
    assert report["passed"] >= PASSED_WITH_ACCOUNT, _numbers(report, "not tested")
    assert len(report["statements"]) == report["passed"] + report["not_tested"] == 90


def test_the_daemon_passes_without_an_account_and_behind_a_nat(world):
    world.start_broker()

    code, report = _conformance(world, world.topology.add_client())

    assert (_failures(report), code) == ([], 0)
    assert report["passed"] >= PASSED_WITHOUT_ACCOUNT, _numbers(report, "not tested")


def test_the_daemon_passes_when_it_serves_accounts_only(world):
    world.start_broker({"auth": {"anonymous": False, "plain": False}})

    code, report = _conformance(world, world.topology.add_public_client(), password=PASSWORD)

    assert (_failures(report), code) == ([], 0)
    assert {"S-36", "S-41", "S-59", "S-72", "S-76"} <= _numbers(report, "pass")


# ---- over IPv6 -------------------------------------------------------------------------------------------------------

# All that needs packets in a tunnel is left out: those of v4v6 are not in UDP.
PASSED_OVER_IPV6 = 50
SETTINGS_WITH_IPV6 = {
    "server": {"listen": ["0.0.0.0:3653", "[::]:3653"]},
    "tunnel": {"types": ["v6v4", "v6udpv4", "v4v6"]},
    "pool": {"ipv4_prefix": "100.64.0.0/16"},
    "auth": {"anonymous": True, "plain": True},
}


def _ipv6_client(world):
    """A host that has IPv6 only, so that nothing can be asked over IPv4 by mistake."""
    namespace = world.topology.add_public_client()
    world.topology.add_ipv6(namespace)
    namespace.ip("-4", "addr", "flush", "dev", "wan")
    return namespace


@pytest.mark.parametrize("server", [f"[{BROKER_IPV6_ADDRESS}]:{PORT}", BROKER_IPV6_ADDRESS])
def test_the_daemon_passes_over_ipv6(world, server):
    world.topology.add_ipv6(world.topology.broker)
    world.start_broker(SETTINGS_WITH_IPV6)

    code, report = _conformance(world, _ipv6_client(world), password=PASSWORD, server=server)

    assert (_failures(report), code) == ([], 0)
    assert report["server"] == f"[{BROKER_IPV6_ADDRESS}]:{PORT}"
    assert report["passed"] >= PASSED_OVER_IPV6, _numbers(report, "not tested")
    over_tcp = {"S-01", "S-02", "S-03", "S-06", "S-07", "S-09", "S-38", "S-44"}
    over_udp = {"S-11", "S-13", "S-16", "S-26", "S-41", "S-52", "S-55", "S-59", "S-60", "S-65", "S-68", "S-71", "S-87"}
    assert over_tcp | over_udp <= _numbers(report, "pass")
    assert {"S-67", "S-72", "S-76"} <= _numbers(report, "not tested")


def test_a_wrong_password_is_told_once_and_is_no_fault_of_the_servers(world):
    world.start_broker()
    words = [program("tsp-load"), "conformance", "--server", BROKER_ADDRESS, "--login", "alice", "--password-fd", "0"]

    result = world.topology.add_public_client().run(*words, check=False, input="wrong\n", timeout=60)

    assert result.returncode == 3
    assert "does not take the login alice with this password" in result.stderr
    assert result.stdout == ""


def test_a_server_that_changes_the_header_fails(world):
    with WrongServer(world.topology.broker, BROKER_ADDRESS, header_of=lambda datagram: datagram[:4] + bytes(4)):
        code, report = _conformance(world, world.topology.add_public_client())

    assert code == 1
    assert "S-11" in _numbers(report, "fail")


def test_no_server_is_an_exit_code_of_its_own(world):
    namespace = world.topology.add_public_client()

    result = namespace.run(program("tsp-load"), "conformance", "--server", BROKER_ADDRESS, check=False)

    assert result.returncode == 3
    assert result.stderr == f"tsp-load: no TSP server answers at {BROKER_ADDRESS}:{PORT}\n"


@pytest.fixture(scope="module")
def wrong_report(shared_world):
    with WrongServer(shared_world.topology.broker, BROKER_ADDRESS):
        yield _conformance(shared_world, shared_world.topology.add_public_client(), password=PASSWORD)


def test_a_wrong_server_fails(wrong_report):
    code, report = wrong_report

    assert code == 1 and report["failed"] > 30


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("S-03", "a reply in pieces"),
        ("S-06", "forgets the second of two requests"),
        ("S-07", "stays after a refusal"),
        ("S-10", "stays after a line without end"),
        ("S-18", "text in answer to accept"),
        ("S-22", "answers strangers"),
        ("S-23", "answers what is too short"),
        ("S-26", "does not know the echo probe"),
        ("S-31", "takes every version"),
        ("S-33", "two blanks"),
        ("S-36", "takes mechanisms that it does not offer"),
        ("S-40", "a challenge that clients cannot read"),
        ("S-41", "proves nothing"),
        ("S-43", "one nonce for all"),
        ("S-44", "no proof over TCP"),
        ("S-47", "takes every response"),
        ("S-51", "errors without a frame"),
        ("S-55", "knows no status but one"),
        ("S-60", "compressed addresses"),
        ("S-61", "no resolver"),
        ("S-71", "takes third hosts"),
        ("S-76", "no echo"),
    ],
)
def test_each_of_its_faults_is_found(wrong_report, number, fault):
    assert number in _numbers(wrong_report[1], "fail"), fault


def test_what_it_does_right_is_found_too(wrong_report):
    assert {"S-11", "S-14", "S-30", "S-64"} <= _numbers(wrong_report[1], "pass")
