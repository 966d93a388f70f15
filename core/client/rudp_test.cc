// SPDX-License-Identifier: Apache-2.0
#include "core/client/rudp.h"

#include <gtest/gtest.h>

#include <vector>

namespace tsp::client {
namespace rudp_test {

using namespace std::chrono_literals;
using wire::Sequence;

constexpr Instant kStart{100s};

Bytes answer_to(const Bytes& datagram, std::string_view text) {
  const auto header = wire::parse_udp_header(datagram);
  return wire::with_header(*header, text);
}

Bytes with_timestamp(Bytes datagram, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) datagram[4 + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  return datagram;
}

// Seconds after the first transmission at which the message went out, and then the one at which it was given up.
std::vector<std::int64_t> timeline(Rudp& rudp, Instant begin) {
  std::vector<std::int64_t> at{0};
  while (const auto next = rudp.next_deadline()) {
    (void)rudp.advance(*next);
    at.push_back(std::chrono::duration_cast<std::chrono::seconds>(*next - begin).count());
  }
  return at;
}

TEST(Rudp, FirstDatagramHasMarkerSequenceAndTimestampInNetworkOrder) {
  Rudp rudp(Sequence(0x0ABCDEF), kStart);
  const Bytes sent = rudp.send(kStart + 258ms, "VERSION=2.0.2\r\n");
  const Bytes header(sent.begin(), sent.begin() + 8);
  EXPECT_EQ(header, (Bytes{0xF0, 0xAB, 0xCD, 0xEF, 0, 0, 1, 2}));
  EXPECT_EQ(as_text(ByteView(sent).subspan(8)), "VERSION=2.0.2\r\n");
}

TEST(Rudp, EachMessageTakesTheNextSequenceNumberAndWrapsAround) {
  Rudp rudp(Sequence(0xFFFFFFF), kStart);
  const Bytes first = rudp.send(kStart, "a");
  ASSERT_TRUE(rudp.receive(kStart, answer_to(first, "")));
  const Bytes second = rudp.send(kStart, "b");
  EXPECT_EQ(wire::parse_udp_header(second)->sequence, Sequence(0));
}

TEST(Rudp, RetransmissionKeepsTheSequenceAndRefreshesTheTimestamp) {
  Rudp rudp(Sequence(1), kStart);
  const Bytes first = rudp.send(kStart, "text");
  const Rudp::Due due = rudp.advance(kStart + 1s);
  ASSERT_FALSE(due.datagram.empty());
  EXPECT_EQ(wire::parse_udp_header(due.datagram)->sequence, wire::parse_udp_header(first)->sequence);
  EXPECT_EQ(wire::parse_udp_header(due.datagram)->timestamp(), 1000U);
}

TEST(Rudp, SilentServerIsGivenUpAfterSevenSeconds) {
  Rudp rudp(Sequence(1), kStart);
  (void)rudp.send(kStart, "text");
  EXPECT_EQ(timeline(rudp, kStart), (std::vector<std::int64_t>{0, 1, 3, 7}));
  EXPECT_FALSE(rudp.in_flight());
}

TEST(Rudp, ServerThatAnsweredBeforeIsGivenUpAfterSixtySixSeconds) {
  Rudp rudp(Sequence(1), kStart);
  ASSERT_TRUE(rudp.receive(kStart, answer_to(rudp.send(kStart, "a"), "")));
  (void)rudp.send(kStart, "b");
  EXPECT_EQ(timeline(rudp, kStart), (std::vector<std::int64_t>{0, 1, 3, 7, 15, 31, 61, 66}));
}

TEST(Rudp, AnswerWithAnotherSequenceOrWithoutMarkerIsIgnored) {
  Rudp rudp(Sequence(5), kStart);
  Bytes reply = answer_to(rudp.send(kStart, "text"), "200 Success\r\n");
  Bytes stale = reply;
  stale[3] = 4;
  Bytes inner = reply;
  inner[0] = 0x60;
  EXPECT_FALSE(rudp.receive(kStart, stale));
  EXPECT_FALSE(rudp.receive(kStart, inner));
  EXPECT_FALSE(rudp.receive(kStart, Bytes{0xF0, 0, 0}));
  EXPECT_TRUE(rudp.in_flight());
  EXPECT_EQ(rudp.receive(kStart, reply), "200 Success\r\n");
}

TEST(Rudp, SecondAnswerToTheSameMessageIsIgnored) {
  Rudp rudp(Sequence(5), kStart);
  const Bytes reply = answer_to(rudp.send(kStart, "text"), "");
  ASSERT_TRUE(rudp.receive(kStart, reply));
  EXPECT_FALSE(rudp.receive(kStart, reply));
}

TEST(Rudp, SlowPathLengthensTheTimeout) {
  Rudp rudp(Sequence(1), kStart);
  ASSERT_TRUE(rudp.receive(kStart + 800ms, answer_to(rudp.send(kStart, "a"), "")));
  const Instant later = kStart + 800ms;
  (void)rudp.send(later, "b");
  EXPECT_EQ(*rudp.next_deadline() - later, 2400ms);  // 800 + 4 * 400
}

TEST(Rudp, TimestampThatWeNeverWroteDoesNotSpoilTheEstimate) {
  Rudp rudp(Sequence(1), kStart);
  const Bytes sent = rudp.send(kStart + 90s, "a");
  ASSERT_TRUE(rudp.receive(kStart + 90s, with_timestamp(answer_to(sent, ""), 0)));
  (void)rudp.send(kStart + 90s, "b");
  EXPECT_EQ(*rudp.next_deadline() - (kStart + 90s), 1s);
}

TEST(Rudp, AbandonedMessageIsNotRepeated) {
  Rudp rudp(Sequence(1), kStart);
  (void)rudp.send(kStart, "a");
  rudp.abandon();
  EXPECT_FALSE(rudp.next_deadline());
  EXPECT_TRUE(rudp.advance(kStart + 100s).datagram.empty());
}

TEST(RttEstimate, TimeoutStaysBetweenOneAndThirtySeconds) {
  RttEstimate fast;
  fast.measured(0);
  EXPECT_EQ(fast.timeout_ms(), 1'000);
  RttEstimate slow;
  slow.measured(60'000);
  EXPECT_EQ(slow.timeout_ms(), 30'000);
}

TEST(RttEstimate, FollowsAChangeWithGainsOfAnEighthAndAQuarter) {
  RttEstimate estimate;
  estimate.measured(800);
  estimate.measured(1600);
  EXPECT_EQ(estimate.timeout_ms(), 900 + 4 * 500);
}

}  // namespace rudp_test
}  // namespace tsp::client
