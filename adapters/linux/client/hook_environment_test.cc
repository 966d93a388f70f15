// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/hook_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/client/test_support.h"
#include "core/wire/message.h"

namespace tsp::linux_ {
namespace hook_environment_test {

using client::testing::ipv6;
using client::testing::some_offer;
using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;

using Variables = std::map<std::string, std::string>;

Variables variables(const Offer& offer, const HostOptions& host, HookEvent event = HookEvent::Up) {
  Variables result;
  for (const std::string& variable : hook_environment(offer, host, event)) {
    const std::size_t equals = variable.find('=');
    EXPECT_TRUE(result.emplace(variable.substr(0, equals), variable.substr(equals + 1)).second) << variable;
  }
  return result;
}

HostOptions some_host() {
  HostOptions host;
  host.hook.program = "/etc/gogoc/tunnel-changed";
  return host;
}

Offer router_offer(std::string_view prefix) {
  Offer offer = some_offer();
  offer.delegated = parse_prefix(prefix);
  return offer;
}

TEST(HookEnvironment, OfAHostIsThisAndNothingElse) {
  EXPECT_EQ(variables(some_offer(), some_host()),
            (Variables{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                       {"TSP_OPERATION", "TSP_TUNNEL_CREATION"},
                       {"TSP_VERBOSE", "3"},
                       {"TSP_HOME_DIR", "/etc/gogoc"},
                       {"TSP_TUNNEL_MODE", "v6udpv4"},
                       {"TSP_HOST_TYPE", "host"},
                       {"TSP_TUNNEL_INTERFACE", "tsp"},
                       {"TSP_HOME_INTERFACE", ""},
                       {"TSP_CLIENT_ADDRESS_IPV4", "198.51.100.7"},
                       {"TSP_CLIENT_ADDRESS_IPV6", "2001:db8:0:100::2"},
                       {"TSP_SERVER_ADDRESS_IPV4", "192.0.2.1"},
                       {"TSP_SERVER_ADDRESS_IPV6", "2001:db8:0:100::1"},
                       {"TSP_TUNNEL_PREFIXLEN", "128"},
                       {"TSP_CONNECT_EVENT", "up"},
                       {"TSP_CONNECT_MODE", "notify"},
                       {"TSP_CONNECT_MTU", "1280"},
                       {"TSP_CONNECT_DEFAULT_ROUTE", "yes"},
                       {"TSP_CONNECT_DNS_SERVERS", ""}}));
}

TEST(HookEnvironment, OfARouterHasThePrefixToo) {
  HostOptions host = some_host();
  host.lan = "eth1";

  const Variables all = variables(router_offer("2001:db8:12:5600::/56"), host);

  EXPECT_THAT(all, Contains(Pair("TSP_HOST_TYPE", "router")));
  EXPECT_THAT(all, Contains(Pair("TSP_HOME_INTERFACE", "eth1")));
  EXPECT_THAT(all, Contains(Pair("TSP_PREFIX", "2001:0db8:0012:5600")));
  EXPECT_THAT(all, Contains(Pair("TSP_PREFIXLEN", "56")));
  EXPECT_THAT(all, Contains(Pair("TSP_CONNECT_PREFIX", "2001:db8:12:5600::/56")));
  EXPECT_THAT(all, Contains(Pair("TSP_CONNECT_LAN_PREFIX", "2001:db8:12:5600::/64")));
}

// Scripts write $TSP_PREFIX::/$TSP_PREFIXLEN and $TSP_PREFIX::1.
TEST(HookEnvironment, StemOfAPrefixIsCutAfterTheGroupsThatItsLengthTouches) {
  const auto stem = [](std::string_view prefix) { return variables(router_offer(prefix), some_host())["TSP_PREFIX"]; };
  EXPECT_EQ(stem("2001:db8:1:ff00::/64"), "2001:0db8:0001:ff00");
  EXPECT_EQ(stem("2001:db8:1:ff0::/60"), "2001:0db8:0001:0ff0");
  EXPECT_EQ(stem("2001:db8:1:8000::/49"), "2001:0db8:0001:8000");
  EXPECT_EQ(stem("2001:db8:1::/48"), "2001:0db8:0001");
  EXPECT_EQ(stem("2001:db8::/33"), "2001:0db8:0000");
  EXPECT_EQ(stem("2001:db8::/32"), "2001:0db8");
  EXPECT_EQ(stem("2001::/16"), "2001");
  EXPECT_EQ(stem("2000::/3"), "2000");
}

TEST(HookEnvironment, DownDiffersFromUpInTheOperationOnly) {
  const Offer offer = router_offer("2001:db8:1::/48");
  Variables up = variables(offer, some_host());
  const Variables down = variables(offer, some_host(), HookEvent::Down);

  up["TSP_OPERATION"] = "TSP_TUNNEL_TEARDOWN";
  up["TSP_CONNECT_EVENT"] = "down";

  EXPECT_EQ(down, up);
}

TEST(HookEnvironment, NameServerAndNameAreThereWhereTheOfferHasThem) {
  Offer offer = some_offer();
  EXPECT_THAT(variables(offer, some_host()), Not(Contains(Key("TSP_CLIENT_DNS_ADDRESS_IPV6"))));
  EXPECT_THAT(variables(offer, some_host()), Not(Contains(Key("TSP_CLIENT_DNS_NAME"))));
  offer.dns_server = ipv6("2001:db8:53::53");
  offer.client_name = "alice.example.net";

  const Variables all = variables(offer, some_host());

  EXPECT_THAT(all, Contains(Pair("TSP_CLIENT_DNS_ADDRESS_IPV6", "2001:db8:53::53")));
  EXPECT_THAT(all, Contains(Pair("TSP_CLIENT_DNS_NAME", "alice.example.net")));
  EXPECT_THAT(all, Contains(Pair("TSP_CONNECT_DNS_SERVERS", "2001:db8:53::53")));
}

TEST(HookEnvironment, OfAHookThatConfiguresNamesTheDeviceThatItMustMake) {
  HostOptions host = some_host();
  Offer offer = some_offer();
  offer.type = TunnelType::V6V4;
  EXPECT_EQ(variables(offer, host)["TSP_TUNNEL_INTERFACE"], "tsp");
  host.hook.mode = HookMode::Configure;

  const Variables all = variables(offer, host);

  EXPECT_THAT(all, Contains(Pair("TSP_TUNNEL_MODE", "v6v4")));
  EXPECT_THAT(all, Contains(Pair("TSP_TUNNEL_INTERFACE", "sit1")));
  EXPECT_THAT(all, Contains(Pair("TSP_CONNECT_MODE", "configure")));
  EXPECT_EQ(variables(some_offer(), host)["TSP_TUNNEL_INTERFACE"], "tsp");
}

TEST(HookEnvironment, OfIPv4InIPv6HasTheFamiliesTheOtherWayRound) {
  EXPECT_EQ(variables(client::testing::ipv4_offer(), some_host()),
            (Variables{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                       {"TSP_OPERATION", "TSP_TUNNEL_CREATION"},
                       {"TSP_VERBOSE", "3"},
                       {"TSP_HOME_DIR", "/etc/gogoc"},
                       {"TSP_TUNNEL_MODE", "v4v6"},
                       {"TSP_HOST_TYPE", "host"},
                       {"TSP_TUNNEL_INTERFACE", "tsp"},
                       {"TSP_HOME_INTERFACE", ""},
                       {"TSP_CLIENT_ADDRESS_IPV4", "100.64.0.2"},
                       {"TSP_CLIENT_ADDRESS_IPV6", "2001:db8:c::7"},
                       {"TSP_SERVER_ADDRESS_IPV4", "100.64.0.1"},
                       {"TSP_SERVER_ADDRESS_IPV6", "2001:db8:0:aa::1"},
                       {"TSP_TUNNEL_PREFIXLEN", "32"},
                       {"TSP_CONNECT_EVENT", "up"},
                       {"TSP_CONNECT_MODE", "notify"},
                       {"TSP_CONNECT_MTU", "1280"},
                       {"TSP_CONNECT_DEFAULT_ROUTE", "yes"},
                       {"TSP_CONNECT_DNS_SERVERS", ""}}));
}

// The variables that gogoc's scripts read, by their names.
TEST(HookEnvironment, OfEachTypeHasAllThatScriptsForGogocRead) {
  const std::set<std::string> of_a_host{"TSP_OPERATION",
                                        "TSP_VERBOSE",
                                        "TSP_HOME_DIR",
                                        "TSP_TUNNEL_MODE",
                                        "TSP_HOST_TYPE",
                                        "TSP_TUNNEL_INTERFACE",
                                        "TSP_HOME_INTERFACE",
                                        "TSP_CLIENT_ADDRESS_IPV4",
                                        "TSP_CLIENT_ADDRESS_IPV6",
                                        "TSP_CLIENT_DNS_NAME",
                                        "TSP_SERVER_ADDRESS_IPV4",
                                        "TSP_SERVER_ADDRESS_IPV6",
                                        "TSP_TUNNEL_PREFIXLEN",
                                        "TSP_CLIENT_DNS_ADDRESS_IPV6"};
  for (const TunnelType type : {TunnelType::V6UdpV4, TunnelType::V6V4, TunnelType::V4V6}) {
    Offer offer = type == TunnelType::V4V6 ? client::testing::ipv4_offer() : some_offer();
    offer.type = type;
    offer.dns_server = ipv6("2001:db8:53::53");
    offer.client_name = "alice.example.net";
    std::set<std::string> wanted = of_a_host;
    for (const bool router : {false, true}) {
      if (router) {
        offer.delegated =
            type == TunnelType::V4V6 ? parse_ipv4_prefix("100.64.128.0/24") : parse_prefix("2001:db8::/56");
        wanted.insert({"TSP_PREFIX", "TSP_PREFIXLEN"});
      }
      std::set<std::string> names;
      for (const auto& [name, value] : variables(offer, some_host())) {
        if (name.starts_with("TSP_") && !name.starts_with("TSP_CONNECT_")) names.insert(name);
      }
      EXPECT_EQ(names, wanted) << wire::type_name(type);
    }
  }
}

TEST(HookEnvironment, AnIPv4PrefixIsNotCut) {
  Offer offer = client::testing::ipv4_offer();
  offer.delegated = parse_ipv4_prefix("100.64.128.16/28");

  const Variables all = variables(offer, some_host());

  EXPECT_THAT(all, Contains(Pair("TSP_HOST_TYPE", "router")));
  EXPECT_THAT(all, Contains(Pair("TSP_PREFIX", "100.64.128.16")));
  EXPECT_THAT(all, Contains(Pair("TSP_PREFIXLEN", "28")));
  EXPECT_THAT(all, Contains(Pair("TSP_CONNECT_PREFIX", "100.64.128.16/28")));
  EXPECT_THAT(all, Contains(Pair("TSP_CONNECT_LAN_PREFIX", "100.64.128.16/28")));
}

TEST(HookEnvironment, TellsWhatTheOptionsSay) {
  HostOptions host = some_host();
  host.hook.home = "/opt/gogoc";
  host.mtu = 1472;
  host.default_route = false;

  const Variables all = variables(some_offer(), host);

  EXPECT_THAT(all, Contains(Pair("TSP_HOME_DIR", "/opt/gogoc")));
  EXPECT_THAT(all, Contains(Pair("TSP_CONNECT_MTU", "1472")));
  EXPECT_THAT(all, Contains(Pair("TSP_CONNECT_DEFAULT_ROUTE", "no")));
}

}  // namespace hook_environment_test
}  // namespace tsp::linux_
