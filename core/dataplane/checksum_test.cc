// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/dataplane/packet.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace checksum_test {

using test::address;

const test::Ends kEnds{address("2001:db8::1"), address("2001:db8::2")};

// The definition of RFC 1071, word by word.
std::uint16_t slow_sum(ByteView bytes, std::uint32_t start) {
  std::uint64_t sum = start;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? std::uint64_t{bytes[i]} << 8 : bytes[i];
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

TEST(OnesSum, AgreesWithTheDefinitionForEveryLengthAndAlignment) {
  Random random{Seed{1}};
  Bytes bytes(300);
  random.fill(bytes);
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t size = 0; from + size <= bytes.size(); ++size) {
      const ByteView part = ByteView(bytes).subspan(from, size);
      const auto start = static_cast<std::uint32_t>(random.below(1U << 20));
      ASSERT_EQ(ones_sum(part, start), slow_sum(part, start)) << "from " << from << " size " << size;
    }
  }
}

TEST(OnesSum, CarriesAreNotLost) {
  const Bytes ones(65'535, 0xFF);
  EXPECT_EQ(ones_sum(ones), slow_sum(ones, 0));
  EXPECT_EQ(ones_sum(ones, 0xFFFF'FFFF), slow_sum(ones, 0xFFFF'FFFF));
}

TEST(OnesSum, OfTheExampleInRfc1071) {
  const Bytes example{0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7};
  EXPECT_EQ(ones_sum(example), 0xDDF2);
}

TEST(OnesSum, OfNothingIsTheStart) {
  EXPECT_EQ(ones_sum({}), 0);
  EXPECT_EQ(ones_sum({}, 0x1'2345), 0x2346);
}

TEST(UpperLayerChecksum, IncludesThePseudoHeader) {
  // fe80::1 to ff02::1, next header 58, 4 bytes of type 128: FE80+1+FF02+1+4+3A+8000 = 27DC2, folded 7DC4.
  const Bytes message{0x80, 0, 0, 0};
  EXPECT_EQ(upper_layer_checksum(address("fe80::1"), address("ff02::1"), kIcmpv6, message), 0x823B);
}

TEST(UpperLayerChecksum, IsRightOnAllThatCarryOne) {
  EXPECT_TRUE(upper_layer_checksum_right(test::make_tcp(kEnds, {}, test::pattern(101))));
  EXPECT_TRUE(upper_layer_checksum_right(test::make_udp(kEnds, test::pattern(100))));
  EXPECT_TRUE(upper_layer_checksum_right(test::make_echo_request(kEnds)));
}

TEST(UpperLayerChecksum, IsWrongAfterAnyBitFlip) {
  const Bytes packet = test::make_tcp(kEnds, {}, test::pattern(23));
  for (std::size_t bit = kSourceAt * 8; bit < packet.size() * 8; ++bit) {
    Bytes flipped = packet;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
    EXPECT_FALSE(upper_layer_checksum_right(flipped)) << "bit " << bit;
  }
}

TEST(UpperLayerChecksum, AUdpChecksumOfZeroIsWrong) {
  // A payload that makes the sum come out as 0xFFFF, so that 0 would be right but for RFC 8200 section 8.1.
  Bytes packet = test::make_udp(kEnds, Bytes(2));
  put16(packet, kIPv6HeaderSize + kUdpHeaderSize, get16(packet, kIPv6HeaderSize + kUdpChecksumAt));
  put16(packet, kIPv6HeaderSize + kUdpChecksumAt, 0);
  EXPECT_FALSE(upper_layer_checksum_right(packet));
  put16(packet, kIPv6HeaderSize + kUdpChecksumAt, 0xFFFF);
  EXPECT_TRUE(upper_layer_checksum_right(packet));
}

TEST(UpperLayerChecksum, IsWrongWhereThereIsNone) {
  EXPECT_FALSE(upper_layer_checksum_right({}));
  EXPECT_FALSE(upper_layer_checksum_right(test::make_ipv6(kEnds, 59, {})));
  for (const std::uint8_t protocol : {kTcp, kUdp, kIcmpv6}) {
    EXPECT_FALSE(upper_layer_checksum_right(test::make_ipv6(kEnds, protocol, Bytes(7))));
  }
}

TEST(UpperLayerChecksum, IsWrongIfLengthsDisagree) {
  Bytes longer = test::make_udp(kEnds, test::pattern(8));
  longer.resize(longer.size() + 2);
  EXPECT_FALSE(upper_layer_checksum_right(longer));

  Bytes datagram = test::make_udp(kEnds, test::pattern(8));
  put16(datagram, kIPv6HeaderSize + kUdpLengthAt, 12);
  EXPECT_FALSE(upper_layer_checksum_right(test::with_checksum(datagram, kUdpChecksumAt)));
}

// ---- IPv4 -----------------------------------------------------------------------------------------------------

const test::Ends kIPv4Ends{test::ipv4("10.0.0.7"), test::ipv4("192.0.2.80")};

// RFC 9293 section 3.1, word by word.
TEST(UpperLayerChecksum, OfIPv4HasThePseudoHeaderOfIPv4) {
  const Bytes packet = test::make_udp(kIPv4Ends, Bytes{1, 2});
  std::uint32_t sum = 0x0A00 + 0x0007 + 0xC000 + 0x0250 + kUdp + 10;
  for (std::size_t at = kIPv4HeaderSize; at < packet.size(); at += 2) sum += get16(packet, at);
  EXPECT_EQ((sum & 0xFFFF) + (sum >> 16), 0xFFFFU);
}

TEST(UpperLayerChecksum, IsRightOnAllThatCarryOneInIPv4) {
  EXPECT_TRUE(upper_layer_checksum_right(test::make_tcp(kIPv4Ends, {}, test::pattern(101))));
  EXPECT_TRUE(upper_layer_checksum_right(test::make_udp(kIPv4Ends, test::pattern(100))));
  EXPECT_TRUE(upper_layer_checksum_right(test::make_echo_request(kIPv4Ends)));
}

TEST(UpperLayerChecksum, IsWrongAfterAnyBitFlipInIPv4) {
  for (const Bytes& packet : {test::make_tcp(kIPv4Ends, {}, test::pattern(23)), test::make_echo_request(kIPv4Ends)}) {
    const std::size_t first = protocol_of(packet) == kTcp ? kIPv4SourceAt : kIPv4HeaderSize;
    for (std::size_t bit = first * 8; bit < packet.size() * 8; ++bit) {
      Bytes flipped = packet;
      flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
      EXPECT_FALSE(upper_layer_checksum_right(flipped)) << "bit " << bit;
    }
  }
}

TEST(UpperLayerChecksum, IsWrongWhereIPv4HasNone) {
  Bytes without = test::make_udp(kIPv4Ends, test::pattern(8));
  put16(without, kIPv4HeaderSize + kUdpChecksumAt, 0);
  EXPECT_FALSE(upper_layer_checksum_right(without));
  const Bytes whole = test::make_udp(kIPv4Ends, test::pattern(8));
  EXPECT_FALSE(upper_layer_checksum_right(test::with_ipv4_fields(whole, 1, kMoreFragments)));
  EXPECT_FALSE(upper_layer_checksum_right(test::with_ipv4_fields(whole, 1, 1)));
  EXPECT_FALSE(upper_layer_checksum_right(test::make_ipv4(kIPv4Ends, kIcmpv6, Bytes(8))));
  for (const std::uint8_t protocol : {kTcp, kUdp, kIcmpv4}) {
    EXPECT_FALSE(upper_layer_checksum_right(test::make_ipv4(kIPv4Ends, protocol, Bytes(7))));
  }
}

}  // namespace checksum_test
}  // namespace tsp::dataplane
