// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/conversations.h"

#include <gtest/gtest.h>

#include "adapters/sim/checkers/checkers_test_world.h"

namespace tsp::sim {
namespace conversations_test {

using std::chrono::minutes;

constexpr Instant kStart{std::chrono::hours(1)};
constexpr auto kNone = [](const FourTuple&) { return false; };

TEST(Conversations, APathIsForgottenAfterTenMinutesOfSilence) {
  Conversations conversations;
  conversations.note_arrival(kPath, datagram(1, "VERSION=2.0.2\r\n"), kStart);
  conversations.note_arrival(kOtherPath, datagram(1, "VERSION=2.0.2\r\n"), kStart);
  conversations.note_arrival(kPath, datagram(2, ""), kStart + minutes(6));
  conversations.forget_old(kStart + minutes(10), kNone);
  EXPECT_EQ(conversations.size(), 1U);
  EXPECT_NE(conversations.find(kPath), nullptr);
  conversations.forget_old(kStart + minutes(16), [](const FourTuple& path) { return path == kPath; });
  EXPECT_EQ(conversations.size(), 1U);
  conversations.forget_old(kStart + minutes(26), kNone);
  EXPECT_EQ(conversations.size(), 0U);
}

TEST(Conversations, OnlyTheLatestMessagesAreKept) {
  Conversations conversations;
  for (std::uint32_t i = 0; i < 40; ++i) conversations.note_arrival(kPath, datagram(i, "x"), kStart);
  EXPECT_TRUE(conversations.find(kPath)->forgetful);
  EXPECT_EQ(conversations.note_departure(kPath, datagram(0, ""), kStart).message, nullptr);
  EXPECT_NE(conversations.note_departure(kPath, datagram(39, ""), kStart).message, nullptr);
}

// Found by fuzzing: a message without an answer, and one under the same header when it was long forgotten.
TEST(Conversations, AnAnswerBelongsToAMessageOfLateAndNotToOneFromAgesAgo) {
  Conversations conversations;
  conversations.note_arrival(kPath, datagram(0xF0, "nonsense"), kStart);
  conversations.note_arrival(kPath, datagram(0xF0, "VERSION=2.0.2\r\n"), kStart + minutes(11));
  const Reply reply = conversations.note_departure(kPath, datagram(0xF0, "CAPABILITY\r\n"), kStart + minutes(11));
  ASSERT_NE(reply.message, nullptr);
  EXPECT_EQ(reply.message->kind, MessageKind::Hello);
}

// Found by fuzzing: an empty answer is one to a poll as well.
TEST(Conversations, AnAnswerThatMayBeMeantForAPollAcceptsNothing) {
  Conversations conversations;
  conversations.note_arrival(kPath, datagram(0xF3, "Content-length: 9\r\n<tunnel/>"), kStart);
  static_cast<void>(conversations.note_departure(kPath, datagram(0xF3, offer_of(kInner)), kStart));
  conversations.note_arrival(kPath, datagram(0xF4, kAccept), kStart);
  conversations.note_arrival(kPath, datagram(0xF4, ""), kStart);
  EXPECT_TRUE(conversations.note_departure(kPath, datagram(0xF4, ""), kStart).acceptable.empty());
  conversations.note_arrival(kPath, datagram(0xF5, kAccept), kStart);
  EXPECT_EQ(conversations.note_departure(kPath, datagram(0xF5, ""), kStart).acceptable.size(), 1U);
}

TEST(Conversations, WhatALateVersionBringsUpMayBeAnsweredTwice) {
  Conversations conversations;
  const auto converse = [&](std::uint32_t word, std::string_view said, std::string_view answered) {
    conversations.note_arrival(kPath, datagram(word, said), kStart);
    return conversations.note_departure(kPath, datagram(word, answered), kStart).contradicts;
  };
  EXPECT_FALSE(converse(1, "VERSION=2.0.2\r\n", "CAPABILITY\r\n"));
  EXPECT_FALSE(converse(2, "AUTHENTICATE DIGEST-MD5\r\n", "first"));
  EXPECT_FALSE(converse(1, "VERSION=2.0.2\r\n", "530 Server too busy\r\n"));
  EXPECT_FALSE(converse(2, "AUTHENTICATE DIGEST-MD5\r\n", "first"));
  EXPECT_FALSE(converse(2, "AUTHENTICATE DIGEST-MD5\r\n", "second"));
  EXPECT_TRUE(converse(2, "AUTHENTICATE DIGEST-MD5\r\n", "third"));
  EXPECT_TRUE(converse(1, "VERSION=2.0.2\r\n", "CAPABILITY OTHER\r\n"));
}

}  // namespace conversations_test
}  // namespace tsp::sim
