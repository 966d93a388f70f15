// SPDX-License-Identifier: Apache-2.0
#include "core/wire/udp_header.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tsp::wire {
namespace udp_header_test {

constexpr std::uint32_t kHalf = Sequence::kModulus / 2;

Bytes datagram(std::array<std::uint8_t, kUdpHeaderSize> header, std::string_view payload) {
  Bytes bytes(header.size() + payload.size());
  std::ranges::copy(payload, std::ranges::copy(header, bytes.begin()).out);
  return bytes;
}

TEST(Sequence, WrapsAfter28Bits) {
  EXPECT_EQ(Sequence(0x0FFFFFFF).next(), Sequence(0));
  EXPECT_EQ(Sequence(0xF0000001), Sequence(1)) << "the marker is no part of the number";
}

TEST(Sequence, DistanceCountsAcrossTheWrap) {
  EXPECT_EQ(Sequence(5).distance_from(Sequence(5)), 0);
  EXPECT_EQ(Sequence(6).distance_from(Sequence(5)), 1);
  EXPECT_EQ(Sequence(5).distance_from(Sequence(6)), -1);
  EXPECT_EQ(Sequence(0).distance_from(Sequence(0x0FFFFFFF)), 1);
  EXPECT_EQ(Sequence(0x0FFFFFFF).distance_from(Sequence(0)), -1);
  EXPECT_EQ(Sequence(3).distance_from(Sequence(0x0FFFFFF0)), 19);
}

TEST(Sequence, DistanceCoversHalfTheRangeEachWay) {
  EXPECT_EQ(Sequence(kHalf - 1).distance_from(Sequence(0)), static_cast<std::int32_t>(kHalf - 1));
  EXPECT_EQ(Sequence(kHalf).distance_from(Sequence(0)), -static_cast<std::int32_t>(kHalf));
  EXPECT_EQ(Sequence(0).distance_from(Sequence(kHalf)), -static_cast<std::int32_t>(kHalf));
}

TEST(UdpHeader, IsReadInNetworkOrder) {
  const auto header = parse_udp_header(datagram({0xF1, 0x23, 0x45, 0x67, 0, 0, 1, 0xA7}, "VERSION=2.0.2\r\n"));
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->sequence, Sequence(0x01234567));
  EXPECT_EQ(header->timestamp(), 423U);
  EXPECT_FALSE(header->little_endian);
}

TEST(UdpHeader, EveryStartValueIsAccepted) {
  for (const std::uint32_t word : {0xF0000000U, 0xF0000001U, 0xF00000F0U, 0xFFFFFFFFU}) {
    const auto bytes = [word](unsigned shift) { return static_cast<std::uint8_t>(word >> shift); };
    const auto header = parse_udp_header(datagram({bytes(24), bytes(16), bytes(8), bytes(0), 0, 0, 0, 0}, ""));
    ASSERT_TRUE(header.has_value()) << word;
    EXPECT_EQ(header->sequence, Sequence(word & 0x0FFFFFFF));
    EXPECT_FALSE(header->little_endian);
  }
}

TEST(UdpHeader, AMarkerAtBothEndsCanBeReadBothWays) {
  const auto header = parse_udp_header(datagram({0xF1, 0, 0, 0xF0, 0, 0, 0, 9}, ""));
  ASSERT_TRUE(header.has_value());
  const auto swapped = read_little_endian(*header);
  ASSERT_TRUE(swapped.has_value());
  EXPECT_EQ(swapped->sequence, Sequence(0xF1));
  EXPECT_TRUE(swapped->little_endian);
  EXPECT_EQ(swapped->raw, header->raw);
  EXPECT_FALSE(read_little_endian(*swapped).has_value());
  EXPECT_FALSE(read_little_endian(*parse_udp_header(datagram({0xF0, 0, 0, 1, 0, 0, 0, 9}, ""))).has_value());
}

TEST(UdpHeader, AMessageWithoutDataIsComplete) {
  EXPECT_TRUE(parse_udp_header(datagram({0xF0, 0, 0, 0xF3, 0, 0, 1, 0xD9}, "")).has_value());
  EXPECT_FALSE(parse_udp_header(Bytes{0xF0, 0, 0, 0xF3, 0, 0, 1}).has_value());
  EXPECT_FALSE(parse_udp_header({}).has_value());
}

TEST(UdpHeader, OtherFirstNibblesAreNoSignalling) {
  for (unsigned nibble = 0; nibble < 0xF; ++nibble) {
    const auto first = static_cast<std::uint8_t>(nibble << 4);
    EXPECT_FALSE(parse_udp_header(datagram({first, 0, 0, 0x0F, 0, 0, 0, 0}, "VERSION=2.0.2\r\n")).has_value());
  }
}

TEST(UdpHeader, LegacyClientsWriteItLittleEndian) {
  const auto header = parse_udp_header(datagram({0x01, 0x02, 0x03, 0xF4, 9, 8, 7, 6}, "VERSION=1.0\r\n"));
  ASSERT_TRUE(header.has_value());
  EXPECT_TRUE(header->little_endian);
  EXPECT_EQ(header->sequence, Sequence(0x04030201));
}

TEST(UdpHeader, TheLegacyFormIsBelievedOnlyAtTheStartOrInALegacySession) {
  const Bytes later = datagram({0x02, 0, 0, 0xF0, 0, 0, 0, 0}, "AUTHENTICATE ANONYMOUS\r\n");
  EXPECT_FALSE(parse_udp_header(later).has_value());
  const auto header = parse_udp_header(later, true);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->sequence, Sequence(2));
  EXPECT_TRUE(parse_udp_header(datagram({0x03, 0, 0, 0xF0, 0, 0, 0, 0}, ""), true).has_value()) << "a poll";
}

TEST(UdpHeader, IPv6WhoseFlowLabelLooksLikeAMarkerIsNoSignalling) {
  const Bytes packet = datagram({0x60, 0, 0, 0xF0, 0, 0, 0, 0}, "VERSION=2.0.2\r\n");
  EXPECT_FALSE(parse_udp_header(packet).has_value());
  EXPECT_FALSE(parse_udp_header(packet, true).has_value());
}

TEST(UdpHeader, AReplyCarriesTheWordsBitForBit) {
  const std::array<std::uint8_t, kUdpHeaderSize> words{0x01, 0, 0, 0xF0, 0xDE, 0xAD, 0xBE, 0xEF};
  const auto header = parse_udp_header(datagram(words, "VERSION=2.0.0\r\n"));
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(with_header(*header, "200 Success\r\n"), datagram(words, "200 Success\r\n"));
  EXPECT_EQ(with_header(*header, ""), datagram(words, ""));
}

TEST(UdpHeader, WhatIsMadeIsReadBack) {
  const UdpHeader header = make_udp_header(Sequence(0x0ABCDEF1), 0x12345678);
  EXPECT_EQ(header.raw, (std::array<std::uint8_t, kUdpHeaderSize>{0xFA, 0xBC, 0xDE, 0xF1, 0x12, 0x34, 0x56, 0x78}));
  const auto parsed = parse_udp_header(header.raw);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->sequence, header.sequence);
  EXPECT_EQ(parsed->timestamp(), 0x12345678U);
}

}  // namespace udp_header_test
}  // namespace tsp::wire
