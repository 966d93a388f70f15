// SPDX-License-Identifier: Apache-2.0
#include "core/base/decimal.h"

#include <gtest/gtest.h>

namespace tsp {
namespace decimal_test {

TEST(ParseDecimal, ReadsDigitsUpToTheGreatestAllowed) {
  EXPECT_EQ(parse_decimal("0", 0), 0U);
  EXPECT_EQ(parse_decimal("86400", 86400), 86400U);
  EXPECT_EQ(parse_decimal("0035", 4096), 35U);
  EXPECT_EQ(parse_decimal("4294967295", UINT32_MAX), UINT32_MAX);
}

TEST(ParseDecimal, RefusesEverythingElse) {
  for (const std::string_view text : {"", " ", "+1", "-1", "1 ", " 1", "1.0", "0x10", "1e3", "86401", "4294967296",
                                      "18446744073709551617", "99999999999999999999999999"}) {
    EXPECT_FALSE(parse_decimal(text, 86400).has_value()) << text;
  }
}

}  // namespace decimal_test
}  // namespace tsp
