// SPDX-License-Identifier: Apache-2.0
//
// The habits of gogoc 1.2, as they were measured with the real program.
#include "adapters/sim/gogoc_client.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <vector>

#include "adapters/sim/gogoc_patience.h"
#include "adapters/sim/world.h"
#include "core/dataplane/drop_reason.h"
#include "core/wire/udp_header.h"

namespace tsp::sim {
namespace gogoc_client_test {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kLong = minutes(10);

std::vector<long> pauses_of(RetransmissionTimer& timer) {
  std::vector<long> pauses;
  timer.begin_message();
  while (const auto pause = timer.next_pause()) pauses.push_back(*pause / seconds(1));
  return pauses;
}

TEST(RetransmissionTimer, GivesUpSoonWhenNobodyHasEverAnswered) {
  RetransmissionTimer timer;
  EXPECT_EQ(pauses_of(timer), (std::vector<long>{2, 2, 2}));
}

TEST(RetransmissionTimer, WaitsForAServerThatHasAnsweredLongerAndLonger) {
  RetransmissionTimer timer;
  timer.answered(1020, 1000);
  EXPECT_EQ(pauses_of(timer), (std::vector<long>{2, 2, 2, 2, 4, 8, 16, 30}));
}

TEST(RetransmissionTimer, BacksOffFromTheFirstTimeoutOnceItHas) {
  RetransmissionTimer timer;
  timer.answered(1020, 1000);
  EXPECT_EQ(pauses_of(timer).size(), 8U);
  timer.answered(2020, 2000);
  EXPECT_EQ(pauses_of(timer), (std::vector<long>{2, 4, 8, 16, 30, 30, 30, 30}));
}

TEST(RetransmissionTimer, WaitsInWholeSecondsAfterALateAnswer) {
  RetransmissionTimer timer;
  timer.answered(5400, 0);  // 0.675 + 4 * 1.725 = 7.575
  EXPECT_EQ(pauses_of(timer).front(), 7);
}

TEST(RetransmissionTimer, WaitsNoLongerThanHalfAMinuteWhateverIsEchoed) {
  RetransmissionTimer timer;
  timer.answered(0, 1);
  EXPECT_EQ(pauses_of(timer), (std::vector<long>{30, 30, 30, 30, 30, 30, 30, 30}));
}

TEST(RetryDelay, DoublesWithEachRefusalUntilATunnelIsUp) {
  RetryDelay delay(seconds(30));
  for (const auto wanted : {seconds(30), seconds(60), seconds(120), seconds(240), seconds(300), seconds(300)}) {
    EXPECT_EQ(delay.refused(), wanted);
  }
  delay.succeeded();
  EXPECT_EQ(delay.refused(), seconds(30));
}

TEST(RetryDelay, DoublesWithEachThirdBusyAnswer) {
  RetryDelay delay(seconds(30));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(delay.busy(), seconds(30));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(delay.busy(), seconds(60));
  EXPECT_EQ(delay.busy(), seconds(120));
  EXPECT_EQ(delay.unreachable(), seconds(30));
}

// The client alone; whatever it sends is lost.
struct Lonely {
  Lonely() { run_for(Duration{}); }

  void run_for(Duration time) {
    const Instant end = now + time;
    while (client.next_deadline() <= end) {
      now = client.next_deadline();
      client.advance(now);
      for (const Departure& departure : client.take_departures()) {
        sent.push_back({.at = now, .port = departure.port, .payload = departure.payload});
      }
    }
    now = end;
  }

  struct Sent {
    Instant at;
    std::uint16_t port = 0;
    Bytes payload;
  };

  Instant now{minutes(60)};
  GogocClient client{GogocOptions{},
                     Host{.address = map_ipv4({{198, 18, 0, 7}}), .server = {}, .random = Random(Seed{}), .now = now}};
  std::vector<Sent> sent;
};

TEST(GogocClient, SaysTheSameThreeTimesAndBeginsAnewAfterHalfAMinuteFromAnotherPort) {
  Lonely world;
  world.run_for(seconds(38));
  ASSERT_GE(world.sent.size(), 4U);
  const auto& first = world.sent[0];
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((world.sent[i].at - first.at) / seconds(1), static_cast<long>(2 * i));
    EXPECT_EQ(world.sent[i].port, first.port);
    const auto header = wire::parse_udp_header(world.sent[i].payload);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->sequence, wire::Sequence(0xF0));
    EXPECT_EQ(header->timestamp(), world.sent[i].at.since_boot / milliseconds(1));
  }
  EXPECT_EQ((world.sent[3].at - first.at) / seconds(1), 36);
  EXPECT_NE(world.sent[3].port, first.port);
}

TEST(GogocClient, TakesPortUnreachableForTheEndOfTheAttempt) {
  Lonely world;
  world.run_for(seconds(1));
  ASSERT_EQ(world.sent.size(), 1U);
  world.client.refuse(world.now, world.sent[0].port);
  const Instant refused = world.now;
  world.run_for(seconds(30));
  ASSERT_EQ(world.sent.size(), 2U);
  EXPECT_EQ(world.sent[1].at - refused, seconds(30));
}

struct Connected : testing::Test {
  explicit Connected(bool closed_port_answers = false) : world(options(closed_port_answers), 7) {
    index = world.add_client(GogocOptions{});
    world.run_until([&] { return client().state() == GogocState::Up; }, kLong);
  }
  static WorldOptions options(bool closed_port_answers) {
    WorldOptions options = default_world();
    options.closed_port_answers = closed_port_answers;
    return options;
  }
  [[nodiscard]] GogocClient& client() { return world.client(index); }

  World world;
  ClientIndex index = 0;
};

TEST_F(Connected, SolicitsRoutersThreeTimesAndTheBrokerDropsThatQuietly) {
  ASSERT_EQ(client().state(), GogocState::Up);
  const std::size_t events = world.events().size();
  world.run_for(seconds(20));
  EXPECT_EQ(world.datapath().dropped(dataplane::DropReason::LinkScope), 3U);
  EXPECT_EQ(world.events().size(), events);
}

TEST_F(Connected, NoticesWithinThreeKeepalivesThatNobodyAnswers) {
  ASSERT_EQ(client().state(), GogocState::Up);
  ASSERT_EQ(client().offer()->keepalive_seconds, 25U);  // the broker's word, though it asked for 30
  world.run_for(seconds(110));
  EXPECT_EQ(client().echoes_answered(), 4U);
  const Instant cut = world.now();
  world.link().down_is_cut = true;
  world.run_until([&] { return client().attempts() == 2; }, kLong);
  EXPECT_EQ((world.now() - cut) / seconds(1), 70);  // the echoes after 125, 150 and 175 s, and five seconds more
}

struct OnAClosedPort : Connected {
  OnAClosedPort() : Connected(true) {}
};

// A short restart with a closed port costs each client half a minute.
TEST_F(OnAClosedPort, ConnectsAnewAtOnceAndThenWaitsHalfAMinute) {
  ASSERT_EQ(client().state(), GogocState::Up);
  world.crash(seconds(40), false);
  world.run_until([&] { return client().attempts() == 2; }, kLong);
  const Instant anew = world.now();
  world.run_until([&] { return client().attempts() == 3; }, kLong);
  EXPECT_EQ((world.now() - anew) / seconds(1), 30);
  EXPECT_TRUE(world.run_until([&] { return client().state() == GogocState::Up; }, kLong));
}

TEST_F(Connected, StaysUpOverAShortRestartWithAPortThatIsSilent) {
  ASSERT_EQ(client().state(), GogocState::Up);
  world.crash(seconds(4), false);
  world.run_for(minutes(3));
  EXPECT_EQ(client().attempts(), 1U);
  EXPECT_EQ(client().state(), GogocState::Up);
}

TEST_F(Connected, ComesBackWhenItsOwnLineDoesAndNobodyElseNoticed) {
  const ClientIndex other = world.add_client(GogocOptions{});
  world.run_until([&] { return world.client(other).state() == GogocState::Up; }, kLong);
  world.internet().cut_off(index);
  EXPECT_TRUE(world.run_until([&] { return client().state() != GogocState::Up; }, kLong));
  world.run_for(minutes(5));
  EXPECT_NE(client().state(), GogocState::Up);
  EXPECT_EQ(world.client(other).attempts(), 1U);
  world.internet().connect_everybody();
  EXPECT_TRUE(world.run_until([&] { return client().state() == GogocState::Up; }, kLong));
}

}  // namespace gogoc_client_test
}  // namespace tsp::sim
