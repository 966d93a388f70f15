// SPDX-License-Identifier: Apache-2.0
#include "tools/capture/conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tools/capture/encapsulate.h"

namespace tsp::capture {
namespace conversation_test {

using testing::ElementsAre;
using testing::IsEmpty;

const Endpoint kClient = make_endpoint({{10, 0, 0, 2}}, 40000);
const Endpoint kBroker = make_endpoint({{192, 0, 2, 1}}, 3653);
constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kRst = 0x04;
constexpr std::uint8_t kAck = 0x10;
constexpr std::uint8_t kFinAck = 0x11;

class Conversing : public testing::Test {
 protected:
  void add(Bytes ip, std::size_t missing = 0) {
    at_ += std::chrono::milliseconds(1);
    builder_.add({.at = at_, .ip = std::move(ip), .missing = missing});
  }
  void segment(std::uint32_t sequence, std::uint8_t flags, std::string_view text = {}) {
    add(encapsulate_segment(kClient, kBroker, {.sequence = sequence, .flags = flags}, as_bytes(text)));
  }
  // "open", "close", or the bytes in brackets.
  std::vector<std::string> heard() {
    conversation = builder_.finish();
    std::vector<std::string> all;
    for (const Utterance& utterance : conversation.utterances) {
      const bool has_bytes = utterance.kind == UtteranceKind::Datagram || utterance.kind == UtteranceKind::StreamBytes;
      if (utterance.kind == UtteranceKind::StreamOpened) all.emplace_back("open");
      if (utterance.kind == UtteranceKind::StreamClosed) all.emplace_back("close");
      if (has_bytes) all.push_back("[" + std::string(as_text(utterance.bytes)) + "]");
    }
    return all;
  }

  Conversation conversation;

 private:
  Duration at_{};
  ConversationBuilder builder_;
};

TEST_F(Conversing, DatagramsKeepTheirTimesAndEndpoints) {
  add(encapsulate(kClient, kBroker, as_bytes("one")));
  add(encapsulate(kBroker, kClient, as_bytes("two")));
  EXPECT_THAT(heard(), ElementsAre("[one]", "[two]"));
  EXPECT_EQ(conversation.utterances[1].from, kBroker);
  EXPECT_EQ(conversation.utterances[1].to, kClient);
  EXPECT_EQ(conversation.utterances[1].at, std::chrono::milliseconds(2));
}

TEST_F(Conversing, AStreamIsOpenedReadAndClosed) {
  segment(99, kSyn);
  segment(100, kAck, "abc");
  segment(103, kFinAck, "de");
  EXPECT_THAT(heard(), ElementsAre("open", "[abc]", "[de]", "close"));
  EXPECT_THAT(conversation.left_out, IsEmpty());
}

TEST_F(Conversing, WhatIsSentAgainCountsOnceAlsoAcrossTheEndOfTheNumbers) {
  segment(0xFFFFFFFE, kSyn);
  segment(0xFFFFFFFE, kSyn);
  segment(0xFFFFFFFF, kAck, "abc");
  segment(0xFFFFFFFF, kAck, "abc");
  segment(1, kAck, "cde");
  EXPECT_THAT(heard(), ElementsAre("open", "[abc]", "[de]"));
}

TEST_F(Conversing, WhatComesEarlyWaits) {
  segment(0, kSyn);
  segment(4, kAck, "d");
  segment(3, kAck, "c");
  segment(1, kAck, "ab");
  EXPECT_THAT(heard(), ElementsAre("open", "[abcd]"));
}

TEST_F(Conversing, AGapIsReported) {
  segment(0, kSyn);
  segment(4, kAck, "d");
  EXPECT_THAT(heard(), ElementsAre("open"));
  EXPECT_THAT(conversation.left_out, ElementsAre("packet 2: after it, the end of a stream with a gap"));
}

TEST_F(Conversing, AResetCloses) {
  segment(0, kSyn);
  segment(1, kRst);
  EXPECT_THAT(heard(), ElementsAre("open", "close"));
}

TEST_F(Conversing, TheMiddleOfAStreamIsLeftOut) {
  segment(7, kAck, "ab");
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_THAT(conversation.left_out, ElementsAre("packet 1: of a stream whose beginning is not in the file"));
}

TEST_F(Conversing, PacketsThatCannotBeReadAreReported) {
  const Bytes whole = encapsulate(kClient, kBroker, as_bytes("text"));
  Bytes fragment = whole;
  fragment[6] = 0x20;
  Bytes icmp = whole;
  icmp[9] = 1;
  add(Bytes(whole.begin(), whole.end() - 1), 1);
  add(Bytes(whole.begin(), whole.end() - 1));
  add(fragment);
  add(icmp);
  add({});
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_THAT(conversation.left_out,
              ElementsAre("packet 1: cut off by 1 bytes", "packet 2: fewer bytes than its headers promise",
                          "packet 3: a fragment", "packet 4: neither UDP nor TCP, nor a tunnel's",
                          "packet 5: neither UDP nor TCP, nor a tunnel's"));
}

TEST_F(Conversing, DatagramsOverIPv6AreRead) {
  Bytes packet{0x60, 0, 0, 0, 0, 10, 17, 64};
  packet.resize(40);
  packet[23] = 1;
  packet[39] = 2;
  const Bytes udp{0x9C, 0x40, 0x0E, 0x45, 0, 10, 0, 0, 'h', 'i'};
  packet.insert(packet.end(), udp.begin(), udp.end());
  add(packet);
  EXPECT_THAT(heard(), ElementsAre("[hi]"));
  EXPECT_EQ(to_text(conversation.utterances[0].from), "[::1]:40000");
  EXPECT_EQ(to_text(conversation.utterances[0].to), "[::2]:3653");
}

TEST_F(Conversing, PacketsOfTunnelsWithoutUdpAreThoseOfWhoHasSignalled) {
  const Endpoint client{kClient.address, 0};
  const Endpoint broker{kBroker.address, 0};
  add(encapsulate(client, broker, as_bytes("early")));
  add(encapsulate(kClient, kBroker, as_bytes("hello")));
  add(encapsulate(client, broker, as_bytes("up")));
  add(encapsulate(broker, client, as_bytes("down")));
  heard();
  ASSERT_EQ(conversation.utterances.size(), 3U);
  const Utterance& up = conversation.utterances[1];
  const Utterance& down = conversation.utterances[2];
  EXPECT_EQ(up.kind, UtteranceKind::Packet);
  EXPECT_EQ(as_text(up.bytes), "up");
  EXPECT_TRUE(is_to_broker(up));
  EXPECT_EQ(up.from, client);
  EXPECT_EQ(as_text(down.bytes), "down");
  EXPECT_TRUE(is_from_broker(down));
  EXPECT_EQ(down.to, client);
  EXPECT_THAT(conversation.left_out, ElementsAre("packet 1: of a tunnel whose signalling is not in the file"));
}

TEST_F(Conversing, OverIPv6TooAndOnlyTheOtherVersionIsATunnels) {
  const IPv6Address client = *parse_ipv6("2001:db8::2");
  const IPv6Address broker = *parse_ipv6("2001:db8::1");
  add(encapsulate({client, 40000}, {broker, 3653}, as_bytes("hello")));
  add(encapsulate({client, 0}, {broker, 0}, as_bytes("up")));
  Bytes other = encapsulate({client, 0}, {broker, 0}, as_bytes("up"));
  other[6] = 41;
  add(other);
  heard();
  ASSERT_EQ(conversation.utterances.size(), 2U);
  EXPECT_EQ(conversation.utterances[1].kind, UtteranceKind::Packet);
  EXPECT_EQ(conversation.left_out.size(), 1U);
}

}  // namespace conversation_test
}  // namespace tsp::capture
