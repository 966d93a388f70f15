# SPDX-License-Identifier: Apache-2.0
"""SIGHUP applies a new configuration as a whole, or changes nothing and says why."""

import signal

from lib.topology import HOST6_ADDRESS
from lib.tsp import UdpClient, authenticate
from lib.wait import wait_for
from lib.world import PASSWORD


def _capabilities(namespace):
    with UdpClient(namespace) as client:
        return client.hello()


def test_a_good_configuration_is_applied_without_disturbing_tunnels(world):
    broker = world.start_broker()
    client = world.connect_client()
    namespace = world.topology.add_client()
    assert b"AUTH=ANONYMOUS" in _capabilities(namespace)

    broker.configure({"auth": {"anonymous": False}})
    broker.process.send(signal.SIGHUP)

    wait_for(lambda: b"AUTH=ANONYMOUS" not in _capabilities(namespace), "the new configuration")
    with UdpClient(namespace) as anonymous:
        anonymous.hello()
        assert anonymous.ask(authenticate("ANONYMOUS")).startswith(b"300")
    assert client.namespace.pings(HOST6_ADDRESS)
    assert client.process.is_running()


def test_a_bad_configuration_changes_nothing_and_is_named_with_its_line(world):
    broker = world.start_broker()
    client = world.connect_client()
    namespace = world.topology.add_client()
    before = _capabilities(namespace)
    line = len(broker.config_path.read_text().splitlines()) + 1

    broker.configure({"auth": {"anonymous": False}})
    broker.config_path.write_text(broker.config_path.read_text() + "nonsense = 1\n")
    broker.process.send(signal.SIGHUP)

    broker.process.wait_for_text("nonsense")
    assert f":{line}" in broker.process.text()
    assert _capabilities(namespace) == before
    assert client.namespace.pings(HOST6_ADDRESS)


def test_a_key_that_needs_a_restart_is_named(world):
    broker = world.start_broker()

    broker.configure({"datapath": {"device": "other0"}})
    broker.process.send(signal.SIGHUP)

    broker.process.wait_for_text("datapath.device")
    assert broker.process.is_running()
    assert "other0" not in broker.namespace.link_names()


def test_a_missing_file_changes_nothing(world):
    broker = world.start_broker()
    broker.config_path.unlink()

    broker.process.send(signal.SIGHUP)

    broker.process.wait_for_text(str(broker.config_path))
    with UdpClient(world.topology.add_client()) as client:
        client.open_account_tunnel("alice", PASSWORD)


def test_a_reload_says_which_keys_changed_and_a_refusal_where_they_stand(world):
    broker = world.start_broker()

    broker.configure({"tunnel": {"mtu": 1300}})
    broker.process.send(signal.SIGHUP)
    broker.process.wait_for_text('event=reloaded changed="tunnel.mtu"')
    broker.process.send(signal.SIGHUP)
    broker.process.wait_for_text('event=reloaded changed="nothing"')

    broker.configure({"store": {"busy_timeout_ms": 5}})
    broker.process.send(signal.SIGHUP)
    line = broker.config_path.read_text().splitlines().index("busy_timeout_ms = 5") + 1
    broker.process.wait_for_text(f"{broker.config_path}:{line}: store.busy_timeout_ms")
