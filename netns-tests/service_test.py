# SPDX-License-Identifier: Apache-2.0
"""tspd under a service manager: what it tells, what it is handed, and that a restart costs nobody anything."""

import os
import re
import signal
import socket

import pytest
from lib.service_manager import ServiceManager
from lib.topology import HOST6_ADDRESS
from lib.wait import wait_for

BROKER_ADDRESS = "203.0.113.2"


@pytest.fixture
def manage(world):
    managers = []

    def start(settings=None, **options):
        broker = world.make_broker(settings)
        managers.append(ServiceManager(broker, **options))
        managers[-1].start()
        broker.wait_until_ready()
        return managers[-1]

    yield start
    for manager in managers:
        manager.close()


class Flow:
    """Packets from a client into the network and back, many a second, for as long as it lasts."""

    def __init__(self, processes, namespace, count=400):
        self.count = count
        words = ["ping", "-6", "-n", "-i", "0.01", "-c", count, "-W", "3", HOST6_ADDRESS]
        self._process = processes.start(namespace, list(map(str, words)), "ping")
        self._process.wait_for_text("icmp_seq=20")

    def received(self):
        self._process.wait(timeout_seconds=30)
        return int(re.search(r"(\d+) received", self._process.output())[1])


def _count_of(namespace, protocol, name):
    """A counter of /proc/net/snmp."""
    lines = [line.split() for line in namespace.run("cat", "/proc/net/snmp").stdout.splitlines()]
    names, values = [line for line in lines if line[0] == f"{protocol}:"]
    return int(values[names.index(name)])


def _refusals(namespace):
    """Datagrams that met a closed port, and protocols that nobody reads."""
    return _count_of(namespace, "Udp", "NoPorts") + _count_of(namespace, "Icmp", "OutDestUnreachs")


def _inodes_of(process):
    folder = f"/proc/{process.pid}/fd"
    return {os.stat(f"{folder}/{name}").st_ino for name in os.listdir(folder)}


def _ids(broker):
    return [tunnel["id"] for tunnel in broker.tunnels()]


# ---- what it tells ----------------------------------------------------------------------------------------------------


def test_the_manager_is_told_what_goes_on(manage):
    manager = manage(watchdog_seconds=0.4)
    broker = manager.broker

    manager.wait_for("STATUS=serving 0 tunnels")
    fed = manager.messages.count("WATCHDOG=1")
    wait_for(lambda: manager.take_messages() or manager.messages.count("WATCHDOG=1") >= fed + 3, "the watchdog to be fed")
    manager.messages.clear()
    before = manager.microseconds()
    broker.process.send(signal.SIGHUP)
    manager.wait_for("READY=1")
    [reloading] = [message for message in manager.messages if message.startswith("RELOADING=1\n")]
    assert before <= int(reloading.partition("MONOTONIC_USEC=")[2]) <= manager.microseconds()
    assert broker.stop() == 0
    manager.take_messages()
    assert "STOPPING=1\nSTATUS=stopping" in manager.messages


def test_the_status_tells_how_many_tunnels_there_are(manage, world):
    manager = manage()
    world.connect_anonymous_client()

    manager.wait_for("STATUS=serving 1 tunnels")


def test_a_configuration_that_is_refused_is_reloaded_too(manage):
    manager = manage()
    manager.messages.clear()
    manager.broker.config_path.write_text("nonsense\n")
    manager.broker.process.send(signal.SIGHUP)

    manager.wait_for("READY=1")
    assert "event=reload_refused" in manager.broker.process.text()


# ---- restarts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kill", [False, True], ids=["in good order", "killed"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_restart_under_traffic_loses_no_packet(manage, world, kill, workers):
    manager = manage({"datapath": {"workers": workers}})
    client = world.connect_anonymous_client()
    before = _ids(manager.broker)
    flow = Flow(world.processes, client.namespace)

    manager.restart(kill)
    assert flow.received() == flow.count
    assert _ids(manager.broker) == before
    assert _refusals(manager.broker.namespace) == 0


def test_a_client_in_protocol_41_notices_nothing_either(manage, world):
    manager = manage({"server": {"allow_private_outer_addresses": True}})
    client = world.connect_anonymous_client(world.topology.add_public_client(), options=["--type", "v6v4"])
    [tunnel] = manager.broker.tunnels()
    assert tunnel["type"] == "v6v4"
    flow = Flow(world.processes, client.namespace)

    manager.restart()
    assert flow.received() == flow.count
    assert _refusals(manager.broker.namespace) == 0


def test_connections_that_come_during_a_restart_are_served_after_it(manage, world):
    manager = manage()
    assert manager.broker.stop() == 0
    namespace = world.topology.add_client()
    with namespace.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
        stream.settimeout(5)
        stream.connect((BROKER_ADDRESS, 3653))
        stream.send(b"VERSION=2.0.0\r\n")
        manager.take_messages()
        manager.start()
        assert stream.recv(100).startswith(b"CAPABILITY")


def test_more_and_fewer_workers_take_over_what_there_is(manage, world):
    manager = manage({"datapath": {"workers": 2}})
    client = world.connect_anonymous_client()
    for workers in (1, 3):
        manager.broker.configure({"datapath": {"workers": workers}})
        manager.restart()
        assert client.namespace.pings(HOST6_ADDRESS)
        assert _refusals(manager.broker.namespace) == 0
    assert sorted({name for name, _ in manager.kept}) == ["bare", "tcp", "tun", "udp"]
    assert len([name for name, _ in manager.kept if name == "tun"]) == 3


def test_what_another_configuration_does_not_need_is_closed_and_told(manage, world):
    manager = manage({"server": {"listen": [f"{BROKER_ADDRESS}:3653", f"{BROKER_ADDRESS}:4000"]}})
    manager.broker.configure({"server": {"listen": [f"{BROKER_ADDRESS}:3653"]}})
    manager.restart()

    log = manager.broker.process.text()
    for protocol in ("UDP", "TCP"):
        assert f"the service manager has handed over {protocol} {BROKER_ADDRESS}:4000" in log
    listing = manager.broker.namespace.run("ss", "-Hlntu").stdout
    assert ":3653" in listing and ":4000" not in listing


def test_without_a_manager_that_keeps_them_nothing_stays_behind(manage):
    manager = manage()
    namespace = manager.broker.namespace
    assert manager.broker.stop() == 0
    manager.take_messages()
    manager.forget_all()

    wait_for(lambda: not manager.broker.pool_routes(), "the routes to go")
    assert ":3653" not in namespace.run("ss", "-Hlntu").stdout
    manager.start()
    assert "event=inherited" not in manager.broker.process.text()


# ---- socket units -----------------------------------------------------------------------------------------------------


def test_sockets_of_a_unit_are_taken_by_their_address(manage, world):
    namespace = world.topology.broker
    udp = namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tcp = namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
    other = namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
    for one, port in ((udp, 3653), (tcp, 3653), (other, 4000)):
        one.bind(("0.0.0.0", port))
    tcp.listen(1)
    other.listen(1)
    manager = manage({"datapath": {"workers": 2}}, units=(other, tcp, udp))

    inodes = _inodes_of(manager.broker.process)
    taken = {os.fstat(one.fileno()).st_ino: one for one in (udp, tcp, other)}
    assert {one for inode, one in taken.items() if inode in inodes} == {udp, tcp}
    assert "handed over TCP 0.0.0.0:4000" in manager.broker.process.text()
    client = world.connect_anonymous_client()
    assert client.namespace.pings(HOST6_ADDRESS)
    for one in (udp, tcp, other):
        one.close()
