// SPDX-License-Identifier: Apache-2.0
#include "core/base/hex.h"

#include <array>

#include <gtest/gtest.h>

namespace tsp {
namespace hex_test {

using Two = std::array<std::uint8_t, 2>;

TEST(Hex, BytesAreTwoSmallDigitsEach) {
  EXPECT_EQ(to_hex(Two{0x0F, 0xA0}), "0fa0");
  EXPECT_EQ(to_hex({}), "");
}

TEST(Hex, EitherCaseIsRead) {
  EXPECT_EQ(parse_hex<Two>("0fA0"), (Two{0x0F, 0xA0}));
}

TEST(Hex, OnlyAsManyDigitsAsThereMustBeAreRead) {
  for (const std::string_view text : {"", "0fa", "0fa00", "0fg0", "+fa0", " fa0", "0x0f"}) {
    EXPECT_FALSE(parse_hex<Two>(text)) << text;
  }
}

}  // namespace hex_test
}  // namespace tsp
