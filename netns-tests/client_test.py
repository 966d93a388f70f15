# SPDX-License-Identifier: Apache-2.0
"""tsp-connect as a program: its configuration, its reports, and how it ends."""

import signal

from lib.programs import program
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.wait import wait_for
from lib.world import PASSWORD


def _events(client):
    return [event["event"] for event in client.process.json_lines()]


def _event(client, name):
    return next((event for event in client.process.json_lines() if event["event"] == name), None)


def test_a_classic_gogoc_conf_is_understood(world):
    world.start_broker()
    path = world.folder / "gogoc.conf"
    path.write_text(
        f"# as it was\nuserid=alice\npasswd={PASSWORD}\nserver={BROKER_ADDRESS}\nauth_method=digest-md5\n"
        "tunnel_mode=v6udpv4\nkeepalive=yes\nkeepalive_interval=30\nhost_type=host\ntemplate=linux\n"
    )
    path.chmod(0o600)
    namespace = world.topology.add_client()

    process = world.processes.start(namespace, [program("tsp-connect"), "--config", path], "tsp-connect")

    process.wait_for_text("tunnel is up")
    assert namespace.pings(HOST6_ADDRESS, count=2)


def test_json_tells_what_happened_from_start_to_end(world):
    world.start_broker()

    client = world.connect_client(options=["--json"])
    wait_for(lambda: _event(client, "tunnel_confirmed"), "the confirmed tunnel")
    client.stop()

    up = _event(client, "tunnel_up")
    assert up["type"] == "v6udpv4" and up["mtu"] == 1280 and up["device"] == "tsp"
    assert _events(client)[0] == "connecting" and _events(client)[-1] == "tunnel_down"


def test_people_are_told_on_one_screen(world):
    world.start_broker()

    client = world.connect_client()

    client.process.wait_for_text("tunnel is up")
    assert client.address() in client.process.text()
    assert len(client.process.text().splitlines()) < 24


def test_no_server_is_an_exit_code_of_its_own(world):
    client = world.run_client(login=None, password=None, auth="anonymous", options=["--once"])

    assert client.process.wait(15) == 3


def test_a_wrong_password_is_an_exit_code_of_its_own(world):
    world.start_broker()

    assert world.run_client(password="wrong", options=["--once"]).process.wait(20) == 4


def test_without_a_default_route_only_the_address_is_set(world):
    world.start_broker()
    namespace = world.topology.add_client()
    client = world.run_client(namespace, options=["--no-default-route"])

    wait_for(client.addresses, "the address")

    assert client.routes("default", "2000::/3") == []
    assert not namespace.pings(HOST6_ADDRESS)


def test_a_client_that_was_started_before_the_broker_connects_when_it_comes(world):
    world.make_broker()
    client = world.run_client(login=None, password=None, auth="anonymous", options=["--retry", "1", "--json"])
    wait_for(lambda: _event(client, "waiting"), "the first failure", 15)

    world.broker.start()

    client.wait_until_up(30)


def test_a_deleted_tunnel_is_gone_when_the_client_has_stopped(world):
    broker = world.start_broker()
    client = world.connect_client()

    client.stop()

    wait_for(lambda: broker.tunnels() == [], "the end of the tunnel")


def test_a_client_that_is_killed_leaves_no_device(world):
    world.start_broker()
    client = world.connect_client()

    client.process.send(signal.SIGKILL)
    client.process.wait()

    wait_for(lambda: "tsp" not in client.namespace.link_names(), "the end of the device")


def test_missing_privileges_are_named(world):
    namespace = world.topology.add_client()
    stranger = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]

    result = namespace.run(*stranger, program("tsp-connect"), "--server", BROKER_ADDRESS, "--once", check=False)

    assert result.returncode == 2
    assert "CAP_NET_ADMIN" in result.stderr or "ermission" in result.stderr or "permitted" in result.stderr


def test_the_next_server_is_tried_when_one_does_not_answer(world):
    second = world.add_broker()

    client = world.run_client(options=["--json", "--keep-order", "--server", second.address])
    client.wait_until_up(30)

    assert client.servers_asked() == [BROKER_ADDRESS, second.address]
    assert [tunnel["login"] for tunnel in second.tunnels()] == ["alice"]


def test_the_next_server_is_tried_when_one_refuses(world):
    world.start_broker(accounts=())
    second = world.add_broker()

    client = world.connect_client(options=["--json", "--keep-order", "--server", second.address])

    assert client.servers_asked() == [BROKER_ADDRESS, second.address]


def test_a_server_that_is_not_there_costs_a_second_and_is_not_tried_before_the_one_that_is(world):
    second = world.add_broker()

    client = world.connect_client(options=["--json", "--server", second.address])

    assert client.servers_asked() == [second.address]


def test_several_servers_in_a_file_are_all_servers(world):
    second = world.add_broker()
    path = world.folder / "gogoc.conf"
    path.write_text(
        f"userid=alice\npasswd={PASSWORD}\nserver={BROKER_ADDRESS}\nserver={second.address}\n"
        "auth_method=digest-md5\ntunnel_mode=v6udpv4\n"
    )
    path.chmod(0o600)

    checked = world.host6.run(program("tsp-connect"), "--config", path, "--check")
    process = world.processes.start(world.topology.add_client(), [program("tsp-connect"), "--config", path], "client")

    assert f"server {BROKER_ADDRESS}, or {second.address}, the nearest first" in checked.stdout
    process.wait_for_text("tunnel is up", 30)
    assert [tunnel["login"] for tunnel in second.tunnels()] == ["alice"]
