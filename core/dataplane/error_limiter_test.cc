// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/error_limiter.h"

#include <gtest/gtest.h>

#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace error_limiter_test {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::address;

constexpr Instant kStart{seconds(1000)};

IPv6Address numbered(unsigned number) {
  IPv6Address result = address("2001:db8::");
  put32(result.octets, 12, number);
  return result;
}

unsigned allowed_of(ErrorLimiter& limiter, unsigned attempts, Instant now) {
  unsigned allowed = 0;
  for (unsigned i = 0; i < attempts; ++i) allowed += limiter.allow(numbered(1), numbered(2), now) ? 1 : 0;
  return allowed;
}

TEST(ErrorLimiter, AFlowGetsABurstAndNoMore) {
  ErrorLimiter limiter;
  EXPECT_EQ(allowed_of(limiter, 100, kStart), ErrorLimiter::kPerFlowPerSecond);
}

TEST(ErrorLimiter, AnotherFlowIsNotAffected) {
  ErrorLimiter limiter;
  EXPECT_EQ(allowed_of(limiter, 100, kStart), ErrorLimiter::kPerFlowPerSecond);
  EXPECT_TRUE(limiter.allow(numbered(1), numbered(3), kStart));
  EXPECT_TRUE(limiter.allow(numbered(2), numbered(1), kStart));
}

TEST(ErrorLimiter, TokensComeBackOneByOneAndNeverMoreThanABurst) {
  ErrorLimiter limiter;
  EXPECT_EQ(allowed_of(limiter, 100, kStart), ErrorLimiter::kPerFlowPerSecond);
  EXPECT_EQ(allowed_of(limiter, 100, kStart + milliseconds(100)), 1U);
  EXPECT_EQ(allowed_of(limiter, 100, kStart + milliseconds(350)), 2U);
  EXPECT_EQ(allowed_of(limiter, 100, kStart + seconds(3600)), ErrorLimiter::kPerFlowPerSecond);
}

TEST(ErrorLimiter, FrequentAttemptsDoNotRoundTheRefillAway) {
  ErrorLimiter limiter;
  EXPECT_EQ(allowed_of(limiter, 100, kStart), ErrorLimiter::kPerFlowPerSecond);
  unsigned allowed = 0;
  for (int i = 1; i <= 100'000; ++i) allowed += allowed_of(limiter, 1, kStart + i * microseconds(10));
  EXPECT_EQ(allowed, ErrorLimiter::kPerFlowPerSecond);
}

TEST(ErrorLimiter, AllFlowsTogetherHaveALimit) {
  ErrorLimiter limiter;
  unsigned allowed = 0;
  for (unsigned flow = 0; flow < 5000; ++flow) allowed += limiter.allow(numbered(flow), numbered(1), kStart) ? 1 : 0;
  EXPECT_EQ(allowed, ErrorLimiter::kPerSecond);
}

TEST(ErrorLimiter, AClockThatStandsStillOrGoesBackGivesNothing) {
  ErrorLimiter limiter;
  EXPECT_EQ(allowed_of(limiter, 100, kStart), ErrorLimiter::kPerFlowPerSecond);
  EXPECT_EQ(allowed_of(limiter, 100, kStart - seconds(5)), 0U);
}

}  // namespace error_limiter_test
}  // namespace tsp::dataplane
