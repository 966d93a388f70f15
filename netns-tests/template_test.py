# SPDX-License-Identifier: Apache-2.0
"""A script that sets the host up by itself, as those for gogoc do."""

import ipaddress

from lib.client import DEVICE
from lib.programs import program
from lib.topology import BROKER_ADDRESS, HOST6_ADDRESS
from lib.wait import wait_for
from lib.world import PASSWORD

# What scripts for Linux have always done with gogoc's variables, and nothing that only tsp-connect tells.
_TEMPLATE = """#!/bin/sh
set -e
: "${TSP_HOME_DIR:?}" "${TSP_HOST_TYPE:?}" "${TSP_TUNNEL_MODE:?}"
test -d "$TSP_HOME_DIR"

lan=$TSP_HOME_INTERFACE
tunnel=$TSP_TUNNEL_INTERFACE
address=$TSP_CLIENT_ADDRESS_IPV6/$TSP_TUNNEL_PREFIXLEN

create() {
  case $TSP_TUNNEL_MODE in
    v6v4) ip tunnel add "$tunnel" mode sit ttl 64 remote "$TSP_SERVER_ADDRESS_IPV4" ;;
    v6udpv4) ;;
    *) exit 1 ;;
  esac
  ip link set "$tunnel" up mtu 1280
  ip -6 addr add "$address" dev "$tunnel"
  ip -6 route add 2000::/3 dev "$tunnel"
  test "$TSP_HOST_TYPE" = router || return 0
  echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
  test "$TSP_PREFIXLEN" = 64 || ip -6 route add unreachable "$TSP_PREFIX::/$TSP_PREFIXLEN"
  ip -6 addr add "$TSP_PREFIX::1/64" dev "$lan"
  echo "prefix $TSP_PREFIX::/64 for $lan" >"$TSP_HOME_DIR/announced"
}

teardown() {
  set +e
  ip -6 route del 2000::/3 dev "$tunnel"
  ip -6 addr del "$address" dev "$tunnel"
  if [ "$TSP_HOST_TYPE" = router ]; then
    ip -6 addr del "$TSP_PREFIX::1/64" dev "$lan"
    test "$TSP_PREFIXLEN" = 64 || ip -6 route del unreachable "$TSP_PREFIX::/$TSP_PREFIXLEN"
  fi
  test "$TSP_TUNNEL_MODE" != v6v4 || ip tunnel del "$tunnel"
  ip link set "$tunnel" down
}

case $TSP_OPERATION in
  TSP_TUNNEL_CREATION) create ;;
  TSP_TUNNEL_TEARDOWN) teardown ;;
esac
exit 0
"""


def _install(world, template=_TEMPLATE):
    """A folder as gogoc is installed in."""
    path = world.folder / "gogoc" / "template" / "mine.sh"
    path.parent.mkdir(parents=True)
    path.write_text(template)
    path.chmod(0o755)
    return path.parent.parent


def _start(world, namespace, *lines):
    path = world.folder / "gogoc.conf"
    common = [f"server={BROKER_ADDRESS}", "userid=alice", f"passwd={PASSWORD}", "auth_method=digest-md5"]
    common += ["template=mine", f"gogoc_dir={world.folder / 'gogoc'}"]
    path.write_text("\n".join([*common, *lines]) + "\n")
    path.chmod(0o600)
    words = [program("tsp-connect"), "--config", path, "--json"]
    process = world.processes.start(namespace, words, "tsp-connect")

    def told():
        assert process.is_running(), process.text()
        return [event for event in process.json_lines() if event["event"] == "hook"]

    [event] = wait_for(told, f"the end of the script:\n{process.text()}")
    assert event["done"], event
    return process


def _routes(namespace):
    return namespace.ip("-6", "route", "show", "table", "all").stdout


def test_a_template_gives_a_host_its_tunnel_and_takes_it_back(world):
    broker = world.start_broker()
    _install(world)
    namespace = world.topology.add_client()
    before = _routes(namespace)

    process = _start(world, namespace, "tunnel_mode=v6udpv4", "if_tunnel_v6udpv4=tun")

    assert namespace.pings(HOST6_ADDRESS, count=2)
    assert world.host6.pings(broker.tunnels()[0]["inner"].split("/")[0])
    assert "2000::/3 dev tun" in _routes(namespace) and "default dev tun" not in _routes(namespace)
    assert process.terminate() == 0
    assert "tun" not in namespace.link_names()
    assert _routes(namespace) == before


def test_a_template_gives_a_router_its_prefix_and_takes_it_back(world):
    broker = world.start_broker()
    home = _install(world)
    namespace = world.topology.add_client()
    host = world.topology.add_lan_host(namespace)

    process = _start(world, namespace, "tunnel_mode=v6udpv4", "host_type=router", "prefixlen=56", "if_prefix=lan")

    network = next(ipaddress.ip_network(broker.tunnels()[0]["delegated"]).subnets(new_prefix=64))
    host.ip("addr", "add", f"{network[2]}/64", "dev", "eth0")
    host.ip("route", "add", "default", "via", str(network[1]))
    assert host.pings(HOST6_ADDRESS, count=3)
    assert world.host6.pings(str(network[2]), count=3)
    words = (home / "announced").read_text().split()
    assert ipaddress.ip_network(words[1]) == network and words[3] == "lan"
    assert process.terminate() == 0
    assert str(network[1]) not in namespace.ip("-6", "addr").stdout
    assert DEVICE not in namespace.link_names()


def test_a_tunnel_in_protocol_41_is_the_templates_own_and_is_watched_all_the_same(world):
    """The kernel may have no sit devices: the script only looks at what it is told."""
    broker = world.start_broker({"server": {"allow_private_outer_addresses": True}})
    _install(world, '#!/bin/sh\ntest "$TSP_TUNNEL_MODE $TSP_TUNNEL_INTERFACE" = "v6v4 sit1"\n')
    namespace = world.topology.add_public_client()

    process = _start(world, namespace, "tunnel_mode=v6v4", "keepalive_interval=5")

    process.wait_for_text('"tunnel_confirmed"')
    assert DEVICE not in namespace.link_names()
    assert broker.tunnels()[0]["type"] == "v6v4"
    assert process.terminate() == 0


def test_a_template_that_is_not_there_is_named(world):
    (world.folder / "gogoc").mkdir()
    path = world.folder / "gogoc.conf"
    path.write_text(f"server={BROKER_ADDRESS}\ntemplate=mine\ngogoc_dir={world.folder / 'gogoc'}\n")

    result = world.topology.add_client().run(program("tsp-connect"), "--config", path, check=False)

    assert result.returncode == 1
    assert "template/mine.sh: there is no such file" in result.stderr
