# SPDX-License-Identifier: Apache-2.0
"""The daemon with a name server beside it, in network namespaces: what routers ask for arrives in the DNS, and no
tunnel waits for that."""

import ipaddress
import shutil

import pytest

from lib.programs import program
from lib.tsp import UdpClient
from lib.wait import wait_for
from lib.world import PASSWORD, World
from servers import FORWARD_ZONE, REVERSE_ZONE, Bind

NAMES = ["ns1.example.org", "ns2.example.org", "ns3.example.org"]
ABSOLUTE = [f"{name}." for name in NAMES]


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def name_server(world):
    """Beside the daemon; not running yet."""
    server = Bind(world.folder / "dns", world.topology.broker.command)
    yield server
    server.stop()


def _settings(server):
    key = server.folder.parent / "tspd.key"
    shutil.copy(server.key_path, key)
    key.chmod(0o600)
    return {
        "dns": {
            "server": f"{server.ADDRESS}:{server.port}",
            "key_file": str(key),
            "zones": [REVERSE_ZONE, FORWARD_ZONE],
            "domain": FORWARD_ZONE,
        }
    }


def _connect(world, names, prefix_length=56):
    """A router's tunnel, accepted; the offer that it got."""
    with UdpClient(world.topology.add_client()) as client:
        return client.open_account_tunnel("alice", PASSWORD, prefix_length=prefix_length, name_servers=names)


def _zone_of(offer):
    """The name below ip6.arpa of a prefix whose length is a multiple of 4."""
    nibbles = ipaddress.ip_address(offer.prefix).exploded.replace(":", "")[: offer.prefix_length // 4]
    return ".".join(reversed(nibbles)) + ".ip6.arpa"


def _wait_for_names(server, offer, names):
    wait_for(lambda: server.name_servers(_zone_of(offer)) == names, f"{_zone_of(offer)} to be delegated to {names}")


def _dns_of(broker, login="alice"):
    return broker.ctl_json("account", "show", login)["dns"]


def test_a_router_gets_its_delegation_and_a_name_and_keeps_them_when_it_comes_back_with_fewer_names(world, name_server):
    name_server.start()
    broker = world.start_broker(_settings(name_server))

    offer = _connect(world, NAMES)

    assert offer.name_servers == NAMES
    assert offer.name == f"alice.{FORWARD_ZONE}"
    _wait_for_names(name_server, offer, ABSOLUTE)
    wait_for(lambda: name_server.addresses(offer.name), "the name to have an address")
    assert [ipaddress.ip_address(one) for one in name_server.addresses(offer.name)] == [
        ipaddress.ip_address(offer.client)
    ]
    wait_for(lambda: _dns_of(broker)["state"] == "done", "the account to be done")
    shown = broker.ctl("account", "show", "alice").stdout
    assert " ".join(NAMES) in shown and "done, last done 20" in shown

    again = _connect(world, NAMES[:1])
    assert (again.prefix, again.name_servers) == (offer.prefix, NAMES)
    assert name_server.name_servers(_zone_of(offer)) == ABSOLUTE


def test_other_names_and_another_prefix_take_the_place_of_the_first(world, name_server):
    name_server.start()
    broker = world.start_broker(_settings(name_server))
    offer = _connect(world, NAMES)
    _wait_for_names(name_server, offer, ABSOLUTE)

    _connect(world, ["ns.example.net"])
    _wait_for_names(name_server, offer, ["ns.example.net."])

    other = _connect(world, [], prefix_length=60)
    _wait_for_names(name_server, other, ["ns.example.net."])
    _wait_for_names(name_server, offer, [])

    broker.ctl("account", "delete", "alice")
    _wait_for_names(name_server, other, [])
    wait_for(lambda: name_server.addresses(f"alice.{FORWARD_ZONE}") == [], "the name to be gone")
    status = broker.ctl_json("dns", "status")
    assert (status["done"], status["pending"], status["refused"]) == (0, 0, 0)


def test_no_tunnel_waits_for_a_name_server_that_is_down_and_a_restart_forgets_nothing(world, name_server):
    broker = world.start_broker(_settings(name_server))

    offer = _connect(world, NAMES)

    assert offer.name_servers == NAMES
    assert len(broker.tunnels()) == 1
    wait_for(lambda: "refused" in _dns_of(broker)["error"], "the account to show why it waits")
    assert _dns_of(broker)["state"] == "pending"
    assert broker.ctl_json("dns", "status")["pending"] == 1
    broker.process.wait_for_text("event=dns_failed")
    assert broker.process.text().count("event=dns_failed") == 1

    broker.stop()
    broker.start()
    name_server.start()
    broker.ctl("dns", "retry")
    _wait_for_names(name_server, offer, ABSOLUTE)
    wait_for(lambda: _dns_of(broker)["state"] == "done", "the account to be done")


def test_what_the_name_server_refuses_is_shown_and_done_after_it_is_mended(world, name_server):
    settings = _settings(name_server)
    text = name_server.config()
    name_server.config_path.write_text(text.replace("zonesub NS", "zonesub TXT"))
    name_server.start()
    broker = world.start_broker(settings)
    offer = _connect(world, NAMES)
    wait_for(lambda: _dns_of(broker)["state"] == "refused", "the account to be refused")
    assert "REFUSED" in broker.ctl("dns", "status").stdout
    broker.process.wait_for_text("event=dns_failed")

    name_server.config_path.write_text(text)
    name_server.reload()
    wait_for(
        lambda: broker.ctl("dns", "retry") and name_server.name_servers(_zone_of(offer)) == ABSOLUTE,
        "the delegation after the policy was mended",
    )
    broker.process.wait_for_text("event=dns_recovered")


def test_records_can_be_written_into_files_instead(world, name_server):
    folder = world.folder / "fragments"
    folder.mkdir()
    broker = world.start_broker({"dns": {"fragment_folder": str(folder), "zones": [REVERSE_ZONE]}})
    offer = _connect(world, NAMES)
    fragment = folder / f"{REVERSE_ZONE}.inc"
    wait_for(lambda: "ns3.example.org" in fragment.read_text(), "the file to have the delegation")
    wait_for(lambda: _dns_of(broker)["state"] == "done", "the account to be done")

    with name_server.zone_file(REVERSE_ZONE).open("a") as file:
        file.write(f"$INCLUDE {fragment}\n")
    name_server.start()
    assert name_server.name_servers(_zone_of(offer)) == ABSOLUTE

    broker.ctl("account", "delete", "alice")
    wait_for(lambda: "ns3.example.org" not in fragment.read_text(), "the file to be written again")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [(lambda key: key.chmod(0o644), "is open to others"), (lambda key: key.unlink(), "No such file")],
    ids=["readable by others", "missing"],
)
def test_a_key_that_cannot_be_used_is_an_error_at_start_and_not_of_the_configuration(world, name_server, spoil, complaint):
    broker = world.make_broker(_settings(name_server))
    spoil(world.folder / "tspd.key")

    assert broker.launch().wait() == 1

    assert "dns.key_file: " in broker.process.text()
    assert complaint in broker.process.text()
    assert world.topology.broker.succeeds(program("tspd"), "--check-config", "--config", broker.config_path)
