// SPDX-License-Identifier: Apache-2.0
#include "core/broker/home_redirects.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tsp::broker {
namespace home_redirects_test {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr AccountId kAlice{5};
constexpr AccountId kBob{6};

TEST(HomeRedirects, AnAccountIsSentSoManyTimesAndThenNoMoreAsLongAsItComesBack) {
  HomeRedirects redirects;
  Instant now{};
  for (int time = 0; time < 3; ++time, now = now + seconds(30)) EXPECT_TRUE(redirects.take(kAlice, 3, now));
  for (int time = 0; time < 100; ++time, now = now + minutes(5)) EXPECT_FALSE(redirects.take(kAlice, 3, now));
}

// Clients wait longer from time to time.
TEST(HomeRedirects, TheTimeBetweenDoesNotMatterBelowTenMinutes) {
  HomeRedirects redirects;
  Instant now{};
  EXPECT_TRUE(redirects.take(kAlice, 2, now));
  EXPECT_TRUE(redirects.take(kAlice, 2, now = now + minutes(10)));
  EXPECT_FALSE(redirects.take(kAlice, 2, now = now + minutes(10)));
}

TEST(HomeRedirects, WhoStaysAwayIsSentAgain) {
  HomeRedirects redirects;
  EXPECT_TRUE(redirects.take(kAlice, 1, Instant{}));
  EXPECT_FALSE(redirects.take(kAlice, 1, Instant{} + minutes(5)));
  EXPECT_FALSE(redirects.take(kAlice, 1, Instant{} + minutes(11)));
  EXPECT_TRUE(redirects.take(kAlice, 1, Instant{} + minutes(22)));
}

TEST(HomeRedirects, EachAccountCountsForItself) {
  HomeRedirects redirects;
  EXPECT_TRUE(redirects.take(kAlice, 1, Instant{}));
  EXPECT_TRUE(redirects.take(kBob, 1, Instant{}));
  EXPECT_FALSE(redirects.take(kAlice, 1, Instant{}));
}

TEST(HomeRedirects, WhoDoesNotComeBackIsForgotten) {
  HomeRedirects redirects;
  for (std::uint64_t account = 1; account <= 100; ++account) {
    EXPECT_TRUE(redirects.take(AccountId{account}, 3, Instant{}));
  }
  EXPECT_TRUE(redirects.take(kAlice, 3, Instant{} + minutes(1)));
  EXPECT_TRUE(redirects.take(kBob, 3, Instant{} + minutes(11)));
  EXPECT_EQ(redirects.size(), 2U);
}

}  // namespace home_redirects_test
}  // namespace tsp::broker
