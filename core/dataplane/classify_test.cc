// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/classify.h"

#include <gtest/gtest.h>

#include <string>

namespace tsp::dataplane {
namespace classify_test {

Bytes bytes_of(std::initializer_list<std::uint8_t> header, std::string_view text) {
  Bytes bytes(header);
  bytes.insert(bytes.end(), text.begin(), text.end());
  return bytes;
}

TEST(Classify, AHighNibbleOfFIsSignallingEvenWithoutPayload) {
  EXPECT_EQ(classify(bytes_of({0xF0, 0, 0, 0xF0, 0, 0, 0, 1}, "")), DatagramKind::Signalling);
  EXPECT_EQ(classify(bytes_of({0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1}, "VERSION=2.0.0\r\n")), DatagramKind::Signalling);
}

TEST(Classify, AShortSignallingHeaderIsGarbage) {
  EXPECT_EQ(classify(bytes_of({0xF0, 0, 0, 1, 0, 0, 0}, "")), DatagramKind::Garbage);
}

TEST(Classify, AHighNibbleOf6IsAnInnerPacketIfItCanHoldAHeader) {
  Bytes packet(40);
  packet[0] = 0x60;
  EXPECT_EQ(classify(packet), DatagramKind::Inner);
  packet.pop_back();
  EXPECT_EQ(classify(packet), DatagramKind::Garbage);
}

TEST(Classify, ALittleEndianHeaderIsSignallingWithEachMessage) {
  EXPECT_EQ(classify(bytes_of({1, 0, 0, 0xF0, 0, 0, 0, 1}, "VERSION=2.0.0\r\n")), DatagramKind::LegacySignalling);
  EXPECT_EQ(classify(bytes_of({2, 0, 0, 0xF0, 0, 0, 0, 1}, "AUTHENTICATE PLAIN\r\n")), DatagramKind::LegacySignalling);
  EXPECT_EQ(classify(bytes_of({3, 0, 0, 0xF0, 0, 0, 0, 1}, "")), DatagramKind::LegacySignalling);
  EXPECT_EQ(classify(bytes_of({1, 0, 0, 0xF0, 0, 0, 0}, "")), DatagramKind::Garbage);
  EXPECT_EQ(classify(bytes_of({1, 0, 0, 0x10, 0, 0, 0, 1}, "VERSION=2.0.0\r\n")), DatagramKind::Garbage);
}

TEST(Classify, ALittleEndianSequenceNumberMayLookLikeAnythingButAnInnerPacket) {
  // A sequence number of 0x...60 in its first byte, and 16 bytes: too short for IPv6, and never taken for signalling.
  EXPECT_EQ(classify(bytes_of({0x60, 0, 0, 0xF0, 0, 0, 0, 1}, "VERSION=")), DatagramKind::Garbage);
}

TEST(Classify, EverythingElseIsGarbage) {
  EXPECT_EQ(classify({}), DatagramKind::Garbage);
  EXPECT_EQ(classify(Bytes(100, 0x45)), DatagramKind::Garbage);
  EXPECT_EQ(classify(Bytes(100, 0x00)), DatagramKind::Garbage);
}

}  // namespace classify_test
}  // namespace tsp::dataplane
