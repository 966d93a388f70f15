// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/guess_limits.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tsp::linux_ {
namespace guess_limits_test {

using std::chrono::seconds;

const IPv6Address kHere = map_ipv4({{192, 0, 2, 7}});
const IPv6Address kElsewhere = map_ipv4({{198, 51, 100, 7}});

class GuessLimitsTest : public testing::Test {
 protected:
  void fail(const std::string& login, const IPv6Address& source, int times) {
    for (int i = 0; i < times; ++i) limits_.failed(login, source, now_);
  }
  [[nodiscard]] std::optional<Duration> wait(const std::string& login, const IPv6Address& source) {
    return limits_.wait(login, source, now_);
  }

  GuessLimits limits_;
  Instant now_{std::chrono::hours(1)};
};

TEST_F(GuessLimitsTest, EachFailureAfterTheFirstDoublesTheWait) {
  EXPECT_EQ(wait("alice", kHere), std::nullopt);
  fail("alice", kHere, 1);
  EXPECT_EQ(wait("alice", kHere), std::nullopt) << "a slip of the finger";
  fail("alice", kHere, 1);
  EXPECT_EQ(wait("alice", kHere), seconds(1));
  fail("alice", kHere, 1);
  EXPECT_EQ(wait("alice", kHere), seconds(2));
  now_.since_boot += seconds(2);
  EXPECT_EQ(wait("alice", kHere), std::nullopt);
}

TEST_F(GuessLimitsTest, TheWaitHasAnEnd) {
  for (int i = 0; i < 100; ++i) {
    fail("alice", kHere, 1);
    now_.since_boot += seconds(2);
  }
  now_.since_boot += seconds(60);
  EXPECT_EQ(wait("alice", kHere), std::nullopt);
  fail("alice", kHere, 1);
  EXPECT_EQ(wait("alice", kHere), std::chrono::minutes(1));
}

TEST_F(GuessLimitsTest, AnOwnerElsewhereIsNotLockedOut) {
  fail("alice", kHere, 15);
  EXPECT_NE(wait("alice", kHere), std::nullopt);
  EXPECT_EQ(wait("alice", kElsewhere), std::nullopt);
  EXPECT_EQ(wait("bob", kHere), std::nullopt);
}

TEST_F(GuessLimitsTest, ASuccessMakesUpForFailures) {
  fail("alice", kHere, 5);
  limits_.succeeded("alice", kHere);
  EXPECT_EQ(wait("alice", kHere), std::nullopt);
  fail("alice", kHere, 1);
  EXPECT_EQ(wait("alice", kHere), std::nullopt);
}

TEST_F(GuessLimitsTest, ASourceThatTriesManyLoginsIsSlowedDown) {
  for (int i = 0; i < 20; ++i) fail("login" + std::to_string(i), kHere, 1);
  EXPECT_NE(wait("alice", kHere), std::nullopt);
  EXPECT_NE(wait("", kHere), std::nullopt);
  EXPECT_EQ(wait("alice", kElsewhere), std::nullopt);
  now_.since_boot += seconds(1);
  EXPECT_EQ(wait("alice", kHere), std::nullopt);
}

TEST_F(GuessLimitsTest, WhatIsRememberedIsBounded) {
  fail("alice", kHere, 8);
  for (std::size_t i = 0; i < GuessLimits::kRemembered; ++i) fail("x" + std::to_string(i), kElsewhere, 1);
  now_.since_boot += seconds(10);
  EXPECT_EQ(wait("alice", kHere), std::nullopt) << "the oldest was forgotten";
}

}  // namespace guess_limits_test
}  // namespace tsp::linux_
