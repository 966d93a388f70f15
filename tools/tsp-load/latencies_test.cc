// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/latencies.h"

#include <gtest/gtest.h>

namespace tsp::load {
namespace latencies_test {

using std::chrono::milliseconds;

TEST(Latencies, PercentilesAreLatenciesThatWereMeasured) {
  Latencies latencies;
  for (int i = 10; i >= 1; --i) latencies.add(milliseconds(i));
  EXPECT_EQ(latencies.percentile(500), milliseconds(5));
  EXPECT_EQ(latencies.percentile(900), milliseconds(9));
  EXPECT_EQ(latencies.percentile(901), milliseconds(10));
  EXPECT_EQ(latencies.percentile(1), milliseconds(1));
  EXPECT_EQ(latencies.percentile(1000), milliseconds(10));
}

TEST(Latencies, WhatIsAddedLaterCounts) {
  Latencies latencies;
  latencies.add(milliseconds(7));
  EXPECT_EQ(latencies.percentile(1000), milliseconds(7));
  latencies.add(milliseconds(9));
  EXPECT_EQ(latencies.percentile(1000), milliseconds(9));
  EXPECT_EQ(latencies.count(), 2U);
}

TEST(Latencies, OfNothingAreZero) {
  Latencies latencies;
  EXPECT_EQ(latencies.percentile(500), Duration{});
}

}  // namespace latencies_test
}  // namespace tsp::load
