# SPDX-License-Identifier: Apache-2.0
"""What becomes of delegations and names at BIND and at Knot."""

import pytest

from lib.wait import wait_for
from servers import FORWARD_ZONE

BELOW_48 = "1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
OUTSIDE = "2.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"

# Prefix: the names that are delegated, and neighbours that are not.
PREFIXES = {
    "2001:db8:1::/48": ([BELOW_48], [OUTSIDE]),
    "2001:db8:1:8000::/49": ([f"{n}.{BELOW_48}" for n in "89abcdef"], [f"{n}.{BELOW_48}" for n in "01234567"]),
    "2001:db8:1:4000::/50": ([f"{n}.{BELOW_48}" for n in "4567"], [f"{n}.{BELOW_48}" for n in "0389f"]),
    "2001:db8:1:ab00::/56": ([f"b.a.{BELOW_48}"], [f"a.{BELOW_48}", f"c.a.{BELOW_48}"]),
    "2001:db8:1:abc0::/60": ([f"c.b.a.{BELOW_48}"], [f"d.b.a.{BELOW_48}"]),
    "2001:db8:1:abcd::/64": ([f"d.c.b.a.{BELOW_48}"], [f"e.c.b.a.{BELOW_48}"]),
    "2001:db8:1::2/128": (["2." + "0." * 19 + BELOW_48], ["3." + "0." * 19 + BELOW_48]),
}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_is_delegated_given_to_others_and_taken_back(server, driver, prefix):
    names, neighbours = PREFIXES[prefix]
    driver.set("alice", f"{prefix}=ns1.example.net,ns2.example.org")
    for name in names:
        assert server.name_servers(name) == ["ns1.example.net.", "ns2.example.org."]
    for name in neighbours:
        assert server.name_servers(name) == []

    driver.set("alice", f"{prefix}=ns2.example.org,ns3.example.com")
    for name in names:
        assert server.name_servers(name) == ["ns2.example.org.", "ns3.example.com."]

    driver.remove("alice")
    for name in names:
        assert server.name_servers(name) == []


def test_another_prefix_takes_the_place_of_the_first(server, driver):
    driver.set("alice", "2001:db8:1::/48=ns.example.net")
    driver.set("alice", "2001:db8:2::/48=ns.example.net")
    assert server.name_servers(BELOW_48) == []
    assert server.name_servers(OUTSIDE) == ["ns.example.net."]


def test_a_host_name_gets_its_address_changes_it_and_loses_it(server, driver):
    name = f"alice.{FORWARD_ZONE}"
    driver.set("alice", f"{name}=2001:db8:1::2", "2001:db8:1::/48=ns.example.net")
    assert server.addresses(name) == ["2001:db8:1::2"]
    assert server.name_servers(BELOW_48) == ["ns.example.net."]
    driver.set("alice", f"{name}=2001:db8:1::3")
    assert server.addresses(name) == ["2001:db8:1::3"]
    assert server.name_servers(BELOW_48) == []
    driver.remove("alice")
    assert server.addresses(name) == []


def test_owners_do_not_disturb_each_other(server, driver):
    driver.set("alice", "2001:db8:1:1000::/52=a.example.net")
    driver.set("bob", "2001:db8:1:2000::/52=b.example.net")
    driver.remove("alice")
    assert server.name_servers(f"1.{BELOW_48}") == []
    assert server.name_servers(f"2.{BELOW_48}") == ["b.example.net."]


def test_more_than_fits_into_a_message_arrives_whole(server, driver):
    servers = [f"{'x' * 60}.{'y' * 60}.{number}.example.net" for number in range(16)]
    prefixes = [f"2001:db8:1:{nibble}000::/53" for nibble in "0123456789abcdef"]
    driver.set("alice", *(f"{prefix}={','.join(servers)}" for prefix in prefixes))
    for nibble in "0123456789abcdef":
        assert server.name_servers(f"0.{nibble}.{BELOW_48}") == sorted(f"{name}." for name in servers)
        assert server.name_servers(f"7.{nibble}.{BELOW_48}") == sorted(f"{name}." for name in servers)
    driver.remove("alice")
    assert server.name_servers(f"7.f.{BELOW_48}") == []


def test_a_zone_file_can_include_the_records_instead(stopped_server, start_driver):
    zone = stopped_server.ZONES[0]
    fragment = stopped_server.folder / "tunnels.inc"
    with stopped_server.zone_file(zone).open("a") as file:
        file.write(f"$INCLUDE {fragment}\n")
    driver = start_driver(stopped_server)
    driver.order("set alice 2001:db8:1:8000::/49=ns1.example.net,ns2.example.org")
    driver.order(f"fragment {fragment} {zone}")
    driver.wait("written")
    stopped_server.start()
    for nibble in "89abcdef":
        assert stopped_server.name_servers(f"{nibble}.{BELOW_48}") == ["ns1.example.net.", "ns2.example.org."]

    driver.order("set alice 2001:db8:1:8000::/49=ns3.example.com")
    driver.order(f"fragment {fragment} {zone}")
    driver.wait("written")
    stopped_server.reload()
    wait_for(lambda: stopped_server.name_servers(f"8.{BELOW_48}") == ["ns3.example.com."], "the new file to be served")
