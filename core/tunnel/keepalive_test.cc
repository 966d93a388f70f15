// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/keepalive.h"

#include <gtest/gtest.h>

namespace tsp::tunnel {
namespace keepalive_test {

using std::chrono::hours;
using std::chrono::seconds;

TEST(Keepalive, ARequestWithinTheLimitsIsGranted) {
  EXPECT_EQ(negotiate_keepalive(15, BrokerConfig{}), 15U);
}

TEST(Keepalive, ALongIntervalIsCutBecauseNatsForget) {
  EXPECT_EQ(negotiate_keepalive(30, BrokerConfig{}), 25U);
}

TEST(Keepalive, AShortIntervalIsRaised) {
  EXPECT_EQ(negotiate_keepalive(1, BrokerConfig{}), 10U);
}

TEST(Keepalive, AClientThatAsksForNoneGetsTheDefault) {
  EXPECT_EQ(negotiate_keepalive(std::nullopt, BrokerConfig{}), 25U);
  EXPECT_EQ(negotiate_keepalive(0, BrokerConfig{}), 25U);
}

TEST(Keepalive, TheOperatorCanOfferNoneToThoseWhoDoNotAsk) {
  BrokerConfig config;
  config.keepalive_seconds_default = 0;
  EXPECT_EQ(negotiate_keepalive(std::nullopt, config), 0U);
  EXPECT_EQ(negotiate_keepalive(20, config), 20U);
}

TEST(Keepalive, AMaximumOfZeroOffersNoneToAnyone) {
  BrokerConfig config;
  config.keepalive_seconds_max = 0;
  EXPECT_EQ(negotiate_keepalive(20, config), 0U);
}

TEST(IdleTime, CoversThreeLostKeepalivesAndIsNeverBelowTheMinimum) {
  BrokerConfig config;
  EXPECT_EQ(idle_time(25, config), seconds(120));
  EXPECT_EQ(idle_time(60, config), seconds(195));
  config.idle_time_min = seconds(1);
  EXPECT_EQ(idle_time(10, config), seconds(45));
}

TEST(IdleTime, WithoutKeepaliveIsALongTimeOfItsOwn) {
  EXPECT_EQ(idle_time(0, BrokerConfig{}), hours(24));
}

TEST(SuspiciousSilence, IsTwoLostKeepalivesAndShorterThanTheIdleTime) {
  BrokerConfig config;
  EXPECT_EQ(suspicious_silence(30, config), seconds(65));
  EXPECT_EQ(suspicious_silence(0, config), config.idle_time_min);
  for (const std::uint32_t keepalive : {0U, 10U, 60U, 300U}) {
    EXPECT_LT(suspicious_silence(keepalive, config), idle_time(keepalive, config));
  }
}

}  // namespace keepalive_test
}  // namespace tsp::tunnel
