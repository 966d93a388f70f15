// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/history_trimmer.h"

#include <gtest/gtest.h>

namespace tsp::linux_::store {
namespace history_trimmer_test {

using std::chrono::days;
using std::chrono::hours;

constexpr HistoryTrimmer::SteadyTime kStart{hours(1)};
constexpr WallTime kNow{hours(24) * 100};

TEST(HistoryTrimmer, WhatIsOlderThanItsDaysIsDueAtOnce) {
  const HistoryTrimmer trimmer(days(30));
  EXPECT_EQ(trimmer.due(kStart, kNow), (WallTime{hours(24) * 70}));
}

TEST(HistoryTrimmer, WithoutANumberOfDaysNothingIsEverDue) {
  EXPECT_EQ(HistoryTrimmer(days(0)).due(kStart + hours(10'000), kNow), std::nullopt);
}

TEST(HistoryTrimmer, ItRestsWhenThereIsNoMoreToForget) {
  HistoryTrimmer trimmer(days(30));
  trimmer.stepped(kStart, true);
  EXPECT_EQ(trimmer.due(kStart, kNow), std::nullopt) << "whoever waits for a commit comes first";
  EXPECT_TRUE(trimmer.due(kStart + HistoryTrimmer::kPause, kNow));
  trimmer.stepped(kStart, false);
  EXPECT_EQ(trimmer.due(kStart + HistoryTrimmer::kPause, kNow), std::nullopt);
  EXPECT_TRUE(trimmer.due(kStart + HistoryTrimmer::kRest, kNow));
}

}  // namespace history_trimmer_test
}  // namespace tsp::linux_::store
