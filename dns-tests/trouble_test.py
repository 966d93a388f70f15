# SPDX-License-Identifier: Apache-2.0
"""Wrong keys, servers that refuse, and servers that are away."""

import subprocess

import pytest

from driver import words
from servers import CLOSED_ZONE, make_key

NAME = "1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
DELEGATION = "2001:db8:1::/48=ns.example.net"


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hmac-sha512"])
def test_both_algorithms_are_understood(stopped_server, start_driver, algorithm):
    stopped_server.use_key(make_key(stopped_server.folder / "other.key", algorithm=algorithm))
    stopped_server.start()
    start_driver(stopped_server).set("alice", DELEGATION)
    assert stopped_server.name_servers(NAME) == ["ns.example.net."]


def test_another_secret_is_said_to_be_the_reason(server, start_driver, tmp_path):
    driver = start_driver(server, key_path=make_key(tmp_path / "wrong.key"))
    driver.order(f"set alice {DELEGATION}")
    assert "BADSIG: the server's secret of the key tspd is another one" in driver.wait("alice refused")
    assert server.name_servers(NAME) == []


def test_a_key_the_server_does_not_know_is_said_to_be_the_reason(server, start_driver, tmp_path):
    driver = start_driver(server, key_path=make_key(tmp_path / "unknown.key", name="unknown"))
    driver.order(f"set alice {DELEGATION}")
    assert "BADKEY: the server does not know the key unknown with hmac-sha256" in driver.wait("alice refused")


def test_a_zone_that_takes_no_updates_is_said_to_be_the_reason(server, start_driver):
    driver = start_driver(server, zones=[CLOSED_ZONE])
    driver.order(f"set alice alice.{CLOSED_ZONE}=2001:db8:1::2")
    error = driver.wait("alice refused")
    assert f"zone {CLOSED_ZONE}:" in error
    # Knot knows only the keys that may do something in the zone.
    assert "not allow this key to change the zone" in error or "or does not let it change the zone" in error


def test_a_zone_the_server_does_not_have_is_said_to_be_the_reason(server, start_driver):
    driver = start_driver(server, zones=["elsewhere.example"])
    driver.order("set alice alice.elsewhere.example=2001:db8:1::2")
    assert "NOTAUTH: the server is not primary for the zone" in driver.wait("alice refused")


def test_what_was_refused_is_done_after_the_key_was_put_right(server, start_driver, tmp_path):
    right_later = make_key(tmp_path / "new.key")
    driver = start_driver(server, key_path=right_later)
    driver.order(f"set alice {DELEGATION}")
    driver.wait("alice refused")
    server.stop()
    server.use_key(right_later)
    server.start()
    driver.order("retry")
    driver.wait("alice done")
    assert server.name_servers(NAME) == ["ns.example.net."]


def test_a_server_that_comes_back_gets_what_it_missed(stopped_server, start_driver):
    driver = start_driver(stopped_server)
    driver.order(f"set alice {DELEGATION}")
    assert "Connection refused" in driver.wait("alice pending DNS server")
    stopped_server.start()
    driver.wait("alice done")
    assert stopped_server.name_servers(NAME) == ["ns.example.net."]

    stopped_server.stop()
    driver.order("remove alice")
    driver.wait("alice pending DNS server")
    stopped_server.start()
    driver.wait("alice forgotten")
    assert stopped_server.name_servers(NAME) == []


def test_a_key_that_others_can_read_is_refused(stopped_server, tmp_path):
    key = make_key(tmp_path / "open.key")
    key.chmod(0o644)
    result = subprocess.run(words(stopped_server, key, stopped_server.ZONES), capture_output=True, text=True)
    assert result.returncode == 2
    assert f"chmod 600 {key}" in result.stderr
    assert "secret" not in result.stderr
