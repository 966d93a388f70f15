// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/client_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace tsp::linux_ {
namespace client_config_test {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Lack = ClientConfigRefusal::Lack;

constexpr std::array kRouters{TargetSystem::OpenWrt, TargetSystem::Networkd, TargetSystem::Iproute2,
                              TargetSystem::MikroTik, TargetSystem::OpnSense};
constexpr std::array kTspClients{TargetSystem::Gogoc, TargetSystem::TspConnect};

ClientFacts facts_with_tunnel(TunnelType type) {
  const bool has_ports = type == TunnelType::V6UdpV4;
  LiveTunnelFacts tunnel{.type = type,
                         .remote = make_endpoint(*parse_ipv4("198.51.100.7"), has_ports ? 4096 : 0),
                         .local = make_endpoint(*parse_ipv4("192.0.2.1"), has_ports ? 3654 : 0),
                         .client_inner = *parse_ipv6("2001:db8:1::5"),
                         .server_inner = *parse_ipv6("2001:db8:1::1"),
                         .delegated = parse_prefix("2001:db8:1:100::/56"),
                         .mtu = 1400,
                         .keepalive_seconds = 25};
  return {.login = "alice", .tunnel = tunnel};
}

TEST(ClientConfig, EverySystemHasANameOfItsOwn) {
  const auto names = target_system_names();
  EXPECT_EQ(names.size(), kRouters.size() + kTspClients.size());
  for (const std::string& name : names) EXPECT_TRUE(parse_target_system(name)) << name;
  EXPECT_EQ(parse_target_system("tsp-connect"), TargetSystem::TspConnect);
  EXPECT_EQ(parse_target_system("OpenWrt"), std::nullopt);
}

TEST(ClientConfig, RoutersGetTheAddressesOfTheirV6V4Tunnel) {
  for (const TargetSystem system : kRouters) {
    const auto text = client_config(system, facts_with_tunnel(TunnelType::V6V4));
    ASSERT_TRUE(text) << text.error().text;
    EXPECT_THAT(*text, AllOf(HasSubstr("192.0.2.1"), HasSubstr("198.51.100.7"), HasSubstr("2001:db8:1::5"),
                             HasSubstr("2001:db8:1:100::/56"), HasSubstr("1400")));
  }
}

TEST(ClientConfig, RoutersAreToldThatTheyNeedAV6V4Tunnel) {
  for (const TargetSystem system : kRouters) {
    for (const auto& [facts, found] : {std::pair{facts_with_tunnel(TunnelType::V6UdpV4), "live tunnel is v6udpv4"},
                                       std::pair{facts_with_tunnel(TunnelType::V4V6), "live tunnel is v4v6"},
                                       std::pair{ClientFacts{.login = "alice"}, "has no live tunnel"}}) {
      const auto text = client_config(system, facts);
      ASSERT_FALSE(text);
      EXPECT_EQ(text.error().lack, Lack::Tunnel);
      EXPECT_THAT(text.error().text, AllOf(HasSubstr("needs a live v6v4 tunnel"), HasSubstr(found)));
    }
  }
}

TEST(ClientConfig, RefusalNamesTheSystem) {
  EXPECT_THAT(client_config(TargetSystem::MikroTik, {.login = "alice"}).error().text,
              HasSubstr("mikrotik does not speak"));
}

TEST(ClientConfig, ServerMayBeGivenAsAnAddressForRouters) {
  ClientFacts facts = facts_with_tunnel(TunnelType::V6V4);
  facts.server = {"203.0.113.9", 3653};
  const auto text = client_config(TargetSystem::Iproute2, facts);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, AllOf(HasSubstr("remote 203.0.113.9 "), Not(HasSubstr("192.0.2.1"))));
}

TEST(ClientConfig, ServerByNameIsRefusedForRouters) {
  ClientFacts facts = facts_with_tunnel(TunnelType::V6V4);
  facts.server = {"tb.example.net", 3653};
  const auto text = client_config(TargetSystem::OpenWrt, facts);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().lack, Lack::Value);
  EXPECT_THAT(text.error().text, HasSubstr("--server tb.example.net: expected an IPv4 address"));
}

TEST(ClientConfig, V6V4TunnelBetweenOtherAddressesIsRefused) {
  ClientFacts facts = facts_with_tunnel(TunnelType::V6V4);
  facts.tunnel->remote.address = *parse_ipv6("2001:db8::9");
  const auto text = client_config(TargetSystem::OpenWrt, facts);
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().text, HasSubstr("expected IPv4 addresses, found 2001:db8::9"));
}

TEST(ClientConfig, TspClientsNeedNoTunnelIfTheServerIsGiven) {
  for (const TargetSystem system : kTspClients) {
    const auto text = client_config(system, {.login = "alice", .server = client::ServerName{"tb.example.net", 3654}});
    ASSERT_TRUE(text) << text.error().text;
    EXPECT_THAT(*text, HasSubstr("tb.example.net:3654"));
  }
}

TEST(ClientConfig, WithoutTunnelAndServerTheServerIsAskedFor) {
  for (const TargetSystem system : kTspClients) {
    const auto text = client_config(system, {.login = "alice"});
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().lack, Lack::Value);
    EXPECT_THAT(text.error().text, HasSubstr("--server"));
  }
}

TEST(ClientConfig, LiveTunnelShowsWhereClientsFindTheServer) {
  for (const TargetSystem system : kTspClients) {
    EXPECT_THAT(client_config(system, facts_with_tunnel(TunnelType::V6UdpV4)).value(), HasSubstr("192.0.2.1:3654"));
  }
}

// Packets of these tunnels have no ports, but TSP has one.
TEST(ClientConfig, TunnelsWithoutPortsAreAskedForWhereTspIsSpoken) {
  ClientFacts v6v4 = facts_with_tunnel(TunnelType::V6V4);
  ClientFacts v4v6 = facts_with_tunnel(TunnelType::V4V6);
  v4v6.tunnel->local.address = *parse_ipv6("2001:db8::53");
  for (const TargetSystem system : kTspClients) {
    v6v4.tunnel->signalling_port = v4v6.tunnel->signalling_port = 3654;
    EXPECT_THAT(client_config(system, v6v4).value(), AllOf(HasSubstr("192.0.2.1:3654"), HasSubstr("v6v4")));
    EXPECT_THAT(client_config(system, v4v6).value(), AllOf(HasSubstr("[2001:db8::53]:3654"), HasSubstr("v4v6")));
    v6v4.tunnel->signalling_port = 3653;
    EXPECT_THAT(client_config(system, v6v4).value(), AllOf(HasSubstr("192.0.2.1"), Not(HasSubstr("192.0.2.1:"))));
  }
}

TEST(ClientConfig, APortThatIsNotKnownIsAskedFor) {
  for (const TargetSystem system : kTspClients) {
    ClientFacts facts = facts_with_tunnel(TunnelType::V6V4);
    const auto text = client_config(system, facts);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().lack, Lack::Value);
    EXPECT_THAT(text.error().text, HasSubstr("--server NAME:PORT"));
    facts.server = client::ServerName{"tb.example.net", 3653};
    EXPECT_TRUE(client_config(system, facts));
  }
}

TEST(ClientConfig, PrefixThatTheAccountHoldsIsAskedForAgain) {
  ClientFacts facts{.login = "alice",
                    .server = client::ServerName{"tb.example.net", 3653},
                    .held_prefix = parse_prefix("2001:db8:1:100::/60")};
  EXPECT_THAT(client_config(TargetSystem::Gogoc, facts).value(), HasSubstr("prefixlen=60\n"));
  EXPECT_THAT(client_config(TargetSystem::TspConnect, facts).value(), HasSubstr("--router 60"));
}

TEST(ClientConfig, AnIPv4PrefixIsAskedForWithItsOwnLength) {
  ClientFacts facts = facts_with_tunnel(TunnelType::V4V6);
  facts.tunnel->delegated = parse_ipv4_prefix("100.64.128.0/28");
  facts.tunnel->signalling_port = 3653;
  const auto text = client_config(TargetSystem::Gogoc, facts);
  ASSERT_TRUE(text) << text.error().text;
  EXPECT_THAT(*text, AllOf(HasSubstr("tunnel_mode=v4v6"), HasSubstr("prefixlen=28")));
}

TEST(ClientConfig, LiveTunnelOfAHostIsNotMadeARouters) {
  ClientFacts facts = facts_with_tunnel(TunnelType::V6UdpV4);
  facts.held_prefix = facts.tunnel->delegated;
  facts.tunnel->delegated = std::nullopt;
  EXPECT_THAT(client_config(TargetSystem::Gogoc, facts).value(), HasSubstr("host_type=host\n"));
}

TEST(ClientConfig, LoginThatAFormatCannotHoldIsRefused) {
  const auto text =
      client_config(TargetSystem::Gogoc, {.login = " x", .server = client::ServerName{"tb.example.net", 3653}});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().lack, Lack::Value);
}

}  // namespace client_config_test
}  // namespace tsp::linux_
