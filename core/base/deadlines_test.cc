// SPDX-License-Identifier: Apache-2.0
#include "core/base/deadlines.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tsp {
namespace deadlines_test {

using std::chrono::seconds;

Instant at(int second) {
  return Instant{seconds(second)};
}

TEST(Deadlines, ComeDueInTheOrderOfTheirTimes) {
  Deadlines<int> deadlines;
  deadlines.set(1, at(30));
  deadlines.set(2, at(10));
  EXPECT_EQ(deadlines.next(), at(10));
  EXPECT_EQ(deadlines.take_due(at(40)), 2);
  EXPECT_EQ(deadlines.take_due(at(40)), 1);
  EXPECT_EQ(deadlines.take_due(at(40)), std::nullopt);
}

TEST(Deadlines, AreNotDueBeforeTheirTime) {
  Deadlines<int> deadlines;
  deadlines.set(1, at(30));
  EXPECT_EQ(deadlines.take_due(at(29)), std::nullopt);
  EXPECT_EQ(deadlines.take_due(at(30)), 1);
}

TEST(Deadlines, SettingAgainMovesTheDeadline) {
  Deadlines<int> deadlines;
  deadlines.set(1, at(30));
  deadlines.set(1, at(50));
  EXPECT_EQ(deadlines.size(), 1U);
  EXPECT_EQ(deadlines.take_due(at(40)), std::nullopt);
  EXPECT_EQ(deadlines.next(), at(50));
}

TEST(Deadlines, AClearedKeyNeverComesDue) {
  Deadlines<int> deadlines;
  deadlines.set(1, at(30));
  deadlines.clear(1);
  deadlines.clear(2);
  EXPECT_EQ(deadlines.next(), std::nullopt);
  EXPECT_FALSE(deadlines.contains(1));
}

}  // namespace deadlines_test
}  // namespace tsp
