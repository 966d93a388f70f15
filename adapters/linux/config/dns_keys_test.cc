// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "adapters/linux/config/dns_keys.h"
#include "adapters/linux/config/load.h"

namespace tsp::linux_ {
namespace dns_keys_test {

using testing::ElementsAre;

const std::string kHead = "prefix = \"2001:db8::/48\"\n[dns]\n";
const std::string kServer = "server = \"192.0.2.53:53\"\nkey_file = \"/etc/tspd/dns.key\"\n";
const std::string kZones = "zones = [\"8.b.d.0.1.0.0.2.IP6.ARPA.\", \"example.net\"]\n";

// The only error, as it is printed.
std::string error_of(const std::string& text) {
  const auto config = parse_config(kHead + text, {});
  if (config) return "no error";
  EXPECT_EQ(config.error().size(), 1U);
  return to_text("test.toml", config.error().front());
}

TEST(DnsKeys, WithoutTheSectionNothingIsDone) {
  const auto config = parse_config("prefix = \"2001:db8::/48\"\n", {});
  ASSERT_TRUE(config);

  EXPECT_FALSE(config->dns.on());
  EXPECT_EQ(config->broker.dns, std::nullopt);
}

TEST(DnsKeys, AServerWithZonesDelegatesAndNames) {
  const auto config = parse_config(kHead + kServer + kZones + "domain = \"tunnels.example.net\"\n", {});
  ASSERT_TRUE(config);

  EXPECT_THAT(config->dns.zones, ElementsAre("8.b.d.0.1.0.0.2.ip6.arpa", "example.net"));
  EXPECT_EQ(config->broker.dns, (DnsPolicy{.delegates = true, .domain = "tunnels.example.net"}));
  EXPECT_EQ(to_text(*config->dns.server), "192.0.2.53:53");
}

std::vector<std::string> warnings_for(const std::string& zones, const std::string& more = {}) {
  const auto config = parse_config(kHead + "fragment_folder = \"/tmp\"\nzones = [" + zones + "]\n" + more, {});
  return config ? dns_warnings(*config) : std::vector<std::string>{"refused"};
}

TEST(DnsKeys, WithoutAReverseZoneNothingIsDelegated) {
  const auto config = parse_config(kHead + "fragment_folder = \"/tmp\"\nzones = [\"example.net\"]\n", {});
  ASSERT_TRUE(config);

  EXPECT_EQ(config->broker.dns, (DnsPolicy{.delegates = false, .domain = {}}));
}

TEST(DnsKeys, WhatIsMissingIsNamed) {
  EXPECT_EQ(error_of("server = \"192.0.2.53:53\"\n" + kZones),
            "test.toml:3: dns.server: needs dns.key_file: updates have to be signed");
  EXPECT_EQ(error_of("key_file = \"/etc/tspd/dns.key\"\n"),
            "test.toml:3: dns.key_file: is of no use without dns.server");
  EXPECT_EQ(error_of(kZones), "test.toml:3: dns.zones: is of no use without dns.server or dns.fragment_folder");
  EXPECT_EQ(error_of("domain = \"example.net\"\n"),
            "test.toml:3: dns.domain: is of no use without dns.server or dns.fragment_folder");
  EXPECT_EQ(error_of(kServer),
            "test.toml: dns.zones: must name the zones whose records are changed, such as "
            "\"8.b.d.0.1.0.0.2.ip6.arpa\"");
}

TEST(DnsKeys, WhatContradictsIsNamed) {
  EXPECT_EQ(error_of(kServer + kZones + "fragment_folder = \"/tmp\"\n"),
            "test.toml:6: dns.fragment_folder: expected either this or dns.server: records are kept in one place");
  EXPECT_EQ(error_of(kServer + kZones + "domain = \"badexample.net\"\n"),
            "test.toml:6: dns.domain: badexample.net lies in none of dns.zones");
  EXPECT_EQ(error_of(kServer + "zones = [\"a.example\", \"A.example.\"]\n"),
            "test.toml:5: dns.zones: a.example stands twice");
}

TEST(DnsKeys, WhatIsNoAddressOrNameIsRefused) {
  for (const char* server : {"192.0.2.53", "[2001:db8::53]", "[2001:db8::53]:0", "[192.0.2.53]:53", "2001:db8::53:53",
                             "ns.example.net:53", "[2001:db8::53]:53x", "[]:53"}) {
    EXPECT_THAT(error_of("server = \"" + std::string(server) + "\"\n"),
                testing::StartsWith("test.toml:3: dns.server: expected an address and port"))
        << server;
  }
  EXPECT_THAT(error_of("zones = [\"a b\"]\n"), testing::HasSubstr("a DNS name"));
}

TEST(DnsKeys, ReverseZonesThatHoldNothingOfThePrefixAreAWarning) {
  EXPECT_THAT(warnings_for("\"9.b.d.0.1.0.0.2.ip6.arpa\""),
              ElementsAre("dns.zones: 9.b.d.0.1.0.0.2.ip6.arpa holds nothing of prefix, whose reverse zone is "
                          "0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa, nor of pool.other_pools: nothing is ever changed in it",
                          "dns.zones: none of them holds anything of prefix, whose reverse zone is "
                          "0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa: nothing of it is delegated"));
  EXPECT_THAT(warnings_for("\"8.b.d.0.1.0.0.2.ip6.arpa\""), testing::IsEmpty()) << "around it";
  EXPECT_THAT(warnings_for("\"5.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa\""), testing::IsEmpty()) << "a part of it";
}

TEST(DnsKeys, EachZoneThatIsOfNoUseIsAWarning) {
  EXPECT_THAT(warnings_for("\"8.b.d.0.1.0.0.2.ip6.arpa\", \"9.b.d.0.1.0.0.2.ip6.arpa\""),
              ElementsAre(testing::StartsWith("dns.zones: 9.b.d.0.1.0.0.2.ip6.arpa holds nothing of prefix")));
  EXPECT_THAT(warnings_for("\"8.b.d.0.1.0.0.2.ip6.arpa\", \"9.b.d.0.1.0.0.2.ip6.arpa\"",
                           "[pool]\nother_pools = [\"2001:db9::/48\"]\n"),
              testing::IsEmpty())
      << "what accounts have from another broker";
  EXPECT_THAT(warnings_for("\"example.net\""),
              ElementsAre("dns.zones: example.net holds nothing of dns.domain: nothing is ever changed in it"));
}

}  // namespace dns_keys_test
}  // namespace tsp::linux_
