// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/config/load.h"

namespace tsp::linux_ {
namespace describe_test {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

DaemonConfig parse(const std::string& text) {
  const auto config = parse_config(text, {});
  EXPECT_TRUE(config) << to_text("test", config.error().front());
  return config ? *config : DaemonConfig();
}

TEST(ConfigWarnings, OrdinaryConfigurationHasNone) {
  EXPECT_THAT(config_warnings(parse("prefix = \"2a00:1::/48\"")), IsEmpty());
}

TEST(ConfigWarnings, PrefixesThatNobodyReachesAreNamed) {
  EXPECT_THAT(config_warnings(parse("prefix = \"2001:db8::/48\"")), Contains(HasSubstr("for documentation")));
  EXPECT_THAT(config_warnings(parse("prefix = \"fd00:1:2::/48\"")), Contains(HasSubstr("unique local")));
  EXPECT_THAT(config_warnings(parse("prefix = \"2a00:1::/48\"\n[pool]\nipv4_prefix = \"100.64.0.0/16\"\n")),
              Contains(HasSubstr("v4v6 is not among tunnel.types")));
}

TEST(ConfigWarnings, ReadablePasswordsAndLongKeepalivesAreNamed) {
  const auto warnings =
      config_warnings(parse("prefix = \"2a00:1::/48\"\n[auth]\nplain = true\n[tunnel]\nkeepalive_seconds_max = 120\n"));

  EXPECT_THAT(warnings, Contains(HasSubstr("auth.plain")));
  EXPECT_THAT(warnings, Contains(HasSubstr("30 s")));
}

TEST(ConfigWarnings, ReadableUpdateKeysAreNamedUnlessTheyStayOnTheHost) {
  const auto warnings_for = [](const std::string& listen) {
    return config_warnings(
        parse("prefix = \"2a00:1::/48\"\n[update]\ntunnel_address = \"192.0.2.1\"\nlisten = [\"" + listen + "\"]\n"));
  };
  EXPECT_THAT(warnings_for("0.0.0.0:8053"), Contains(HasSubstr("update.certificate")));
  EXPECT_THAT(warnings_for("127.0.0.1:8053"), IsEmpty());
}

DaemonConfig parse_on_host(const std::string& text, const std::vector<std::string>& addresses) {
  std::vector<IPv6Address> own;
  for (const std::string& address : addresses) {
    const auto ipv4 = parse_ipv4(address);
    own.push_back(ipv4 ? map_ipv4(*ipv4) : *parse_ipv6(address));
  }
  const auto config = parse_config("prefix = \"2a00:1::/48\"\n" + text, own);
  EXPECT_TRUE(config) << to_text("test", config.error().front());
  return config ? *config : DaemonConfig();
}

constexpr const char* kShared = "[store]\ntakeover_check_seconds = 2\n";
constexpr const char* kUpdates = "[update]\nlisten = [\"127.0.0.1:8053\"]\n";

TEST(ConfigWarnings, AddressesThatNobodyReachesAreNamedWithTheKeyThatReplacesThem) {
  for (const char* address : {"10.0.0.5", "172.16.3.4", "192.168.1.2", "100.64.0.9", "169.254.7.7"}) {
    EXPECT_THAT(config_warnings(parse_on_host(kShared, {address})),
                testing::ElementsAre("server.public_addresses: is not set, and the other brokers send clients to " +
                                     std::string(address) +
                                     ", which the Internet does not route: name the address or the name by which "
                                     "clients reach this broker"));
    EXPECT_THAT(
        config_warnings(parse_on_host(kUpdates, {address})),
        testing::ElementsAre("update.tunnel_address: is not set, and routers' tunnels end at " + std::string(address) +
                             ", which the Internet does not route: name the address of this host at which "
                             "their packets arrive"));
  }
  const std::string over_ipv6 =
      "[server]\nlisten = [\"[::]:3653\"]\n[tunnel]\ntypes = [\"v4v6\"]\n[pool]\nipv4_prefix = \"100.64.0.0/16\"\n";
  EXPECT_THAT(config_warnings(parse_on_host(over_ipv6 + kShared, {"fd00:1::5"})),
              testing::ElementsAre(HasSubstr("send clients to fd00:1::5, which")));
  EXPECT_THAT(config_warnings(parse_on_host(kShared, {})),
              testing::ElementsAre(HasSubstr("server.public_addresses: is not set, and no address")));
}

TEST(ConfigWarnings, AddressesThatAreReachedOrWereSetAreNotNamed) {
  EXPECT_THAT(config_warnings(parse_on_host(std::string(kShared) + kUpdates, {"8.8.4.4"})), IsEmpty());
  EXPECT_THAT(config_warnings(parse_on_host("", {"10.0.0.5"})), IsEmpty()) << "nobody is told";
  EXPECT_THAT(config_warnings(
                  parse_on_host(std::string(kShared) + "[server]\npublic_addresses = [\"10.0.0.5\"]\n", {"10.0.0.5"})),
              IsEmpty());
  EXPECT_THAT(config_warnings(parse_on_host(std::string(kShared) + "[server]\npublic_addresses = []\n", {})),
              IsEmpty());
  EXPECT_THAT(config_warnings(parse_on_host(std::string(kUpdates) + "tunnel_address = \"10.0.0.5\"\n", {"10.0.0.5"})),
              IsEmpty());
}

TEST(ConfigWarnings, APublicAddressOfTheHostIsTakenBeforeAPrivateOne) {
  const DaemonConfig config = parse_on_host(std::string(kShared) + kUpdates, {"10.0.0.5", "8.8.4.4", "8.8.8.8"});

  EXPECT_THAT(config_warnings(config), IsEmpty());
  EXPECT_THAT(config.broker.announcement->addresses, testing::ElementsAre(BrokerAddress(IPv4Address{{8, 8, 4, 4}})));
  EXPECT_EQ(config.broker.update_tunnel_address, (IPv4Address{{8, 8, 4, 4}}));
}

TEST(DescribeConfig, NamesAddressesMechanismsAndTheLayout) {
  const auto lines = describe_config(parse("prefix = \"2a00:1::/48\"\n[auth]\nanonymous = true\n"));

  ASSERT_GT(lines.size(), 1U);
  EXPECT_EQ(lines.front(), "serves on 0.0.0.0:3653 (UDP and TCP), log-in by DIGEST-MD5, ANONYMOUS");
}

}  // namespace describe_test
}  // namespace tsp::linux_
