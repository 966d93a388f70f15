// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/table.h"

#include <gtest/gtest.h>

namespace tsp::tspctl {
namespace table_test {

TEST(Table, ColumnsAreAsWideAsTheirLongestCell) {
  EXPECT_EQ(render_table({{"A", "LONG", "Z"}, {"wide", "b", ""}}), "A     LONG  Z\nwide  b\n");
}

TEST(Table, WidthIsCountedInCharacters) {
  EXPECT_EQ(render_table({{"J\xC3\xBCrgen", "x"}, {"abcdef", "y"}}), "J\xC3\xBCrgen  x\nabcdef  y\n");
}

TEST(HumanBytes, HasOneFractionalDigitFromOneThousandOn) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 kB");
  EXPECT_EQ(human_bytes(1'999'999), "1.9 MB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "18446.7 PB");
}

TEST(HumanSeconds, HasTheTwoLargestUnits) {
  EXPECT_EQ(human_seconds(59), "59 s");
  EXPECT_EQ(human_seconds(60), "1 min");
  EXPECT_EQ(human_seconds(3725), "1 h 2 min");
  EXPECT_EQ(human_seconds(90'000), "1 d 1 h");
}

}  // namespace table_test
}  // namespace tsp::tspctl
