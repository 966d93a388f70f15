// SPDX-License-Identifier: Apache-2.0
#include "core/base/token_bucket.h"

#include <gtest/gtest.h>

namespace tsp {
namespace token_bucket_test {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kStart{hours(1)};

int take_all(TokenBuckets& buckets, std::uint64_t key, Instant now) {
  int taken = 0;
  while (taken < 10'000 && buckets.take(key, now)) ++taken;
  return taken;
}

TEST(TokenBuckets, ABurstIsAllowedAtOnceAndNoMore) {
  TokenBuckets buckets({.per_second = 1, .burst = 5}, 10);
  EXPECT_EQ(take_all(buckets, 1, kStart), 5);
  EXPECT_FALSE(buckets.available(1, kStart));
}

TEST(TokenBuckets, TokensComeBackAtTheRateUpToTheBurst) {
  TokenBuckets buckets({.per_second = 2, .burst = 5}, 10);
  ASSERT_EQ(take_all(buckets, 1, kStart), 5);
  EXPECT_EQ(take_all(buckets, 1, kStart + milliseconds(499)), 0);
  EXPECT_EQ(take_all(buckets, 1, kStart + milliseconds(500)), 1);
  EXPECT_EQ(take_all(buckets, 1, kStart + milliseconds(2000)), 3);
  EXPECT_EQ(take_all(buckets, 1, kStart + hours(24 * 365 * 200)), 5);
}

TEST(TokenBuckets, VainAttemptsDoNotSlowTheRefill) {
  TokenBuckets buckets({.per_second = 1, .burst = 1}, 10);
  ASSERT_TRUE(buckets.take(1, kStart));
  for (int i = 1; i < 1000; ++i) ASSERT_FALSE(buckets.take(1, kStart + i * microseconds(999)));
  EXPECT_TRUE(buckets.take(1, kStart + seconds(1)));
}

TEST(TokenBuckets, KeysDoNotShareTokens) {
  TokenBuckets buckets({.per_second = 1, .burst = 2}, 10);
  EXPECT_EQ(take_all(buckets, 1, kStart), 2);
  EXPECT_EQ(take_all(buckets, 2, kStart), 2);
}

TEST(TokenBuckets, AskingTakesNothing) {
  TokenBuckets buckets({.per_second = 1, .burst = 1}, 10);
  EXPECT_TRUE(buckets.available(1, kStart));
  EXPECT_TRUE(buckets.available(1, kStart));
  EXPECT_EQ(buckets.size(), 0U);
  EXPECT_TRUE(buckets.take(1, kStart));
}

TEST(TokenBuckets, AtTheBoundTheOneUsedLongestAgoIsForgotten) {
  TokenBuckets buckets({.per_second = 1, .burst = 1}, 2);
  ASSERT_TRUE(buckets.take(1, kStart));
  ASSERT_TRUE(buckets.take(2, kStart));
  ASSERT_FALSE(buckets.take(1, kStart)) << "makes 2 the one used longest ago";
  ASSERT_TRUE(buckets.take(3, kStart));
  EXPECT_EQ(buckets.size(), 2U);
  EXPECT_FALSE(buckets.available(1, kStart));
  EXPECT_TRUE(buckets.available(2, kStart));
}

TEST(TokenBuckets, FullBucketsAreForgottenInTime) {
  TokenBuckets buckets({.per_second = 1, .burst = 1}, 1000);
  for (std::uint64_t key = 0; key < 100; ++key) ASSERT_TRUE(buckets.take(key, kStart));
  ASSERT_EQ(buckets.size(), 100U);
  for (int i = 0; i < 100; ++i) (void)buckets.take(1000, kStart + seconds(2));
  EXPECT_EQ(buckets.size(), 1U);
}

TEST(TokenBuckets, AClockThatStepsBackGivesNothing) {
  TokenBuckets buckets({.per_second = 1000, .burst = 1}, 10);
  ASSERT_TRUE(buckets.take(1, kStart));
  EXPECT_FALSE(buckets.take(1, kStart - seconds(10)));
}

TEST(TokenBuckets, ExtremeLimitsDoNotOverflow) {
  TokenBuckets wide({.per_second = UINT32_MAX, .burst = UINT32_MAX}, 10);
  EXPECT_TRUE(wide.take(1, kStart));
  EXPECT_TRUE(wide.take(1, kStart + hours(24 * 365 * 200)));
  TokenBuckets none({.per_second = 1, .burst = 0}, 10);
  EXPECT_FALSE(none.take(1, kStart));
  EXPECT_FALSE(none.available(1, kStart));
  TokenBuckets once({.per_second = 0, .burst = 1}, 10);
  EXPECT_TRUE(once.take(1, kStart));
  EXPECT_FALSE(once.take(1, kStart + hours(1000)));
}

TEST(TokenBuckets, LimitsBelowOneASecondRefillInTime) {
  TokenBuckets buckets({.per_second = 3, .burst = 3, .seconds = 60}, 10);
  EXPECT_EQ(take_all(buckets, 1, kStart), 3);
  EXPECT_FALSE(buckets.take(1, kStart + seconds(19)));
  EXPECT_TRUE(buckets.take(1, kStart + seconds(20)));
  EXPECT_FALSE(buckets.take(1, kStart + seconds(20)));
  EXPECT_EQ(take_all(buckets, 1, kStart + seconds(81)), 3);
}

TEST(TokenBuckets, ANewLimitHoldsForOldBuckets) {
  TokenBuckets buckets({.per_second = 1, .burst = 10}, 10);
  ASSERT_TRUE(buckets.take(1, kStart));
  buckets.set_limit({.per_second = 1, .burst = 2});
  EXPECT_EQ(take_all(buckets, 1, kStart), 2);
}

}  // namespace token_bucket_test
}  // namespace tsp
