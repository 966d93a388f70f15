// SPDX-License-Identifier: Apache-2.0
#include "core/client/udp_fallback.h"

#include <gtest/gtest.h>

namespace tsp::client {
namespace udp_fallback_test {

using namespace std::chrono_literals;

constexpr Instant kStart{100s};

UdpFallback fallen_back(Instant now = kStart) {
  UdpFallback fallback(RequestedType::V6AnyV4);
  (void)fallback.protocol_41_is_silent(now);
  fallback.begin_round(now);
  return fallback;
}

Offer offer_of(TunnelType type, std::uint32_t keepalive_seconds = 20) {
  Offer offer;
  offer.type = type;
  offer.keepalive_seconds = keepalive_seconds;
  return offer;
}

TEST(UdpFallback, OnlyProtocol41ThatNobodyAskedForIsDoubtful) {
  EXPECT_TRUE(UdpFallback(RequestedType::V6AnyV4).is_doubtful(offer_of(TunnelType::V6V4)));
  EXPECT_FALSE(UdpFallback(RequestedType::V6AnyV4).is_doubtful(offer_of(TunnelType::V6UdpV4)));
  EXPECT_FALSE(UdpFallback(RequestedType::V6V4).is_doubtful(offer_of(TunnelType::V6V4)));
}

TEST(UdpFallback, UdpIsAskedForUntilTheHoldIsOver) {
  UdpFallback fallback = fallen_back();
  EXPECT_EQ(fallback.type(), RequestedType::V6UdpV4);
  fallback.begin_round(kStart + 59min);
  EXPECT_EQ(fallback.type(), RequestedType::V6UdpV4);
  fallback.begin_round(kStart + 60min);
  EXPECT_EQ(fallback.type(), RequestedType::V6AnyV4);
}

TEST(UdpFallback, HoldsGrowToADayAsLongAsProtocol41IsSilent) {
  UdpFallback fallback(RequestedType::V6AnyV4);
  for (const Duration hold : {Duration(1h), Duration(2h), Duration(4h), Duration(8h), Duration(16h), Duration(24h)}) {
    EXPECT_EQ(fallback.protocol_41_is_silent(kStart), hold);
  }
  EXPECT_EQ(fallback.protocol_41_is_silent(kStart), UdpFallback::kHoldMax);
  fallback.confirmed(TunnelType::V6V4);
  EXPECT_EQ(fallback.protocol_41_is_silent(kStart), UdpFallback::kHoldMin);
}

TEST(UdpFallback, UdpThatFailsBeforeItEverWorkedWasTheWrongConclusion) {
  UdpFallback fallback = fallen_back();
  fallback.failed();
  fallback.begin_round(kStart + 1s);
  EXPECT_EQ(fallback.type(), RequestedType::V6AnyV4);
  EXPECT_EQ(fallback.protocol_41_is_silent(kStart), 2h) << "what is concluded again is believed longer";
}

TEST(UdpFallback, UdpThatHasWorkedIsKeptWhileTheServerIsAway) {
  UdpFallback fallback = fallen_back();
  fallback.confirmed(TunnelType::V6UdpV4);
  for (int round = 1; round <= 5; ++round) {
    fallback.failed();
    fallback.begin_round(kStart + round * 1min);
    EXPECT_EQ(fallback.type(), RequestedType::V6UdpV4);
  }
}

TEST(UdpFallback, RoundsThatDidNotAskForUdpSayNothingAboutIt) {
  UdpFallback fallback(RequestedType::V6AnyV4);
  fallback.failed();
  (void)fallback.protocol_41_is_silent(kStart);
  fallback.failed();
  fallback.begin_round(kStart);
  EXPECT_EQ(fallback.type(), RequestedType::V6UdpV4);
}

TEST(UdpFallback, WithoutKeepalivesATunnelIsLeftAloneWhereUdpIsNoWayOut) {
  UdpFallback fallback = fallen_back();
  EXPECT_TRUE(fallback.is_doubtful(offer_of(TunnelType::V6V4, 0)));
  fallback.failed();
  EXPECT_FALSE(fallback.is_doubtful(offer_of(TunnelType::V6V4, 0)));
  EXPECT_TRUE(fallback.is_doubtful(offer_of(TunnelType::V6V4, 20))) << "it is lost anyway";
}

TEST(UdpFallback, AnotherNetworkIsTriedAfresh) {
  UdpFallback fallback = fallen_back();
  fallback.forget();
  EXPECT_EQ(fallback.type(), RequestedType::V6AnyV4);
  fallback.begin_round(kStart);
  EXPECT_EQ(fallback.type(), RequestedType::V6AnyV4);
  EXPECT_EQ(fallback.protocol_41_is_silent(kStart), UdpFallback::kHoldMin);
}

}  // namespace udp_fallback_test
}  // namespace tsp::client
