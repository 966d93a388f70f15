// SPDX-License-Identifier: Apache-2.0
//
// What is special about IPv4 when packets are merged and cut up; the rest is in coalesce_test.cc and segment_test.cc.
#include <gtest/gtest.h>

#include <vector>

#include "core/dataplane/coalesce.h"
#include "core/dataplane/merged.h"
#include "core/dataplane/packet_test_makers.h"
#include "core/dataplane/segment.h"

namespace tsp::dataplane {
namespace offload_ipv4_test {

using test::ipv4;
using test::TcpFields;

const test::Ends kEnds{ipv4("10.64.0.7"), ipv4("192.0.2.80")};
constexpr std::size_t kPayload = 100;
constexpr std::size_t kHeaders = kIPv4HeaderSize + kTcpHeaderSize;

using Packets = std::vector<Bytes>;
using Sizes = std::vector<std::size_t>;

// `count` consecutive segments of one connection, with identifications from `first` on.
Packets tcp_flow(std::size_t count, std::uint16_t first = 100, unsigned fragment = 0) {
  Packets packets;
  TcpFields fields;
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes packet = test::make_tcp(kEnds, fields, test::pattern(kPayload, static_cast<std::uint8_t>(i)));
    packets.push_back(test::with_ipv4_fields(packet, static_cast<std::uint16_t>(first + i), fragment));
    fields.sequence += kPayload;
  }
  return packets;
}

Packets udp_flow(std::size_t count) {
  Packets packets;
  for (std::size_t i = 0; i < count; ++i) {
    packets.push_back(test::make_udp(kEnds, test::pattern(kPayload, static_cast<std::uint8_t>(i))));
  }
  return packets;
}

Sizes sizes_of(const Packets& packets) {
  Coalescer coalescer({.tcp = true, .udp = true});
  for (const Bytes& packet : packets) coalescer.add(packet);
  Sizes sizes;
  for (std::size_t i = 0; i < coalescer.size(); ++i) sizes.push_back(coalescer.at(i).packets);
  return sizes;
}

Bytes joined(const SuperPacket& super) {
  Bytes bytes;
  for (const ByteView part : super.parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

TEST(CoalesceIPv4, TcpSegmentsBecomeOneSuperPacketWithARightHeader) {
  const Packets packets = tcp_flow(3);
  Coalescer coalescer;
  for (const Bytes& packet : packets) coalescer.add(packet);

  ASSERT_EQ(coalescer.size(), 1U);
  const SuperPacket super = coalescer.at(0);
  EXPECT_EQ(super.vnet, (VnetHeader{.flags = kVnetNeedsChecksum,
                                    .gso_type = kVnetGsoTcp4,
                                    .header_size = kHeaders,
                                    .gso_size = kPayload,
                                    .checksum_start = kIPv4HeaderSize,
                                    .checksum_offset = kTcpChecksumAt}));
  const Bytes bytes = joined(super);
  EXPECT_EQ(announced_size(bytes), bytes.size());
  EXPECT_TRUE(header_checksum_right(bytes));
  EXPECT_EQ(get16(bytes, kIdentificationAt), 100);
  const auto rest = static_cast<std::uint32_t>(bytes.size() - kIPv4HeaderSize + kTcp);
  EXPECT_EQ(get16(bytes, kIPv4HeaderSize + kTcpChecksumAt), ones_sum(ByteView(bytes).subspan(12, 8), rest));
}

TEST(CoalesceIPv4, UdpDatagramsBecomeOneSuperPacket) {
  const Packets packets = udp_flow(4);
  Coalescer coalescer({.tcp = true, .udp = true});
  for (const Bytes& packet : packets) coalescer.add(packet);
  ASSERT_EQ(coalescer.size(), 1U);
  EXPECT_EQ(coalescer.at(0).vnet.gso_type, kVnetGsoUdp);
  EXPECT_EQ(get16(joined(coalescer.at(0)), kIPv4HeaderSize + kUdpLengthAt), kUdpHeaderSize + 4 * kPayload);
}

TEST(CoalesceIPv4, IdentificationsMustCountUpWhereTheyMeanSomething) {
  EXPECT_EQ(sizes_of(tcp_flow(3, 0xFFFF)), (Sizes{3}));
  Packets packets = tcp_flow(3);
  packets[2] = test::with_ipv4_fields(packets[2], 103, 0);
  EXPECT_EQ(sizes_of(packets), (Sizes{2, 1}));
  packets[1] = test::with_ipv4_fields(packets[1], 100, 0);
  EXPECT_EQ(sizes_of(packets), (Sizes{1, 1, 1}));
}

TEST(CoalesceIPv4, WhereFragmentsAreForbiddenIdentificationsMeanNothing) {
  Packets packets = tcp_flow(3, 0, kDontFragment);
  packets[1] = test::with_ipv4_fields(packets[1], 0, kDontFragment);
  packets[2] = test::with_ipv4_fields(packets[2], 9999, kDontFragment);
  EXPECT_EQ(sizes_of(packets), (Sizes{3}));
}

TEST(CoalesceIPv4, AnyOtherDifferenceInTheHeaderSeparates) {
  const Packets packets = tcp_flow(2);
  ASSERT_EQ(sizes_of(packets), (Sizes{2}));
  for (const std::size_t at : {std::size_t{1}, std::size_t{6}, std::size_t{8}, std::size_t{12}, std::size_t{15},
                               std::size_t{16}, std::size_t{19}, std::size_t{20}, std::size_t{23}}) {
    Bytes changed = packets[1];
    changed[at] = static_cast<std::uint8_t>(changed[at] ^ 0x40);
    write_header_checksum(changed);
    EXPECT_EQ(sizes_of({packets[0], test::with_checksum(changed, kTcpChecksumAt)}), (Sizes{1, 1})) << "byte " << at;
  }
}

TEST(CoalesceIPv4, TheTwoVersionsAreNotMixed) {
  const test::Ends ipv6{test::address("2001:db8::7"), test::address("2001:db8::80")};
  Packets packets = tcp_flow(2);
  packets.insert(packets.begin() + 1, test::make_tcp(ipv6, {}, test::pattern(kPayload)));
  EXPECT_EQ(sizes_of(packets), (Sizes{2, 1}));
}

TEST(CoalesceIPv4, AWrongChecksumIsNeverMerged) {
  Packets packets = tcp_flow(2);
  packets[1].back() = static_cast<std::uint8_t>(packets[1].back() ^ 1);
  EXPECT_EQ(sizes_of(packets), (Sizes{1, 1}));
}

TEST(CoalesceIPv4, DatagramsWithoutChecksumStaySingle) {
  Packets packets = udp_flow(2);
  for (Bytes& packet : packets) put16(packet, kIPv4HeaderSize + kUdpChecksumAt, 0);
  EXPECT_EQ(sizes_of(packets), (Sizes{1, 1}));
}

TEST(CoalesceIPv4, NothingOvertakesFragmentsAndOptions) {
  const Packets flow = tcp_flow(3);
  const Bytes fragment = test::with_ipv4_fields(flow[0], 1, kMoreFragments);
  EXPECT_EQ(sizes_of({flow[0], flow[1], fragment, flow[2]}), (Sizes{2, 1, 1}));
  const Bytes options = test::make_ipv4(kEnds, kTcp, Bytes(40), {.options = Bytes(4, 1)});
  EXPECT_EQ(sizes_of({flow[0], flow[1], options, flow[2]}), (Sizes{2, 1, 1}));
}

TEST(CoalesceIPv4, AnEchoDoesNotSeparateAFlow) {
  const Packets flow = tcp_flow(3);
  EXPECT_EQ(sizes_of({flow[0], flow[1], test::make_echo_request(kEnds), flow[2]}), (Sizes{3, 1}));
}

// ---- segments -------------------------------------------------------------------------------------------------

struct Super {
  VnetHeader vnet;
  Bytes packet;
};

// As the kernel hands it down.
Super unfinished(Bytes packet, std::uint8_t type, std::uint16_t gso_size) {
  const std::size_t start = ip_header_size(packet);
  const std::size_t offset = protocol_of(packet) == kTcp ? kTcpChecksumAt : kUdpChecksumAt;
  const auto rest = static_cast<std::uint32_t>(packet.size() - start + protocol_of(packet));
  put16(packet, start + offset, ones_sum(addresses_in(packet), rest));
  return {{.flags = kVnetNeedsChecksum,
           .gso_type = type,
           .gso_size = gso_size,
           .checksum_start = static_cast<std::uint16_t>(start),
           .checksum_offset = static_cast<std::uint16_t>(offset)},
          std::move(packet)};
}

Packets segments_of(const Super& super) {
  const auto layout = layout_of(super.vnet, super.packet);
  EXPECT_TRUE(layout);
  Packets segments;
  Bytes buffer(kBytesPerSend);
  while (layout && segments.size() < layout->segments) {
    const SegmentRun run =
        segment(*layout, super.packet, segments.size(), std::span(buffer).first(layout->segment_size));
    segments.emplace_back(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(run.bytes));
  }
  return segments;
}

TEST(SegmentIPv4, TcpSegmentsAreWholePacketsThatCountUp) {
  const Bytes whole = test::with_ipv4_fields(test::make_tcp(kEnds, {.sequence = 7}, test::pattern(2500)), 0xFFFF, 0);

  const Packets segments = segments_of(unfinished(whole, kVnetGsoTcp4, 1000));

  ASSERT_EQ(segments.size(), 3U);
  const Bytes payload = test::pattern(2500);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const ByteView part = ByteView(payload).subspan(i * 1000, std::min<std::size_t>(1000, 2500 - i * 1000));
    const Bytes expected = test::make_tcp(kEnds, {.sequence = static_cast<std::uint32_t>(7 + i * 1000)}, part);
    EXPECT_EQ(segments[i], test::with_ipv4_fields(expected, static_cast<std::uint16_t>(0xFFFF + i), 0)) << i;
  }
}

TEST(SegmentIPv4, UdpSegmentsAreWholeDatagrams) {
  const Bytes whole = test::make_udp(kEnds, test::pattern(1500));

  const Packets segments = segments_of(unfinished(whole, kVnetGsoUdp, 1000));

  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0], test::make_udp(kEnds, ByteView(test::pattern(1500)).first(1000)));
  EXPECT_TRUE(header_checksum_right(segments[1]) && upper_layer_checksum_right(segments[1]));
  EXPECT_EQ(get16(segments[1], kIdentificationAt), 1);
}

TEST(SegmentIPv4, OptionsAreRepeated) {
  const Bytes plain = test::make_tcp(kEnds, {}, test::pattern(250));
  const Bytes options(8, 1);
  const Bytes whole = test::make_ipv4(kEnds, kTcp, ByteView(plain).subspan(kIPv4HeaderSize), {.options = options});
  const Packets segments = segments_of(unfinished(whole, kVnetGsoTcp4, 100));
  ASSERT_EQ(segments.size(), 3U);
  for (const Bytes& packet : segments) {
    EXPECT_TRUE(std::ranges::equal(ByteView(packet).subspan(kIPv4HeaderSize, 8), options));
    EXPECT_TRUE(header_checksum_right(packet) && upper_layer_checksum_right(packet));
  }
}

TEST(LayoutOfIPv4, TheTypeMustFitTheVersion) {
  const Super super = unfinished(test::make_tcp(kEnds, {}, test::pattern(2500)), kVnetGsoTcp4, 1000);
  EXPECT_TRUE(layout_of(super.vnet, super.packet));
  VnetHeader vnet = super.vnet;
  vnet.gso_type = kVnetGsoTcp6;
  EXPECT_FALSE(layout_of(vnet, super.packet));
  vnet = super.vnet;
  vnet.checksum_start = kIPv4HeaderSize - 1;
  EXPECT_FALSE(layout_of(vnet, super.packet));
}

TEST(LayoutOfIPv4, PlainPacketsAreMeasuredAndWhatIsNoHeaderIsRefused) {
  const Bytes packet = test::make_udp(kEnds, test::pattern(500));
  const auto layout = layout_of({}, packet);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->segment_size, packet.size());
  EXPECT_FALSE(layout_of({}, Bytes(19, 0x45)));
  EXPECT_FALSE(layout_of({}, Bytes(40, 0x4F)));
  EXPECT_FALSE(layout_of({}, Bytes(65'536, 0x45)));
}

TEST(CompleteChecksumOfIPv4, FillsInWhatTheKernelLeftOpen) {
  const Bytes whole = test::make_udp(kEnds, test::pattern(101));
  Super super = unfinished(whole, kVnetGsoNone, 0);
  ASSERT_NE(super.packet, whole);
  ASSERT_TRUE(layout_of(super.vnet, super.packet));
  complete_checksum(super.vnet, super.packet);
  EXPECT_EQ(super.packet, whole);
}

// ---- packets that the kernel merged ---------------------------------------------------------------------------

class DescribeMerged : public ::testing::TestWithParam<test::Ends> {};

TEST_P(DescribeMerged, WhatHasNoMoreThanThePseudoHeaderInItsChecksumIsToBeCut) {
  const bool ipv4 = is_mapped(GetParam().source);
  const Bytes whole = test::make_tcp(GetParam(), {}, test::pattern(5000));
  const std::uint8_t type = ipv4 ? kVnetGsoTcp4 : kVnetGsoTcp6;
  const Super super = unfinished(whole, type, 0);
  const std::size_t headers = ip_header_size(whole) + kTcpHeaderSize;

  const auto vnet = describe_merged(super.packet, 1280);

  ASSERT_TRUE(vnet);
  EXPECT_EQ(vnet->gso_type, type);
  EXPECT_EQ(vnet->header_size, headers);
  EXPECT_EQ(vnet->gso_size, 1280 - headers);
  EXPECT_EQ(packets_of(*vnet, super.packet), (5000 + 1280 - headers - 1) / (1280 - headers));
  const auto layout = layout_of(*vnet, super.packet);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->segment_size, 1280U);
}

TEST_P(DescribeMerged, OneThatFitsGetsNoMoreThanItsChecksum) {
  const Super super = unfinished(test::make_tcp(GetParam(), {}, test::pattern(100)), kVnetGsoNone, 0);
  EXPECT_EQ(describe_merged(super.packet, 1280), super.vnet);
}

TEST_P(DescribeMerged, OrdinaryPacketsAreNone) {
  EXPECT_FALSE(describe_merged(test::make_tcp(GetParam(), {}, test::pattern(5000)), 1280));
  EXPECT_FALSE(describe_merged(test::make_udp(GetParam(), test::pattern(5000)), 1280));
  EXPECT_FALSE(describe_merged(test::make_ip(GetParam(), kTcp, Bytes(19)), 1280));
}

INSTANTIATE_TEST_SUITE_P(IPv4, DescribeMerged, ::testing::Values(kEnds));
INSTANTIATE_TEST_SUITE_P(IPv6, DescribeMerged,
                         ::testing::Values(test::Ends{test::address("2001:db8::7"), test::address("2001:db8::80")}));

TEST(DescribeMergedIPv4, AFragmentIsNone) {
  Super super = unfinished(test::make_tcp(kEnds, {}, test::pattern(100)), kVnetGsoNone, 0);
  EXPECT_FALSE(describe_merged(test::with_ipv4_fields(super.packet, 1, kMoreFragments), 1280));
}

}  // namespace offload_ipv4_test
}  // namespace tsp::dataplane
