# SPDX-License-Identifier: Apache-2.0
"""Starting, stopping, and the one clear line when something is in the way."""

import os
import signal
import socket
import stat

import pytest
from lib.broker import DEVICE, PREFIX
from lib.programs import program
from lib.topology import HOST6_ADDRESS
from lib.wait import wait_for


def _fails_to_start(broker, *needles):
    """Starts the daemon, which must end by itself with an error; returns its last line."""
    process = broker.launch()
    assert process.wait(10) not in (0, None)
    lines = process.text().strip().splitlines()
    assert lines, "no line says why"
    for needle in needles:
        assert needle in process.text(), process.text()
    assert len(lines) <= 3, process.text()
    return lines[-1]


def test_a_prefix_is_configuration_enough(world):
    broker = world.make_broker({"server": {"realm": None}, "auth": None})
    broker.start()
    broker.add_account("alice", "wonderland")

    client = world.connect_client()

    assert client.namespace.pings(HOST6_ADDRESS)


def test_sigterm_leaves_no_device_route_address_or_socket(world):
    broker = world.make_broker()
    namespace = broker.namespace
    before = [namespace.ip("addr").stdout, namespace.ip("-6", "route", "show", "table", "all").stdout]
    broker.start()
    broker.add_account("alice", "wonderland")
    world.connect_client()
    assert DEVICE in namespace.link_names() and broker.pool_routes()

    assert broker.stop() == 0

    assert DEVICE not in namespace.link_names()
    assert [namespace.ip("addr").stdout, namespace.ip("-6", "route", "show", "table", "all").stdout] == before
    assert not broker.control_path.exists()
    assert namespace.run("ss", "-Hlnut").stdout == ""


def test_sigint_stops_as_sigterm_does(world):
    broker = world.start_broker()

    broker.process.send(signal.SIGINT)

    assert broker.process.wait() == 0
    assert broker.pool_routes() == []


def test_the_database_is_readable_by_its_owner_only(world):
    broker = world.start_broker()

    for path in broker.folder.glob("tspd.db*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_second_daemon_is_refused_and_harms_the_first_one_in_nothing(world):
    broker = world.start_broker()
    client = world.connect_client()
    first = broker.process

    _fails_to_start(broker)

    broker.process = first
    assert first.is_running()
    assert client.namespace.pings(HOST6_ADDRESS)
    assert broker.status()["ready"]


def test_a_taken_port_is_named(world):
    broker = world.make_broker()
    with broker.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("0.0.0.0", 3653))

        _fails_to_start(broker, "3653")

    assert broker.pool_routes() == [] and DEVICE not in broker.namespace.link_names()
    assert not broker.database_path.exists()


def test_a_taken_tcp_port_is_named(world):
    broker = world.make_broker()
    with broker.namespace.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
        holder.bind(("0.0.0.0", 3653))
        holder.listen()

        _fails_to_start(broker, "3653")

    assert broker.pool_routes() == [] and DEVICE not in broker.namespace.link_names()
    assert not broker.database_path.exists()


def test_a_pool_that_is_routed_elsewhere_is_refused(world):
    broker = world.make_broker()
    broker.namespace.ip("-6", "route", "add", PREFIX, "via", HOST6_ADDRESS)

    _fails_to_start(broker, PREFIX)

    assert DEVICE not in broker.namespace.link_names()
    assert f"via {HOST6_ADDRESS}" in broker.namespace.ip("-6", "route", "show", PREFIX).stdout


def test_a_device_of_that_name_that_is_not_ours_is_refused(world):
    broker = world.make_broker()
    broker.namespace.ip("link", "add", DEVICE, "type", "veth", "peer", "name", "other")

    _fails_to_start(broker, DEVICE)

    assert broker.namespace.ip("-d", "link", "show", DEVICE).stdout.count("veth") == 1


def test_missing_forwarding_is_said_plainly(world):
    broker = world.make_broker()
    broker.namespace.sysctl("net.ipv6.conf.all.forwarding", 0)
    broker.start()

    wait_for(lambda: "forwarding" in broker.process.text(), "a word about forwarding")


def test_missing_privileges_are_named(world):
    broker = world.make_broker()
    os.chmod(broker.folder, 0o777)
    words = ["setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set", "-all", "--inh-caps", "-all"]

    result = broker.namespace.run(
        *words, program("tspd"), "--config", broker.config_path, "--foreground", check=False, timeout=10
    )

    assert result.returncode not in (0, -signal.SIGABRT, -signal.SIGSEGV)
    assert "CAP_NET_ADMIN" in result.stdout + result.stderr, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ('prefix = "2001:db8:1::/48"\n[tunnel]\nmtu = 9000\n', [":3", "tunnel.mtu", "1280", "1472"]),
        ('prefix = "2001:db8:1::/48"\n[tunnel]\nmut = 1280\n', [":3", "mut"]),
        ('prefix = "2001:db8:1::/129"\n', [":1", "prefix"]),
        ("prefix = \n", [":1"]),
        ("prefix = 2001:db8:1::/48\n", [":1", "must stand in double quotes"]),
        ("", ["prefix"]),
    ],
    ids=["out of range", "unknown key", "bad prefix", "no TOML", "no quotes", "no prefix"],
)
def test_an_error_in_the_configuration_is_named_with_its_line(world, text, needles):
    broker = world.make_broker()
    broker.config_path.write_text(text)

    result = broker.namespace.run(program("tspd"), "--check-config", "--config", broker.config_path, check=False)

    assert result.returncode != 0
    for needle in [str(broker.config_path), *needles]:
        assert needle in result.stdout + result.stderr, result.stdout + result.stderr


def test_check_config_shows_the_layout_and_touches_nothing(world):
    broker = world.make_broker()

    result = broker.namespace.run(program("tspd"), "--check-config", "--config", broker.config_path)

    assert "2001:db8:1:" in result.stdout
    assert DEVICE not in broker.namespace.link_names()
    assert not broker.database_path.exists()


@pytest.mark.skipif(os.path.exists("/sys/module/utun"), reason="this host has the module that the test misses")
def test_check_config_names_files_that_a_start_would_miss(world):
    broker = world.make_broker({
        "update": {"listen": ["127.0.0.1:8443"], "certificate": "/nowhere/cert.pem", "private_key": "/nowhere/key.pem",
                   "tunnel_address": "203.0.113.2"},
        "datapath": {"type": "utun"},
    })  # fmt: skip

    result = broker.namespace.run(program("tspd"), "--check-config", "--config", broker.config_path)

    assert "warning: update.certificate: /nowhere/cert.pem cannot be read: No such file or directory" in result.stdout
    assert "warning: update.private_key: /nowhere/key.pem" in result.stdout
    assert "warning: datapath.type: the module utun is not installed" in result.stdout
    assert "the configuration is valid" in result.stdout


def test_another_realm_is_refused_with_the_number_of_accounts_it_would_break(world):
    broker = world.start_broker(accounts=("alice", "bob"))
    broker.stop()
    broker.configure({"server": {"realm": "another"}})

    _fails_to_start(broker, "realm", "2")
