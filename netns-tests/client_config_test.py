# SPDX-License-Identifier: Apache-2.0
"""tspctl client-config: what it prints is really used, by clients and by a shell."""

import ipaddress
import json
import os
import re
import shlex

import pytest
from lib.namespace import run
from lib.programs import program
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.tsp import UdpClient
from lib.world import PASSWORD

NETWORKD = "/lib/systemd/systemd-networkd"
ROUTERS = ["openwrt", "networkd", "iproute2", "mikrotik", "opnsense"]
ODD_LOGIN = "-o'neil \"x\" $(exit 9) `exit 8` \\ жанна"
LOGINS = pytest.mark.parametrize("login", ["alice", ODD_LOGIN], ids=["plain", "odd"])


def _start_broker(world, login):
    broker = world.start_broker(accounts=())
    add = ["account", "add", "--password-fd", "0", "--", login]
    run(program("tspctl"), "--socket", broker.control_path, *add, input=PASSWORD + "\n")
    return broker


def _config(broker, login, system, *options):
    return broker.ctl("client-config", "--for", system, *options, "--", login).stdout


def _secret_file(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


def _start_gogoc_conf(world, namespace, text):
    """A client with the printed file, once the password is in it."""
    assert text.count("\npasswd=PASSWORD\n") == 1
    path = _secret_file(world.folder / "gogoc.conf", text.replace("passwd=PASSWORD", f"passwd={PASSWORD}"))
    return world.processes.start(namespace, [program("tsp-connect"), "--config", path], "tsp-connect")


def _start_command_line(world, namespace, text):
    """What a shell makes of the printed text, with the password in a file of the test."""
    path = _secret_file(world.folder / "client.password", PASSWORD + "\n")
    assert text.count("/etc/tsp-connect.password") == 1
    text = text.replace("/etc/tsp-connect.password", shlex.quote(str(path)))
    text = text.replace("\ntsp-connect ", f"\nexec {shlex.quote(str(program('tsp-connect')))} ")
    return world.processes.start(namespace, ["bash", "-c", text], "tsp-connect")


START = {"gogoc": _start_gogoc_conf, "tsp-connect": _start_command_line}


@LOGINS
@pytest.mark.parametrize("system", START)
def test_a_client_that_is_configured_with_it_has_a_tunnel_of_the_account(world, system, login):
    broker = _start_broker(world, login)
    namespace = world.topology.add_client()
    text = _config(broker, login, system, "--server", BROKER_ADDRESS)

    process = START[system](world, namespace, text)

    process.wait_for_text("tunnel is up")
    assert "unknown key" not in process.text()
    assert [tunnel["login"] for tunnel in broker.tunnels()] == [login]
    assert namespace.pings(HOST6_ADDRESS)


def test_a_live_tunnel_shows_the_server_and_the_length_of_the_prefix(world):
    broker = world.start_broker()
    world.connect_client(options=["--router", "60"])

    gogoc = _config(broker, "alice", "gogoc").splitlines()
    command = _config(broker, "alice", "tsp-connect")

    assert f"server={BROKER_ADDRESS}" in gogoc and "host_type=router" in gogoc and "prefixlen=60" in gogoc
    assert f"--server '{BROKER_ADDRESS}' " in command and "--router 60" in command


@pytest.mark.parametrize("system", START)
def test_a_client_finds_a_broker_at_another_port_by_what_a_v6v4_tunnel_shows(world, system):
    broker = world.start_broker(
        {"server": {"listen": ["0.0.0.0:4000"], "allow_private_outer_addresses": True}}, accounts=()
    )
    broker.add_account("alice", PASSWORD)
    namespace = world.topology.add_public_client()
    world.connect_client(namespace, server=f"{BROKER_ADDRESS}:4000", options=["--type", "v6v4"]).process.kill()
    assert [tunnel["type"] for tunnel in broker.tunnels()] == ["v6v4"]

    text = _config(broker, "alice", system)

    assert f"{BROKER_ADDRESS}:4000" in text
    process = START[system](world, namespace, text)
    process.wait_for_text("tunnel is up")


def test_a_prefix_that_the_account_holds_is_asked_for_without_a_tunnel(world):
    broker = world.start_broker()
    client = world.connect_client(options=["--router", "60"])
    client.stop()
    assert broker.tunnels() == []

    assert "prefixlen=60\n" in _config(broker, "alice", "gogoc", "--server", "tb.example.net")


@pytest.mark.parametrize("system", ROUTERS)
def test_systems_without_tsp_are_refused_without_a_v6v4_tunnel(world, system):
    broker = world.start_broker()

    without = broker.ctl("client-config", "alice", "--for", system, check=False)
    world.connect_client()
    with_another = broker.ctl("client-config", "alice", "--for", system, check=False)

    for result, found in ((without, "no live tunnel"), (with_another, "is v6udpv4")):
        assert result.returncode == 5 and result.stdout == ""
        assert found in result.stderr and f"{system} does not speak TSP and needs a live v6v4 tunnel" in result.stderr


def test_what_is_missing_or_wrong_is_named(world):
    broker = world.start_broker()

    for words, code, named in (
        (["alice", "--for", "gogoc"], 1, "--server"),
        (["alice", "--for", "gogoc", "--server", "a b"], 1, "HOST or HOST:PORT"),
        (["alice", "--for", "windows"], 1, "openwrt|networkd|"),
        (["alice"], 1, "--for"),
        (["nobody", "--for", "gogoc", "--server", "tb.example.net"], 3, "nobody"),
    ):
        result = broker.ctl("client-config", *words, check=False)
        assert result.returncode == code and named in result.stderr and result.stdout == ""


def test_no_snippet_has_a_password(world):
    broker = world.start_broker()
    client = world.connect_client()

    for system in START:
        assert PASSWORD not in _config(broker, "alice", system)
    client.stop()


@pytest.fixture
def broker_with_v6v4(world):
    """With an account that has a live tunnel in protocol 41; its record is in the attribute `tunnel`."""
    broker = _start_broker(world, ODD_LOGIN)
    broker.configure({"server": {"allow_private_outer_addresses": True}, "tunnel": {"mtu": 1400}})
    broker.stop()
    broker.start()
    namespace = world.topology.add_public_client()
    with UdpClient(namespace) as client:
        client.open_account_tunnel(
            ODD_LOGIN, PASSWORD, type="v6v4", address=namespace.public_address, prefix_length=56
        )
    [broker.tunnel] = broker.tunnels()
    yield broker


def test_a_linux_host_takes_the_commands_of_iproute2(world, broker_with_v6v4):
    text = _config(broker_with_v6v4, ODD_LOGIN, "iproute2")
    namespace = world.topology.add_client()
    run("bash", "-n", input=text)
    # The kernel may have no sit devices; all that is done with the device is done with another one.
    [add] = [line for line in text.splitlines() if line.startswith("ip tunnel add ")]
    outer = broker_with_v6v4.tunnel["remote"].rpartition(":")[0]
    assert add == f"ip tunnel add tsp mode sit remote {BROKER_ADDRESS} local {outer} ttl 64"

    namespace.run("bash", "-e", input=text.replace(add, "ip tuntap add dev tsp mode tun"))

    [link] = json.loads(namespace.ip("-json", "addr", "show", "dev", "tsp").stdout)
    assert link["mtu"] == 1400 and "UP" in link["flags"]
    assert (broker_with_v6v4.tunnel["inner"], 128) in [(info["local"], info["prefixlen"]) for info in link["addr_info"]]
    assert namespace.ip("-6", "route", "show", "default", "dev", "tsp").stdout.strip()
    unreachable = namespace.ip("-6", "route", "show", "type", "unreachable").stdout
    assert ipaddress.ip_network(unreachable.split()[1]) == ipaddress.ip_network(broker_with_v6v4.tunnel["delegated"])


@pytest.mark.skipif(not os.path.exists(NETWORKD), reason="there is no systemd-networkd")
def test_systemd_networkd_understands_both_files(world, broker_with_v6v4):
    text = _config(broker_with_v6v4, ODD_LOGIN, "networkd")
    pieces = re.split(r"^# /etc/systemd/network/(\S+)$", text, flags=re.MULTILINE)
    folder = world.folder / "network"
    folder.mkdir()
    for name, content in zip(pieces[1::2], pieces[2::2], strict=True):
        (folder / name).write_text(content)
    # The daemon is another user, sees only these files, and has nothing of the host's.
    script = (
        "mount -t tmpfs none /run/systemd && mkdir -p /run/systemd/network /run/systemd/netif && "
        f"cp {shlex.quote(str(folder))}/* /run/systemd/network && chmod -R a+rX /run/systemd && "
        f"SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console exec {NETWORKD}"
    )
    namespace = world.topology.add_client()

    process = world.processes.start(namespace, ["unshare", "--mount", "bash", "-c", script], "networkd")

    process.wait_for_text('tsp: loaded "sit"')
    process.wait_for_text("Enumeration completed")
    assert sorted(path.name for path in folder.iterdir()) == ["25-tsp.netdev", "25-tsp.network"]
    assert [line for line in process.text().splitlines() if "/25-tsp." in line] == []
