// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/client_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace tsp::tspctl {
namespace client_facts_test {

using nlohmann::json;
using testing::HasSubstr;

json account() {
  return {{"login", "alice"}, {"prefixes", json::array({"2001:db8:1:100::/56"})}, {"tunnel", 17}};
}

json tunnel() {
  return {{"type", "v6udpv4"},
          {"remote", "198.51.100.7:4096"},
          {"local", "192.0.2.1:3653"},
          {"inner", "2001:db8:1::5"},
          {"delegated", "2001:db8:1:200::/56"},
          {"server_address", "2001:db8:1::1"},
          {"mtu", 1400U},
          {"keepalive_seconds", 25U}};
}

TEST(ClientFacts, AccountAndTunnelAreReadCompletely) {
  const auto facts = client_facts(account(), tunnel());

  ASSERT_TRUE(facts) << facts.error();
  EXPECT_EQ(facts->login, "alice");
  EXPECT_EQ(facts->held_prefix, parse_prefix("2001:db8:1:100::/56"));
  ASSERT_TRUE(facts->tunnel);
  EXPECT_EQ(facts->tunnel->type, TunnelType::V6UdpV4);
  EXPECT_EQ(facts->tunnel->remote, make_endpoint(*parse_ipv4("198.51.100.7"), 4096));
  EXPECT_EQ(facts->tunnel->local, make_endpoint(*parse_ipv4("192.0.2.1"), 3653));
  EXPECT_EQ(facts->tunnel->client_inner, parse_ipv6("2001:db8:1::5"));
  EXPECT_EQ(facts->tunnel->server_inner, parse_ipv6("2001:db8:1::1"));
  EXPECT_EQ(facts->tunnel->delegated, parse_prefix("2001:db8:1:200::/56"));
  EXPECT_EQ(facts->tunnel->mtu, 1400U);
  EXPECT_EQ(facts->tunnel->keepalive_seconds, 25U);
}

TEST(ClientFacts, ATunnelWithIPv4InsideIsReadToo) {
  json ipv4 = tunnel();
  ipv4["type"] = "v4v6";
  ipv4["remote"] = "[2001:db8:c::7]:0";
  ipv4["local"] = "[2001:db8::53]:0";
  ipv4["inner"] = "100.64.0.5";
  ipv4["delegated"] = "100.64.128.0/28";
  ipv4["server_address"] = "100.64.0.1";
  const auto facts = client_facts(account(), ipv4);

  ASSERT_TRUE(facts) << facts.error();
  EXPECT_EQ(facts->tunnel->type, TunnelType::V4V6);
  EXPECT_EQ(facts->tunnel->local, (Endpoint{*parse_ipv6("2001:db8::53"), 0}));
  EXPECT_EQ(facts->tunnel->client_inner, map_ipv4({{100, 64, 0, 5}}));
  EXPECT_EQ(facts->tunnel->delegated, parse_ipv4_prefix("100.64.128.0/28"));
}

TEST(ClientFacts, NullsAreNotThere) {
  json host = account();
  host["prefixes"] = json::array();
  json without_prefix = tunnel();
  without_prefix["delegated"] = nullptr;

  EXPECT_EQ(client_facts(host, nullptr).value().tunnel, std::nullopt);
  EXPECT_EQ(client_facts(host, nullptr).value().held_prefix, std::nullopt);
  EXPECT_EQ(client_facts(host, without_prefix).value().tunnel->delegated, std::nullopt);
}

TEST(ClientFacts, ATunnelWithoutPortsIsUnderstood) {
  json other = tunnel();
  other["type"] = "v6v4";
  other["local"] = "192.0.2.1:0";
  EXPECT_EQ(client_facts(account(), other).value().tunnel->type, TunnelType::V6V4);
  EXPECT_EQ(client_facts(account(), other).value().tunnel->local, make_endpoint(*parse_ipv4("192.0.2.1"), 0));
}

TEST(ClientFacts, MemberOfTheTunnelThatCannotBeReadIsNamed) {
  const std::vector<std::pair<const char*, json>> wrong = {{"type", "gre"},
                                                           {"remote", "198.51.100.7"},
                                                           {"remote", "198.51.100.7:65536"},
                                                           {"remote", "2001:db8::1:3653"},
                                                           {"local", nullptr},
                                                           {"inner", "192.0.2.1"},
                                                           {"server_address", 7},
                                                           {"delegated", "2001:db8::1/56"},
                                                           {"mtu", -1},
                                                           {"mtu", 4294967296U},
                                                           {"keepalive_seconds", "25"}};
  for (const auto& [name, value] : wrong) {
    json other = tunnel();
    other[name] = value;
    const auto facts = client_facts(account(), other);
    ASSERT_FALSE(facts) << name << ' ' << value;
    EXPECT_THAT(facts.error(), HasSubstr(" " + std::string(name) + " of the tunnel"));
  }
}

TEST(ClientFacts, MemberOfTheAccountThatCannotBeReadIsNamed) {
  for (const json& prefixes :
       {json(nullptr), json("2001:db8::/56"), json::array({7}), json::array({"2001:db8::1/56"})}) {
    json other = account();
    other["prefixes"] = prefixes;
    const auto facts = client_facts(other, nullptr);
    ASSERT_FALSE(facts) << prefixes;
    EXPECT_THAT(facts.error(), HasSubstr("prefixes of the account"));
  }
  EXPECT_THAT(client_facts(json::array(), nullptr).error(), HasSubstr("login of the account"));
}

TEST(SignallingPort, IsThatOfTheAddressOfTheTunnel) {
  const IPv6Address ipv4 = map_ipv4({{192, 0, 2, 1}});
  const IPv6Address ipv6 = *parse_ipv6("2001:db8::53");

  EXPECT_EQ(signalling_port({"0.0.0.0:3654"}, ipv4), 3654);
  EXPECT_EQ(signalling_port({"[::]:3655", "0.0.0.0:3654"}, ipv4), 3654);
  EXPECT_EQ(signalling_port({"[::]:3655", "0.0.0.0:3654"}, ipv6), 3655);
  EXPECT_EQ(signalling_port({"192.0.2.7:3654", "192.0.2.1:3655"}, ipv4), 3655);
  EXPECT_EQ(signalling_port({"192.0.2.1"}, ipv4), 3653) << "as a broker's public address is written";
}

TEST(SignallingPort, IsElseThatOfAnAddressOfItsFamilyOrOfAName) {
  const IPv6Address ipv4 = map_ipv4({{10, 0, 0, 1}});

  EXPECT_EQ(signalling_port({"ts1.example.net:3655", "192.0.2.1:3654", "192.0.2.2:3656"}, ipv4), 3654);
  EXPECT_EQ(signalling_port({"[2001:db8::53]:3656", "ts1.example.net:3655"}, ipv4), 3655);
}

TEST(SignallingPort, IsNotKnownWhereNoPlaceTells) {
  const IPv6Address ipv4 = map_ipv4({{192, 0, 2, 1}});

  EXPECT_EQ(signalling_port(json::array(), ipv4), std::nullopt);
  EXPECT_EQ(signalling_port(nullptr, ipv4), std::nullopt);
  EXPECT_EQ(signalling_port({"[2001:db8::53]:3656"}, ipv4), std::nullopt);
  EXPECT_EQ(signalling_port({7, "not an address"}, ipv4), std::nullopt);
}

}  // namespace client_facts_test
}  // namespace tsp::tspctl
