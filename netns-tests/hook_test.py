# SPDX-License-Identifier: Apache-2.0
"""The program that tsp-connect runs when the tunnel comes up and goes down."""

import signal
from functools import partial

import pytest
from lib.client import DEVICE
from lib.namespace import run
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.wait import wait_for
from lib.world import PASSWORD
from lib.wrong_server import WrongServer, careless_reply

# What it is told, and whether the address is on the device at that time.
_TELL = """
{ env; ip -6 addr show dev "$TSP_TUNNEL_INTERFACE" | grep -q "$TSP_CLIENT_ADDRESS_IPV6" && echo ADDRESS=there
  echo; } >>RUNS
"""


class Hook:
    """A shell script; the word RUNS in it is the file that runs() reads."""

    def __init__(self, folder, body=_TELL):
        self.path = folder / "hook.sh"
        self._runs = folder / "runs"
        self.path.write_text("#!/bin/sh\n" + body.replace("RUNS", str(self._runs)))
        self.path.chmod(0o755)

    def runs(self):
        """Of each run that told something its variables."""
        text = self._runs.read_text() if self._runs.exists() else ""
        blocks = [block.splitlines() for block in text.split("\n\n") if block.strip()]
        return [dict(line.split("=", 1) for line in block if "=" in line) for block in blocks]

    def events(self):
        return [told["TSP_CONNECT_EVENT"] for told in self.runs()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_hook_is_told_of_the_tunnel_while_it_is_set_up_at_its_beginning_and_at_its_end(world, number):
    world.start_broker()
    hook = Hook(world.folder)
    client = world.connect_client(options=["--hook", hook.path])
    address = client.address()
    client.process.wait_for_text("hook up: done")

    client.process.send(number)

    assert client.process.wait() == 0
    assert hook.events() == ["up", "down"]
    assert [told.get("ADDRESS") for told in hook.runs()] == ["there", "there"]
    assert {told["TSP_CLIENT_ADDRESS_IPV6"] for told in hook.runs()} == {address}
    assert [told["TSP_OPERATION"] for told in hook.runs()] == ["TSP_TUNNEL_CREATION", "TSP_TUNNEL_TEARDOWN"]
    assert PASSWORD not in str(hook.runs()) and "alice" not in str(hook.runs())
    assert DEVICE not in client.namespace.link_names()


def test_a_router_s_hook_knows_its_prefix(world):
    broker = world.start_broker()
    hook = Hook(world.folder)
    namespace = world.topology.add_client()
    world.topology.add_lan_host(namespace)
    client = world.connect_client(namespace, options=["--router", "56", "--lan", "lan", "--hook", hook.path])
    client.process.wait_for_text("hook up: done")

    [up] = hook.runs()

    [tunnel] = broker.tunnels()
    assert up["TSP_CONNECT_PREFIX"] == tunnel["delegated"] and up["TSP_PREFIXLEN"] == "56"
    assert up["TSP_CONNECT_LAN_PREFIX"] == str(client.lan_address().network)
    assert up["TSP_HOST_TYPE"] == "router" and up["TSP_HOME_INTERFACE"] == "lan"


def test_the_end_of_a_lost_tunnel_is_told_too(world):
    world.start_broker()
    hook = Hook(world.folder)
    client = world.connect_client(options=["--hook", hook.path, "--once"])
    client.process.wait_for_text("hook up: done")

    client.namespace.ip("link", "del", DEVICE)

    assert client.process.wait() == 2
    assert hook.events() == ["up", "down"]


def test_down_comes_before_the_next_up(world):
    broker = world.start_broker({"tunnel": {"keepalive_seconds_min": 5}})
    hook = Hook(world.folder)
    client = world.connect_client(options=["--hook", hook.path, "--keepalive", "5", "--retry", "1"])
    client.process.wait_for_text("hook up: done")

    broker.ctl("tunnel", "kick", str(broker.tunnels()[0]["id"]))

    wait_for(lambda: len(hook.runs()) >= 3, "the second tunnel", 30)
    assert hook.events() == ["up", "down", "up"]
    assert client.namespace.pings(HOST6_ADDRESS)


def test_a_hook_that_is_only_told_and_fails_leaves_the_tunnel_alone(world):
    world.start_broker()
    hook = Hook(world.folder, 'echo "out of \033[1mpaper"; exit 3')
    client = world.connect_client(options=["--hook", hook.path])

    client.process.wait_for_text("hook up: exit code 3")

    client.process.wait_for_text(r'"out of \u{1b}[1mpaper"')
    assert client.namespace.pings(HOST6_ADDRESS)
    assert client.stop() == 0


def test_a_hook_that_hangs_is_killed_with_all_that_it_started(world):
    world.start_broker()
    hook = Hook(world.folder, "sleep 1000 & sleep 1000")
    client = world.connect_client(options=["--hook", hook.path, "--hook-timeout", "1", "--json"])

    wait_for(lambda: client.events("hook"), "the end of the hook", 5)

    [event] = client.events("hook")
    assert event["operation"] == "up" and not event["done"]
    assert event["detail"] == "killed because it did not end within 1 s"
    pids = run("ip", "netns", "pids", client.namespace.name).stdout.split()
    assert pids == [str(client.process.pid)]
    assert client.namespace.pings(HOST6_ADDRESS)
    assert client.stop() == 0
    assert [event["operation"] for event in client.events("hook")] == ["up", "down"]


def test_who_is_stopped_while_the_hook_runs_lets_it_end_and_tells_it(world):
    world.start_broker()
    hook = Hook(world.folder, "sleep 0.7" + _TELL)
    client = world.connect_client(options=["--hook", hook.path])

    assert client.stop() == 0

    assert hook.events() == ["up", "down"]


def test_a_hook_that_configures_and_fails_ends_the_tunnel(world):
    broker = world.start_broker()
    hook = Hook(world.folder, _TELL + 'test "$TSP_CONNECT_EVENT" = down')
    client = world.run_client(options=["--hook", hook.path, "--hook-mode", "configure", "--once"])

    assert client.process.wait() == 2

    assert "tunnel is down: the hook could not set it up: exit code 1" in client.process.text()
    assert hook.events() == ["up", "down"]
    assert DEVICE not in client.namespace.link_names()
    assert len(broker.tunnels()) <= 1  # it expires there


def test_a_hook_that_is_not_there_is_named_before_a_server_is_asked(world):
    namespace = world.topology.add_client()
    client = world.run_client(namespace, options=["--hook", world.folder / "gone"])

    assert client.process.wait() == 1
    assert "gone: there is no such file" in client.process.errors()


def _offer(client="2001:db8::2", name="client.example.net", dns="2001:db8:53::53", prefix=""):
    return (
        f'200 Success\r\n<tunnel action="info" type="v6udpv4" lifetime="1440"><server><address type="ipv4">'
        f'{BROKER_ADDRESS}</address><address type="ipv6">2001:db8::1</address></server><client>'
        f'<address type="ipv4">10.0.0.2</address><address type="ipv6">{client}</address>'
        f'<address type="dn">{name}</address><dns_server><address type="ipv6">{dns}</address></dns_server>'
        f"{prefix}</client></tunnel>\r\n"
    ).encode()


_EVIL = ["$(touch RAN)", "`touch RAN`", ";touch RAN", "x\nPATH=/tmp", "-e", "x\x7f", "a b", "x" * 300, "%s%n"]


def _reply(offer, message):
    return b"" if b"accept" in message else careless_reply(message, offer)


def _run_against(world, offer, options=()):
    hook = Hook(world.folder)
    with WrongServer(world.topology.broker, BROKER_ADDRESS, reply=partial(_reply, offer)):
        options = ["--hook", hook.path, "--json", "--once", *options]
        client = world.run_client(login=None, password=None, auth="anonymous", options=options)
        wait_for(lambda: client.events("hook") or not client.process.is_running(), "the hook, or the end")
        client.stop()
    return hook, client


@pytest.mark.parametrize("evil", _EVIL)
def test_names_and_resolvers_that_are_none_are_not_handed_on(world, evil):
    hook, _ = _run_against(world, _offer(name=evil, dns=evil))

    assert hook.events() == ["up", "down"]
    for told in hook.runs():
        assert "TSP_CLIENT_DNS_NAME" not in told and "TSP_CLIENT_DNS_ADDRESS_IPV6" not in told
        assert told["TSP_CONNECT_DNS_SERVERS"] == ""
        assert told["PATH"] == "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.mark.parametrize("evil", _EVIL)
def test_addresses_that_are_none_never_reach_the_hook(world, evil):
    hook, client = _run_against(world, _offer(client="2001:db8::2" + evil))

    assert hook.runs() == []
    assert client.process.wait() == 6


def test_an_offer_that_hides_a_line_end_is_no_offer(world):
    hook, client = _run_against(world, _offer(name="x&#10;PATH=/tmp"))

    assert hook.runs() == []
    assert client.process.wait() == 6


def test_proper_names_and_resolvers_are_handed_on(world):
    hook, _ = _run_against(world, _offer())

    up = hook.runs()[0]
    assert up["TSP_CLIENT_DNS_NAME"] == "client.example.net"
    assert up["TSP_CLIENT_DNS_ADDRESS_IPV6"] == up["TSP_CONNECT_DNS_SERVERS"] == "2001:db8:53::53"


def test_a_new_tunnel_is_kept_alive_while_the_hook_still_ends_the_old_one(world):
    broker = world.start_broker({"tunnel": {"keepalive_seconds_min": 1}})
    hook = Hook(world.folder, 'if [ "$TSP_CONNECT_EVENT" = down ]; then sleep 12; fi\n' + _TELL)
    client = world.connect_client(options=["--hook", hook.path, "--keepalive", "1", "--retry", "1"])
    client.process.wait_for_text("hook up: done")

    broker.ctl("tunnel", "kick", str(broker.tunnels()[0]["id"]))
    wait_for(lambda: hook.events() == ["up", "down", "up"], "the second tunnel", timeout_seconds=60)

    since_then = client.process.text().rpartition("connecting to")[2]
    assert "not answered" not in since_then
    assert since_then.count("tunnel is up") == 1
