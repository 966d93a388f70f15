// SPDX-License-Identifier: Apache-2.0
#include "core/client/keepalive.h"

#include <gtest/gtest.h>

#include "core/client/test_support.h"

namespace tsp::client {
namespace keepalive_test {

using namespace std::chrono_literals;
using testing::ipv4_offer;
using testing::some_offer;

constexpr Instant kStart{100s};

Keepalive make_keepalive() {
  return {some_offer(), Keepalive::Without::Nothing, Random(Seed{7}), kStart};
}

Bytes reply_to(Bytes probe) {
  std::swap_ranges(probe.begin() + 8, probe.begin() + 24, probe.begin() + 24);
  probe[40] = 129;
  return probe;
}

TEST(Keepalive, FirstProbeIsDueAtOnceAndIsAValidEchoRequest) {
  Keepalive keepalive = make_keepalive();
  EXPECT_EQ(keepalive.next_deadline(), kStart);
  const auto probe = keepalive.advance(kStart).probe;
  ASSERT_TRUE(probe);
  EXPECT_EQ(dataplane::source_of(*probe), some_offer().client_inner);
  EXPECT_EQ(dataplane::destination_of(*probe), some_offer().keepalive_address);
  EXPECT_EQ((*probe)[40], 128);
  EXPECT_TRUE(dataplane::upper_layer_checksum_right(*probe));
}

TEST(Keepalive, OfferWithoutKeepaliveIsNeverProbed) {
  Offer offer = some_offer();
  offer.keepalive_seconds = 0;
  Keepalive keepalive(offer, Keepalive::Without::Nothing, Random(Seed{7}), kStart);
  EXPECT_FALSE(keepalive.next_deadline());
  EXPECT_FALSE(keepalive.advance(kStart + 1h).probe);
}

TEST(Keepalive, TrialProbesTheServerUntilOneIsAnswered) {
  Offer offer = some_offer();
  offer.keepalive_seconds = 0;
  Keepalive keepalive(offer, Keepalive::Without::Trial, Random(Seed{7}), kStart);
  const Bytes first = *keepalive.advance(kStart).probe;
  EXPECT_EQ(dataplane::destination_of(first), offer.server_inner);
  const auto second = keepalive.advance(kStart + 5s);
  EXPECT_TRUE(second.lost);

  EXPECT_EQ(keepalive.answered(kStart + 5s + 30ms, reply_to(*second.probe)), 30ms);

  EXPECT_TRUE(keepalive.ever_answered());
  EXPECT_FALSE(keepalive.next_deadline());
  EXPECT_FALSE(keepalive.enabled());
}

TEST(Keepalive, ALateAnswerEndsATrialToo) {
  Offer offer = some_offer();
  offer.keepalive_seconds = 0;
  Keepalive keepalive(offer, Keepalive::Without::Trial, Random(Seed{7}), kStart);
  const Bytes first = *keepalive.advance(kStart).probe;
  (void)keepalive.advance(kStart + 5s);

  EXPECT_TRUE(keepalive.answered(kStart + 6s, reply_to(first)));

  EXPECT_FALSE(keepalive.next_deadline());
}

TEST(Keepalive, TrialThatIsNeverAnsweredIsDeath) {
  Offer offer = some_offer();
  offer.keepalive_seconds = 0;
  Keepalive keepalive(offer, Keepalive::Without::Trial, Random(Seed{7}), kStart);
  for (Instant now = kStart; now < kStart + 15s; now = now + 5s) EXPECT_FALSE(keepalive.advance(now).dead);
  EXPECT_TRUE(keepalive.advance(kStart + 15s).dead);
}

TEST(Keepalive, NextProbeComesBetweenThreeQuartersAndTheWholeInterval) {
  Keepalive keepalive = make_keepalive();
  Duration shortest = 1h;
  Duration longest = 0s;
  Instant sent = kStart;
  for (int i = 0; i < 200; ++i) {
    const Bytes probe = *keepalive.advance(sent).probe;
    EXPECT_EQ(keepalive.answered(sent + 30ms, reply_to(probe)), 30ms);
    const Duration gap = *keepalive.next_deadline() - sent;
    shortest = std::min(shortest, gap);
    longest = std::max(longest, gap);
    sent = *keepalive.next_deadline();
  }
  EXPECT_GE(shortest, 15s);
  EXPECT_LE(longest, 20s);
  EXPECT_GT(longest - shortest, 4s);
}

TEST(Keepalive, ThreeLossesInARowAreDeath) {
  Keepalive keepalive = make_keepalive();
  EXPECT_FALSE(keepalive.advance(kStart).lost);
  for (const Instant at : {kStart + 5s, kStart + 10s}) {
    const auto due = keepalive.advance(at);
    EXPECT_TRUE(due.lost);
    EXPECT_TRUE(due.probe);
    EXPECT_FALSE(due.dead);
  }
  const auto last = keepalive.advance(kStart + 15s);
  EXPECT_TRUE(last.dead);
  EXPECT_FALSE(last.probe);
  EXPECT_FALSE(keepalive.next_deadline());
}

TEST(Keepalive, AnswerBetweenLossesBeginsTheCountAnew) {
  Keepalive keepalive = make_keepalive();
  (void)keepalive.advance(kStart);
  (void)keepalive.advance(kStart + 5s);
  const Bytes third = *keepalive.advance(kStart + 10s).probe;
  ASSERT_TRUE(keepalive.answered(kStart + 11s, reply_to(third)));
  Instant at = *keepalive.next_deadline();
  (void)keepalive.advance(at);
  EXPECT_FALSE(keepalive.advance(at + 5s).dead);
  EXPECT_FALSE(keepalive.advance(at + 10s).dead);
  EXPECT_TRUE(keepalive.advance(at + 15s).dead);
}

TEST(Keepalive, LateAnswerCountsAsLife) {
  Keepalive keepalive = make_keepalive();
  const Bytes first = *keepalive.advance(kStart).probe;
  (void)keepalive.advance(kStart + 5s);
  (void)keepalive.advance(kStart + 10s);
  EXPECT_TRUE(keepalive.answered(kStart + 12s, reply_to(first)));
  EXPECT_FALSE(keepalive.advance(kStart + 15s).dead);
}

TEST(Keepalive, AnswersToOthersAreNotTaken) {
  Keepalive keepalive = make_keepalive();
  const Bytes reply = reply_to(*keepalive.advance(kStart).probe);
  for (const std::size_t byte : {8UL, 24UL, 40UL, 41UL, 44UL, 50UL}) {  // addresses, type, code, identifier, payload
    Bytes other = reply;
    other[byte] ^= 1;
    EXPECT_FALSE(keepalive.answered(kStart, other)) << byte;
  }
  Bytes longer = reply;
  longer.push_back(0);
  EXPECT_FALSE(keepalive.answered(kStart, longer));
  EXPECT_TRUE(keepalive.answered(kStart, reply));
}

TEST(Keepalive, HurryProbesAtOnceButOnlyOnce) {
  Keepalive keepalive = make_keepalive();
  ASSERT_TRUE(keepalive.answered(kStart, reply_to(*keepalive.advance(kStart).probe)));
  keepalive.hurry(kStart + 1s);
  EXPECT_TRUE(keepalive.advance(kStart + 1s).probe);
  keepalive.hurry(kStart + 2s);
  EXPECT_FALSE(keepalive.advance(kStart + 2s).probe);
}

TEST(Keepalive, ProbeInIPv4IsAValidEchoRequestAndItsAnswerIsTaken) {
  Keepalive keepalive(ipv4_offer(), Keepalive::Without::Nothing, Random(Seed{7}), kStart);
  const auto probe = keepalive.advance(kStart).probe;
  ASSERT_TRUE(probe);
  ASSERT_TRUE(dataplane::has_ip_header(*probe) && dataplane::is_ipv4(*probe));
  EXPECT_EQ(dataplane::source_of(*probe), ipv4_offer().client_inner);
  EXPECT_EQ(dataplane::destination_of(*probe), ipv4_offer().keepalive_address);
  EXPECT_EQ((*probe)[20], 8);
  EXPECT_TRUE(dataplane::header_checksum_right(*probe));
  EXPECT_TRUE(dataplane::upper_layer_checksum_right(*probe));

  const Bytes reply = dataplane::make_echo_reply(*probe).value();
  for (const std::size_t byte : {6UL, 9UL, 12UL, 16UL, 20UL, 21UL, 24UL, 30UL}) {  // fragment, protocol, addresses, …
    Bytes other = reply;
    other[byte] ^= byte == 6 ? 0x20 : 1;
    EXPECT_FALSE(keepalive.answered(kStart, other)) << byte;
  }
  EXPECT_FALSE(keepalive.answered(kStart, ByteView(reply).first(20)));
  EXPECT_EQ(keepalive.answered(kStart + 30ms, reply), 30ms);
}

}  // namespace keepalive_test
}  // namespace tsp::client
