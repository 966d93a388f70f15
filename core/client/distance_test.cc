// SPDX-License-Identifier: Apache-2.0
#include "core/client/distance.h"

#include <gtest/gtest.h>

#include <string>

#include "core/client/test_support.h"

namespace tsp::client {
namespace distance_test {

using namespace std::chrono_literals;

constexpr Instant kStart{100s};
constexpr SocketId kNear{1};
constexpr SocketId kFar{2};
constexpr SocketId kSilent{3};

Distance at(std::string host, std::optional<Duration> round_trip) {
  return {.server = {std::move(host), kTspPort}, .round_trip = round_trip};
}

std::vector<std::string> order(std::vector<Distance> distances, const std::optional<ServerName>& usual = {}) {
  std::vector<std::string> hosts;
  for (const Distance& one : by_distance(std::move(distances), usual)) hosts.push_back(one.server.host);
  return hosts;
}

using Hosts = std::vector<std::string>;

TEST(ByDistance, NearestFirstAndSilentLastInTheirOrder) {
  EXPECT_EQ(order({at("silent", {}), at("far", 80ms), at("mute", {}), at("near", 10ms), at("middle", 30ms)}),
            (Hosts{"near", "middle", "far", "silent", "mute"}));
}

TEST(ByDistance, EqualsKeepTheirOrder) {
  EXPECT_EQ(order({at("a", 14ms), at("b", 10ms), at("c", 12ms)}), (Hosts{"a", "b", "c"}));
  EXPECT_EQ(order({at("a", 16300us), at("b", 10ms)}), (Hosts{"b", "a"}));
  EXPECT_EQ(order({at("a", 228ms), at("b", 200ms)}), (Hosts{"a", "b"})) << "an eighth says nothing either";
  EXPECT_EQ(order({at("a", 231ms), at("b", 200ms)}), (Hosts{"b", "a"}));
}

// Each is as far as the next one, but the first is not as far as the last.
TEST(ByDistance, AChainOfEqualsIsCutBehindTheNearest) {
  EXPECT_EQ(order({at("c", 18ms), at("b", 14ms), at("a", 10ms)}), (Hosts{"b", "a", "c"}));
}

TEST(ByDistance, TheUsualOneComesBeforeItsEqualsOnly) {
  const ServerName usual{"usual", kTspPort};
  EXPECT_EQ(order({at("a", 10ms), at("usual", 14ms)}, usual), (Hosts{"usual", "a"}));
  EXPECT_EQ(order({at("a", 10ms), at("usual", 40ms)}, usual), (Hosts{"a", "usual"}));
  EXPECT_EQ(order({at("a", {}), at("usual", {})}, usual), (Hosts{"a", "usual"})) << "nothing was measured";
}

// Three servers, of which the test plays the answers.
struct World {
  Survey survey{{{kNear, {"near", kTspPort}}, {kFar, {"far", kTspPort}}, {kSilent, {"silent", kTspPort}}},
                Random(Seed{5}),
                kStart};
  Instant now = kStart;
  std::vector<SendBytes> sent;

  void take_orders() {
    while (auto order = survey.poll()) sent.push_back(std::move(*order));
  }
  void open(SocketId socket) {
    survey.opened(now, socket);
    take_orders();
  }
  // Of those sent to that server, the last one but `back`.
  [[nodiscard]] Bytes request(SocketId socket, int back = 0) const {
    for (auto each = sent.rbegin(); each != sent.rend(); ++each) {
      if (each->socket == socket && back-- == 0) return each->bytes;
    }
    return {};
  }
  void answer(SocketId socket, Duration after, std::string_view text = testing::kSuccess) {
    answer_to(socket, request(socket), now + after, text);
  }
  void answer_to(SocketId socket, const Bytes& request, Instant at, std::string_view text = testing::kSuccess) {
    now = at;
    survey.receive(now, socket, wire::with_header(*wire::parse_udp_header(request), text));
    take_orders();
  }
  void wait() {
    now = survey.next_deadline();
    survey.advance(now);
    take_orders();
  }
  [[nodiscard]] std::optional<Duration> distance(SocketId socket) const {
    return survey.distances().at(socket.value - 1).round_trip;
  }
};

TEST(Survey, AsksAllAtTheSameTimeAsGogocDoes) {
  World world;
  for (const SocketId socket : {kNear, kFar, kSilent}) world.open(socket);
  ASSERT_EQ(world.sent.size(), 3U);
  for (const SendBytes& request : world.sent) {
    EXPECT_EQ(request.bytes[0] >> 4, 0xF);
    EXPECT_EQ(as_text(ByteView(request.bytes).subspan(wire::kUdpHeaderSize)), "ECHO REQUEST");
  }
}

TEST(Survey, TheQuickestOfThreeAnswersCounts) {
  World world;
  world.open(kNear);
  world.answer(kNear, 30ms);
  world.answer(kNear, 20ms);
  world.answer(kNear, 25ms);
  EXPECT_EQ(world.distance(kNear), 20ms);
  EXPECT_EQ(world.sent.size(), 3U);
}

TEST(Survey, EndsWhenAllHaveAnsweredOrFailed) {
  World world;
  world.open(kNear);
  world.open(kFar);
  for (int i = 0; i < 3; ++i) world.answer(kNear, 10ms);
  for (int i = 0; i < 3; ++i) world.answer(kFar, 40ms);
  EXPECT_FALSE(world.survey.finished(world.now));
  world.survey.failed(kSilent);
  EXPECT_TRUE(world.survey.finished(world.now));
  EXPECT_FALSE(world.distance(kSilent));
}

TEST(Survey, OthersAreWaitedForASecondOnceOneIsMeasured) {
  World world;
  for (const SocketId socket : {kNear, kFar, kSilent}) world.open(socket);
  for (int i = 0; i < 3; ++i) world.answer(kNear, 10ms);
  const Instant measured = world.now;
  while (!world.survey.finished(world.now)) world.wait();
  EXPECT_EQ(world.now, measured + Survey::kPatienceForOthers);
}

TEST(Survey, WhereNobodyAnswersItIsOverAfterThreeSecondsAndSixRequestsEach) {
  World world;
  for (const SocketId socket : {kNear, kFar, kSilent}) world.open(socket);
  while (!world.survey.finished(world.now)) world.wait();
  EXPECT_EQ(world.now, kStart + Survey::kPatience);
  EXPECT_EQ(world.sent.size(), 3 * Survey::kRequestsMax);
}

TEST(Survey, AnAnswerTellsOfTheRequestThatItHasTheNumberOf) {
  World world;
  world.open(kFar);
  world.wait();
  ASSERT_EQ(world.sent.size(), 2U);
  world.answer_to(kFar, world.request(kFar, 1), kStart + 700ms);
  EXPECT_EQ(world.distance(kFar), 700ms);
}

TEST(Survey, ABusyServerAndOneThatKnowsNoEchoRequestsAreNotMeasured) {
  for (const std::string_view reply : {"530 Server too busy\r\n", "500 Invalid request\r\n", ""}) {
    World world;
    world.open(kNear);
    world.answer(kNear, 10ms, reply);
    EXPECT_FALSE(world.distance(kNear)) << reply;
    EXPECT_EQ(world.sent.size(), 1U) << reply;
  }
}

TEST(Survey, WhatAnswersNoRequestIsPassedOver) {
  World world;
  world.open(kNear);
  const Bytes request = world.request(kNear);
  const auto other = wire::make_udp_header(wire::parse_udp_header(request)->sequence.next(), 0);
  world.survey.receive(kStart + 1ms, kNear, wire::with_header(other, testing::kSuccess));
  world.survey.receive(kStart + 1ms, kNear, Bytes{0xF0, 0, 0});
  world.survey.receive(kStart + 1ms, kFar, wire::with_header(*wire::parse_udp_header(request), testing::kSuccess));
  EXPECT_FALSE(world.distance(kNear));
  EXPECT_FALSE(world.distance(kFar));
  world.answer(kNear, 10ms);
  EXPECT_EQ(world.distance(kNear), 10ms);
}

}  // namespace distance_test
}  // namespace tsp::client
