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

TEST(DescribeConfig, NamesAddressesMechanismsAndTheLayout) {
  const auto lines = describe_config(parse("prefix = \"2a00:1::/48\"\n[auth]\nanonymous = true\n"));

  ASSERT_GT(lines.size(), 1U);
  EXPECT_EQ(lines.front(), "serves on 0.0.0.0:3653 (UDP and TCP), log-in by DIGEST-MD5, ANONYMOUS");
}

}  // namespace describe_test
}  // namespace tsp::linux_
