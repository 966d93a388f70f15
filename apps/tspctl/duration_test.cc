// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/duration.h"

#include <gtest/gtest.h>

namespace tsp::tspctl {
namespace duration_test {

TEST(ParseDuration, IsANumberWithAUnit) {
  EXPECT_EQ(parse_duration("90"), 90U);
  EXPECT_EQ(parse_duration("90s"), 90U);
  EXPECT_EQ(parse_duration("15m"), 900U);
  EXPECT_EQ(parse_duration("2h"), 7200U);
  EXPECT_EQ(parse_duration("1d"), 86400U);
}

TEST(ParseDuration, AnythingElseIsNone) {
  for (const char* text :
       {"", "s", "1w", "-1s", "1.5h", "1h30m", " 1s", "1 s", "99999999999999999999", "999999999999999999d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace duration_test
}  // namespace tsp::tspctl
