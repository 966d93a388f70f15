// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/router_snippets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace tsp::linux_ {
namespace router_snippets_test {

using testing::HasSubstr;
using testing::Not;

using Snippet = std::string (*)(const Protocol41Facts&);
constexpr std::array<Snippet, 5> kSnippets{openwrt_snippet, networkd_snippet, iproute2_snippet, mikrotik_snippet,
                                           opnsense_snippet};

Protocol41Facts host() {
  return {.login = "alice",
          .server_outer = *parse_ipv4("192.0.2.1"),
          .client_outer = *parse_ipv4("198.51.100.7"),
          .server_inner = *parse_ipv6("2001:db8:1::1"),
          .client_inner = *parse_ipv6("2001:db8:1::5"),
          .mtu = 1280,
          .keepalive_seconds = 25};
}

Protocol41Facts router() {
  Protocol41Facts facts = host();
  facts.delegated = *parse_prefix("2001:db8:1:100::/56");
  return facts;
}

TEST(RouterSnippets, OpenWrtGetsStanzasOfUci) {
  EXPECT_EQ(openwrt_snippet(router()), R"(# IPv6 tunnel of account "alice" to 192.0.2.1, protocol 41.
# The broker takes its packets from 198.51.100.7 only.
# Ping 2001:db8:1::1 through it every 25 seconds: silence ends it.
# For /etc/config/network, with the package 6in4. tunnelid, username and password stay unset:
# they are for brokers that learn by HTTP of a changed address.
config interface 'tsp'
    option proto '6in4'
    option peeraddr '192.0.2.1'
    option ip6addr '2001:db8:1::5/128'
    list ip6prefix '2001:db8:1:100::/56'
    option mtu '1280'
    option ttl '64'

# The LAN gets its /64 of the prefix if its own stanza has:
#    option ip6assign '64'

# In /etc/config/firewall, in the stanza of the zone 'wan':
#    list network 'tsp'
)");
}

TEST(RouterSnippets, NetworkdGetsTwoFiles) {
  EXPECT_EQ(networkd_snippet(router()), R"(# IPv6 tunnel of account "alice" to 192.0.2.1, protocol 41.
# The broker takes its packets from 198.51.100.7 only.
# Ping 2001:db8:1::1 through it every 25 seconds: silence ends it.

# /etc/systemd/network/25-tsp.netdev
[NetDev]
Name=tsp
Kind=sit
MTUBytes=1280

[Tunnel]
Independent=yes
Local=any
Remote=192.0.2.1
TTL=64

# /etc/systemd/network/25-tsp.network
[Match]
Name=tsp

[Network]
IPv6AcceptRA=no
Address=2001:db8:1::5/128

[Route]
Destination=::/0

[Route]
Destination=2001:db8:1:100::/56
Type=unreachable

# In the .network file of the LAN (before systemd 256: IPForward=ipv6 in place of IPv6Forwarding=yes):
#   [Network]
#   Address=2001:db8:1:100::1/64
#   IPv6Forwarding=yes
#   IPv6SendRA=yes
#   [IPv6Prefix]
#   Prefix=2001:db8:1:100::/64
)");
}

TEST(RouterSnippets, Iproute2GetsCommands) {
  EXPECT_EQ(iproute2_snippet(router()), R"(# IPv6 tunnel of account "alice" to 192.0.2.1, protocol 41.
# The broker takes its packets from 198.51.100.7 only.
# Ping 2001:db8:1::1 through it every 25 seconds: silence ends it.
ip tunnel add tsp mode sit remote 192.0.2.1 local 198.51.100.7 ttl 64
ip link set dev tsp mtu 1280 up
ip -6 address add 2001:db8:1::5/128 dev tsp
ip -6 route add ::/0 dev tsp metric 512
ip -6 route add unreachable 2001:db8:1:100::/56

# For the LAN, on its device:
#   sysctl -w net.ipv6.conf.all.forwarding=1
#   ip -6 address add 2001:db8:1:100::1/64 dev DEVICE
)");
}

TEST(RouterSnippets, MikroTikGetsCommandsOfRouterOs7) {
  EXPECT_EQ(mikrotik_snippet(router()), R"(# RouterOS 7: IPv6 tunnel to 192.0.2.1, protocol 41.
# The broker takes its packets from 198.51.100.7 only.
/interface 6to4 add name=tsp local-address=198.51.100.7 remote-address=192.0.2.1 mtu=1280 comment="alice"
/ipv6 address add interface=tsp address=2001:db8:1::5/128 advertise=no
/ipv6 route add dst-address=::/0 gateway=tsp
# Silence ends the tunnel.
/tool netwatch add host=2001:db8:1::1 interval=25s comment=tsp
/ipv6 route add dst-address=2001:db8:1:100::/56 blackhole
# For the LAN, on its interface:
# /ipv6 address add interface=bridge address=2001:db8:1:100::1/64 advertise=yes
)");
}

TEST(RouterSnippets, OpnSenseGetsStepsThroughItsForms) {
  EXPECT_EQ(opnsense_snippet(router()), R"(IPv6 tunnel of account "alice" to 192.0.2.1, protocol 41.
The broker takes its packets from 198.51.100.7 only.
Ping 2001:db8:1::1 through it every 25 seconds: silence ends it.
What is not named here keeps its default.

1. Interfaces > Devices > GIF > Add
     Local address              WAN, if its address is 198.51.100.7
     Remote address             192.0.2.1
     Tunnel local address       2001:db8:1::5
     Tunnel remote address      2001:db8:1::1
     Tunnel netmask / prefix    128
2. Interfaces > Assignments: add the new device with the description TSP. Interfaces > [TSP]
     Enable Interface           yes
     MTU                        1280
3. System > Gateways > Configuration > TSP_TUNNELV6
     IP Address                 2001:db8:1::1
     Upstream Gateway           yes
     Far Gateway                yes
     Disable Gateway Monitoring no; its pings keep the tunnel
     Monitor IP                 2001:db8:1::1
4. Firewall > Rules > WAN > Add
     Action                     Pass
     TCP/IP Version             IPv4
     Protocol                   IPV6
     Source                     192.0.2.1
5. Interfaces > [LAN]
     IPv6 Configuration Type    Static IPv6
     IPv6 address               2001:db8:1:100::1 / 64
6. Services > Router Advertisements > LAN
     Router Advertisements      Unmanaged
7. System > Routes > Configuration > Add
     Network Address            2001:db8:1:100::/56
     Gateway                    Null6
)");
}

TEST(RouterSnippets, HostsHearNothingOfPrefixesAndLans) {
  for (const Snippet snippet : kSnippets) {
    EXPECT_THAT(snippet(host()), Not(HasSubstr("2001:db8:1:100:")));
    EXPECT_THAT(snippet(host()), Not(HasSubstr("LAN")));
    EXPECT_THAT(snippet(host()), Not(HasSubstr("prefix '")));
    EXPECT_THAT(snippet(host()), HasSubstr("2001:db8:1::5"));
  }
}

TEST(RouterSnippets, TunnelWithoutKeepaliveIsNotPinged) {
  Protocol41Facts facts = router();
  facts.keepalive_seconds = 0;
  for (const Snippet snippet : kSnippets) EXPECT_THAT(snippet(facts), Not(HasSubstr("ilence")));
  EXPECT_THAT(mikrotik_snippet(facts), Not(HasSubstr("netwatch")));
}

TEST(RouterSnippets, LanIsTheFirst64OfThePrefix) {
  EXPECT_EQ(lan_address(*parse_prefix("2001:db8:1::/48")), "2001:db8:1::1/64");
  EXPECT_EQ(lan_address(*parse_prefix("2001:db8:1:2::/64")), "2001:db8:1:2::1/64");
  EXPECT_EQ(lan_address(*parse_prefix("2001:db8::ff00/120")), "2001:db8::ff01/120");
  EXPECT_EQ(lan_address(*parse_prefix("2001:db8::5/128")), "2001:db8::5/128");
}

// Comments and one quoted string are where a login can be; nothing in it makes a line of its own or goes on with the
// next.
TEST(RouterSnippets, LoginsStayInTheirLine) {
  Protocol41Facts facts = router();
  facts.login = R"(o'neil" $(reboot) \)";
  constexpr std::string_view kShown = R"("o'neil\" $(reboot) \\")";
  for (const Snippet snippet : {openwrt_snippet, networkd_snippet, iproute2_snippet, opnsense_snippet}) {
    std::string text = snippet(facts);
    const std::size_t at = text.find(kShown);
    ASSERT_NE(at, std::string::npos) << text;
    EXPECT_EQ(text.replace(at, kShown.size(), R"("alice")"), snippet(router()));
  }
  EXPECT_THAT(mikrotik_snippet(facts), HasSubstr(R"( comment="o\27neil\22 \24(reboot) \5C")"));
}

}  // namespace router_snippets_test
}  // namespace tsp::linux_
