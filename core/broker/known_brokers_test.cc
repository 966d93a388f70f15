// SPDX-License-Identifier: Apache-2.0
#include "core/broker/known_brokers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace tsp::broker {
namespace known_brokers_test {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr BrokerId kSelf{1};
constexpr BrokerId kOther{2};

class KnownBrokersTest : public testing::Test {
 protected:
  KnownBrokersTest() {
    other.id = kOther;
    other.capacity = 10;
    other.interval_seconds = 2;
    other.pools = {*parse_prefix("2001:db8:2::/48")};
    other.heard = now.wall;
  }
  // Two seconds later; `told`: the other has written since.
  KnownBrokers::News next(bool told = true) {
    now.mono = now.mono + seconds(2);
    now.wall = now.wall + seconds(2);
    if (told) other.heard = other.heard + seconds(2);
    return brokers.update({own, other}, kSelf, now, seconds(4));
  }
  std::string obstacle_of_other() { return obstacle(*brokers.find(kOther)).value_or("none"); }

  Now now{.mono = {hours(1)}, .wall = {hours(500'000)}};
  BrokerRecord own{.id = kSelf};
  BrokerRecord other;
  KnownBrokers brokers;
};

TEST_F(KnownBrokersTest, ABrokerOnTheStoreIsKnownAndThisOneIsPassedOver) {
  const auto news = next();

  EXPECT_THAT(news.lines, ElementsAre("broker 2 is on the store and takes clients"));
  EXPECT_THAT(news.other_pools, ElementsAre(kOther));
  EXPECT_EQ(brokers.all().size(), 1U);
  EXPECT_EQ(obstacle_of_other(), "none");
}

TEST_F(KnownBrokersTest, WhoTellsNothingNewForMoreThanThreeTurnsIsSilentUntilItDoes) {
  static_cast<void>(next());
  for (int turn = 0; turn < 3; ++turn) EXPECT_THAT(next(false).lines, IsEmpty());
  EXPECT_EQ(obstacle_of_other(), "none");

  EXPECT_THAT(next(false).lines, ElementsAre("broker 2 is not heard of any more"));
  EXPECT_EQ(obstacle_of_other(), "has not been heard of for 8 s");
  EXPECT_THAT(next(false).lines, IsEmpty()) << "said once";

  EXPECT_THAT(next().lines, ElementsAre("broker 2 takes clients"));
  EXPECT_EQ(obstacle_of_other(), "none");
}

TEST_F(KnownBrokersTest, AClockThatIsHoursWrongIsSeenThroughWithTheNextTurn) {
  other.heard = now.wall + hours(7);
  static_cast<void>(next());
  EXPECT_TRUE(is_silent(*brokers.find(kOther)));

  static_cast<void>(next());

  EXPECT_EQ(obstacle_of_other(), "none");
}

TEST_F(KnownBrokersTest, WhoWasSilentLongAgoIsSilentAtFirstSight) {
  other.heard = now.wall + -hours(1);

  EXPECT_THAT(next().lines, ElementsAre("broker 2 is on the store and is not heard of any more"));
}

TEST_F(KnownBrokersTest, TimeInWhichTheStoreWasAwayIsNobodysSilence) {
  static_cast<void>(next());
  now.mono = now.mono + hours(1);

  EXPECT_THAT(next(false).lines, IsEmpty());
  EXPECT_EQ(obstacle_of_other(), "none");
}

TEST_F(KnownBrokersTest, WhoDrainsIsFullOrHasStoppedTakesNoClients) {
  static_cast<void>(next());
  other.tunnels = 10;
  EXPECT_THAT(next().lines, ElementsAre("broker 2 is full"));
  other.state = BrokerState::Draining;
  EXPECT_THAT(next().lines, ElementsAre("broker 2 drains"));
  other.state = BrokerState::Stopped;
  EXPECT_THAT(next().lines, ElementsAre("broker 2 has stopped"));
  other.state = BrokerState::Up;
  other.capacity = 0;

  EXPECT_THAT(next().lines, ElementsAre("broker 2 takes clients")) << "it states no limit";
}

TEST_F(KnownBrokersTest, OtherPoolsAreNoticedAndWhoWasStruckIsForgotten) {
  static_cast<void>(next());
  EXPECT_THAT(next().other_pools, IsEmpty());
  other.pools = {*parse_prefix("2001:db8:3::/48")};
  EXPECT_THAT(next().other_pools, ElementsAre(kOther));

  const auto news = brokers.update({own}, kSelf, now, seconds(4));

  EXPECT_THAT(news.lines, ElementsAre("broker 2 is not on the store any more"));
  EXPECT_EQ(brokers.find(kOther), nullptr);
}

}  // namespace known_brokers_test
}  // namespace tsp::broker
