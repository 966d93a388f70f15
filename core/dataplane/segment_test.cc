// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/segment.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace segment_test {

using test::address;
using test::Ends;
using test::TcpFields;

const Ends kEnds{address("2001:db8:ffff::80"), address("2001:db8:0:1::7")};

struct Super {
  VnetHeader vnet;
  Bytes packet;
};

// As the kernel hands it down: the checksum field holds the sum of the pseudo-header only.
Super unfinished(Bytes packet, VnetHeader vnet) {
  vnet.flags = kVnetNeedsChecksum;
  const auto length = static_cast<std::uint32_t>(packet.size() - vnet.checksum_start);
  const std::uint16_t sum = ones_sum(ByteView(packet).subspan(kSourceAt, 32),
                                     length + (vnet.checksum_offset == kTcpChecksumAt ? kTcp : kUdp));
  put16(packet, std::size_t{vnet.checksum_start} + vnet.checksum_offset, sum);
  return {vnet, std::move(packet)};
}

Super make_tcp_super(std::size_t payload, std::uint16_t gso_size, const TcpFields& fields = {}) {
  return unfinished(
      test::make_tcp(kEnds, fields, test::pattern(payload)),
      {.gso_type = kVnetGsoTcp6, .gso_size = gso_size, .checksum_start = 40, .checksum_offset = kTcpChecksumAt});
}

Super make_udp_super(std::size_t payload, std::uint16_t gso_size) {
  return unfinished(
      test::make_udp(kEnds, test::pattern(payload)),
      {.gso_type = kVnetGsoUdp, .gso_size = gso_size, .checksum_start = 40, .checksum_offset = kUdpChecksumAt});
}

std::vector<Bytes> segments_of(const Super& super, std::size_t buffer_size = kBytesPerSend) {
  const auto layout = layout_of(super.vnet, super.packet);
  EXPECT_TRUE(layout);
  std::vector<Bytes> segments;
  Bytes buffer(buffer_size);
  while (layout && segments.size() < layout->segments) {
    const SegmentRun run = segment(*layout, super.packet, segments.size(), buffer);
    EXPECT_GT(run.segments, 0U);
    for (std::size_t at = 0; at < run.bytes; at += layout->segment_size) {
      const std::size_t end = std::min(at + layout->segment_size, run.bytes);
      segments.emplace_back(buffer.begin() + static_cast<std::ptrdiff_t>(at),
                            buffer.begin() + static_cast<std::ptrdiff_t>(end));
    }
  }
  return segments;
}

TEST(LayoutOf, APlainPacketIsOneSegmentOfItsOwnSize) {
  const Bytes packet = test::make_udp(kEnds, test::pattern(500));
  const auto layout = layout_of({}, packet);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->segments, 1U);
  EXPECT_EQ(layout->segment_size, packet.size());
}

TEST(LayoutOf, ASuperPacketIsMeasuredByItsLargestSegment) {
  const Super super = make_tcp_super(3000, 1220);
  const auto layout = layout_of(super.vnet, super.packet);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->segments, 3U);
  EXPECT_EQ(layout->segment_size, 1280U);
}

TEST(LayoutOf, ASuperPacketThatFitsIntoOneSegmentIsAPlainPacket) {
  const Super super = make_tcp_super(1000, 1220);
  const auto layout = layout_of(super.vnet, super.packet);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->segments, 1U);
  EXPECT_EQ(layout->segment_size, super.packet.size());
}

TEST(LayoutOf, WhatIsOfNoVersionIsRefused) {
  Bytes packet = test::make_udp(kEnds, test::pattern(500));
  packet[0] = 0x55;
  EXPECT_FALSE(layout_of({}, packet));
  EXPECT_FALSE(layout_of({}, Bytes(39, 0x60)));
  EXPECT_FALSE(layout_of({}, {}));
  EXPECT_FALSE(layout_of({}, Bytes(70'000, 0x60)));
}

TEST(LayoutOf, HeadersThatDoNotFitThePacketAreRefused) {
  const Super right = make_tcp_super(3000, 1220);
  const auto refused = [&](auto change) {
    VnetHeader vnet = right.vnet;
    change(vnet);
    return !layout_of(vnet, right.packet);
  };
  EXPECT_TRUE(refused([](VnetHeader& vnet) { vnet.gso_size = 0; }));
  EXPECT_TRUE(refused([](VnetHeader& vnet) { vnet.flags = 0; }));
  EXPECT_TRUE(refused([](VnetHeader& vnet) { vnet.gso_type = 1; }));
  EXPECT_TRUE(refused([](VnetHeader& vnet) { vnet.gso_type = 3; }));
  EXPECT_TRUE(refused([](VnetHeader& vnet) { vnet.checksum_start = 39; }));
  EXPECT_TRUE(refused([](VnetHeader& vnet) { vnet.checksum_start = 3050; }));
  EXPECT_TRUE(refused([](VnetHeader& vnet) { vnet.checksum_start = 0xFFFF; }));
  EXPECT_TRUE(refused([](VnetHeader& vnet) { vnet.checksum_offset = 6; }));
  EXPECT_TRUE(refused([](VnetHeader& vnet) { vnet.checksum_offset = 0xFFFF; }));
}

TEST(LayoutOf, ATcpHeaderBeyondTheEndIsRefused) {
  Super super = make_tcp_super(30, 8);
  super.packet[kIPv6HeaderSize + kTcpDataOffsetAt] = 15 << 4;
  EXPECT_FALSE(layout_of(super.vnet, super.packet));
}

TEST(Segment, TcpSegmentsAreWholePacketsWithConsecutiveSequenceNumbers) {
  const TcpFields fields{.sequence = 0xFFFF'FE00, .acknowledgement = 99, .options = Bytes(12, 1)};
  const Super super = make_tcp_super(2500, 1000, fields);

  const std::vector<Bytes> segments = segments_of(super);

  const Bytes payload = test::pattern(2500);
  ASSERT_EQ(segments.size(), 3U);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    TcpFields expected = fields;
    expected.sequence += static_cast<std::uint32_t>(i * 1000);
    const ByteView part = ByteView(payload).subspan(i * 1000, std::min<std::size_t>(1000, 2500 - i * 1000));
    EXPECT_EQ(segments[i], test::make_tcp(kEnds, expected, part)) << "segment " << i;
  }
}

TEST(Segment, UdpSegmentsAreWholeDatagrams) {
  const Super super = make_udp_super(2500, 1000);

  const std::vector<Bytes> segments = segments_of(super);

  const Bytes payload = test::pattern(2500);
  ASSERT_EQ(segments.size(), 3U);
  EXPECT_EQ(segments[0], test::make_udp(kEnds, ByteView(payload).first(1000)));
  EXPECT_EQ(segments[1], test::make_udp(kEnds, ByteView(payload).subspan(1000, 1000)));
  EXPECT_EQ(segments[2], test::make_udp(kEnds, ByteView(payload).subspan(2000)));
}

TEST(Segment, FinAndPushAreOnlyOnTheLastAndCwrOnlyOnTheFirst) {
  Super super = make_tcp_super(300, 100, {.flags = kTcpAck | kTcpFin | kTcpPsh | kTcpCwr | 0x40});
  super.vnet.gso_type = kVnetGsoTcp6 | kVnetGsoEcn;

  const std::vector<Bytes> segments = segments_of(super);

  ASSERT_EQ(segments.size(), 3U);
  const auto flags = [&](std::size_t i) { return segments[i][kIPv6HeaderSize + kTcpFlagsAt]; };
  EXPECT_EQ(flags(0), kTcpAck | kTcpCwr | 0x40);
  EXPECT_EQ(flags(1), kTcpAck | 0x40);
  EXPECT_EQ(flags(2), kTcpAck | kTcpFin | kTcpPsh | 0x40);
  for (const Bytes& packet : segments) EXPECT_TRUE(upper_layer_checksum_right(packet));
}

TEST(Segment, AUdpChecksumIsNeverZero) {
  // The last two bytes of each segment are chosen so that the checksum would be 0.
  Bytes payload(2000);
  Bytes single = test::make_udp(kEnds, ByteView(payload).first(1000));
  const std::uint16_t checksum = get16(single, kIPv6HeaderSize + kUdpChecksumAt);
  put16(payload, 998, checksum);
  put16(payload, 1998, checksum);
  Super super = make_udp_super(2000, 1000);
  std::copy(payload.begin(), payload.end(), super.packet.begin() + 48);

  const std::vector<Bytes> segments = segments_of(super);

  ASSERT_EQ(segments.size(), 2U);
  for (const Bytes& packet : segments) {
    EXPECT_EQ(get16(packet, kIPv6HeaderSize + kUdpChecksumAt), 0xFFFF);
    EXPECT_TRUE(upper_layer_checksum_right(packet));
  }
}

TEST(Segment, ExtensionHeadersAreRepeated) {
  const Bytes extension{kTcp, 0, 1, 4, 0, 0, 0, 0};
  const Bytes plain = test::make_tcp(kEnds, {}, test::pattern(250));
  Bytes payload = extension;
  payload.insert(payload.end(), plain.begin() + kIPv6HeaderSize, plain.end());
  const Super super =
      unfinished(test::make_ipv6(kEnds, kDestinationOptions, payload),
                 {.gso_type = kVnetGsoTcp6, .gso_size = 100, .checksum_start = 48, .checksum_offset = kTcpChecksumAt});

  const std::vector<Bytes> segments = segments_of(super);

  ASSERT_EQ(segments.size(), 3U);
  for (const Bytes& packet : segments) {
    EXPECT_EQ(get16(packet, kPayloadLengthAt), packet.size() - kIPv6HeaderSize);
    EXPECT_TRUE(std::ranges::equal(ByteView(packet).subspan(kIPv6HeaderSize, 8), extension));
    const Bytes inner = test::make_ipv6(kEnds, kTcp, ByteView(packet).subspan(48));
    EXPECT_TRUE(upper_layer_checksum_right(inner));
  }
}

TEST(Segment, OneRunIsNoMoreThanOneSendTakes) {
  const Super many = make_udp_super(6500, 10);
  const auto layout = layout_of(many.vnet, many.packet);
  ASSERT_TRUE(layout);
  Bytes buffer(kBytesPerSend);
  EXPECT_EQ(segment(*layout, many.packet, 0, buffer).segments, kSegmentsPerSend);
  EXPECT_EQ(segment(*layout, many.packet, layout->segments - 3, buffer).segments, 3U);

  const Super large = make_tcp_super(60'000, 1000);
  const auto large_layout = layout_of(large.vnet, large.packet);
  ASSERT_TRUE(large_layout);
  Bytes larger_buffer(100'000);
  const SegmentRun run = segment(*large_layout, large.packet, 0, larger_buffer);
  EXPECT_EQ(run.segments, 60U);
  EXPECT_LE(run.bytes, kBytesPerSend);
}

TEST(Segment, ASmallBufferTakesSeveralRuns) {
  const Super super = make_tcp_super(10'000, 1000);
  EXPECT_EQ(segments_of(super, 1060), segments_of(super));
  EXPECT_EQ(segments_of(super, 2500), segments_of(super));
}

TEST(CompleteChecksum, FillsInWhatTheKernelLeftOpen) {
  const Bytes whole = test::make_udp(kEnds, test::pattern(101));
  Super super = unfinished(whole, {.checksum_start = 40, .checksum_offset = kUdpChecksumAt});
  ASSERT_NE(super.packet, whole);

  complete_checksum(super.vnet, super.packet);

  EXPECT_EQ(super.packet, whole);
}

TEST(CompleteChecksum, NeverWritesZero) {
  Bytes packet = test::make_udp(kEnds, Bytes(2));
  put16(packet, kIPv6HeaderSize + kUdpHeaderSize, get16(packet, kIPv6HeaderSize + kUdpChecksumAt));
  Super super = unfinished(packet, {.checksum_start = 40, .checksum_offset = kUdpChecksumAt});

  complete_checksum(super.vnet, super.packet);

  EXPECT_EQ(get16(super.packet, kIPv6HeaderSize + kUdpChecksumAt), 0xFFFF);
}

TEST(CompleteChecksum, LeavesAFinishedPacketAlone) {
  const Bytes whole = test::make_udp(kEnds, test::pattern(101));
  Bytes packet = whole;
  complete_checksum({}, packet);
  EXPECT_EQ(packet, whole);
}

}  // namespace segment_test
}  // namespace tsp::dataplane
