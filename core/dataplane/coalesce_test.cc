// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/coalesce.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace coalesce_test {

using test::address;
using test::Ends;
using test::TcpFields;

const Ends kEnds{address("2001:db8:0:1::7"), address("2001:db8:ffff::80")};
constexpr CoalesceOptions kEverything{.tcp = true, .udp = true};
constexpr std::size_t kPayload = 100;

// `count` consecutive segments of one connection.
std::vector<Bytes> tcp_flow(std::size_t count, TcpFields fields = {}) {
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < count; ++i) {
    packets.push_back(test::make_tcp(kEnds, fields, test::pattern(kPayload, static_cast<std::uint8_t>(i))));
    fields.sequence += kPayload;
  }
  return packets;
}

std::vector<Bytes> udp_flow(std::size_t count) {
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < count; ++i) {
    packets.push_back(test::make_udp(kEnds, test::pattern(kPayload, static_cast<std::uint8_t>(i))));
  }
  return packets;
}

// The number of packets in each super-packet.
std::vector<std::size_t> sizes_of(const std::vector<Bytes>& packets, CoalesceOptions options = kEverything) {
  Coalescer coalescer(options);
  for (const Bytes& packet : packets) coalescer.add(packet);
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < coalescer.size(); ++i) sizes.push_back(coalescer.at(i).packets);
  return sizes;
}

Bytes joined(const SuperPacket& super) {
  Bytes bytes;
  for (const ByteView part : super.parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

using Sizes = std::vector<std::size_t>;

TEST(Coalescer, ASinglePacketPassesAsItIsWithAnEmptyHeader) {
  const Bytes packet = test::make_tcp(kEnds, {}, test::pattern(kPayload));
  Coalescer coalescer(kEverything);

  coalescer.add(packet);

  ASSERT_EQ(coalescer.size(), 1U);
  const SuperPacket super = coalescer.at(0);
  EXPECT_EQ(super.vnet, VnetHeader{});
  ASSERT_EQ(super.parts.size(), 1U);
  EXPECT_EQ(super.parts[0].data(), packet.data());
  EXPECT_EQ(super.bytes, packet.size());
}

TEST(Coalescer, ConsecutiveTcpSegmentsBecomeOneSuperPacket) {
  const std::vector<Bytes> packets = tcp_flow(3);
  Coalescer coalescer(kEverything);

  for (const Bytes& packet : packets) coalescer.add(packet);

  ASSERT_EQ(coalescer.size(), 1U);
  const SuperPacket super = coalescer.at(0);
  EXPECT_EQ(super.packets, 3U);
  EXPECT_EQ(super.vnet, (VnetHeader{.flags = kVnetNeedsChecksum,
                                    .gso_type = kVnetGsoTcp6,
                                    .header_size = 60,
                                    .gso_size = kPayload,
                                    .checksum_start = 40,
                                    .checksum_offset = 16}));
  const Bytes bytes = joined(super);
  EXPECT_EQ(bytes.size(), super.bytes);
  EXPECT_EQ(bytes.size(), 60 + 3 * kPayload);
  EXPECT_EQ(get16(bytes, kPayloadLengthAt), bytes.size() - kIPv6HeaderSize);
  EXPECT_EQ(get32(bytes, kIPv6HeaderSize + kTcpSequenceAt), 1U);
}

TEST(Coalescer, ThePayloadIsNotCopied) {
  const std::vector<Bytes> packets = tcp_flow(3);
  Coalescer coalescer(kEverything);
  for (const Bytes& packet : packets) coalescer.add(packet);

  const SuperPacket super = coalescer.at(0);

  ASSERT_EQ(super.parts.size(), 4U);
  for (std::size_t i = 0; i < packets.size(); ++i) EXPECT_EQ(super.parts[i + 1].data(), packets[i].data() + 60);
}

TEST(Coalescer, TheChecksumFieldHoldsTheSumOfThePseudoHeader) {
  const std::vector<Bytes> packets = tcp_flow(2);
  Coalescer coalescer(kEverything);
  for (const Bytes& packet : packets) coalescer.add(packet);

  Bytes bytes = joined(coalescer.at(0));

  // The checksum over nothing but the pseudo-header, inverted.
  const auto length = static_cast<std::uint32_t>(bytes.size() - kIPv6HeaderSize);
  EXPECT_EQ(get16(bytes, kIPv6HeaderSize + kTcpChecksumAt), ones_sum(ByteView(bytes).subspan(8, 32), length + kTcp));
}

TEST(Coalescer, UdpDatagramsBecomeOneSuperPacketWithTheLengthOfAll) {
  const std::vector<Bytes> packets = udp_flow(5);
  Coalescer coalescer(kEverything);

  for (const Bytes& packet : packets) coalescer.add(packet);

  ASSERT_EQ(coalescer.size(), 1U);
  const SuperPacket super = coalescer.at(0);
  EXPECT_EQ(super.vnet.gso_type, kVnetGsoUdp);
  EXPECT_EQ(super.vnet.header_size, 48);
  EXPECT_EQ(super.vnet.checksum_offset, 6);
  EXPECT_EQ(get16(joined(super), kIPv6HeaderSize + kUdpLengthAt), kUdpHeaderSize + 5 * kPayload);
}

TEST(Coalescer, WhatTheKernelDoesNotTakeIsNotMerged) {
  EXPECT_EQ(sizes_of(udp_flow(3), {.tcp = true, .udp = false}), (Sizes{1, 1, 1}));
  EXPECT_EQ(sizes_of(tcp_flow(3), {.tcp = true, .udp = false}), (Sizes{3}));
  EXPECT_EQ(sizes_of(tcp_flow(3), {.tcp = false, .udp = true}), (Sizes{1, 1, 1}));
  EXPECT_EQ(sizes_of(udp_flow(3), {.tcp = false, .udp = true}), (Sizes{3}));
}

TEST(Coalescer, AShorterPacketEndsItsSuperPacket) {
  std::vector<Bytes> packets = tcp_flow(2);
  TcpFields fields{.sequence = 1 + 2 * kPayload};
  packets.push_back(test::make_tcp(kEnds, fields, test::pattern(40)));
  fields.sequence += 40;
  packets.push_back(test::make_tcp(kEnds, fields, test::pattern(40)));
  EXPECT_EQ(sizes_of(packets), (Sizes{3, 1}));
}

TEST(Coalescer, ALongerPacketStartsAnother) {
  EXPECT_EQ(sizes_of({test::make_udp(kEnds, Bytes(100)), test::make_udp(kEnds, Bytes(101))}), (Sizes{1, 1}));
}

TEST(Coalescer, PushEndsASuperPacketAndIsKept) {
  TcpFields fields;
  std::vector<Bytes> packets = tcp_flow(2);
  fields.sequence = 1 + 2 * kPayload;
  fields.flags = kTcpAck | kTcpPsh;
  packets.push_back(test::make_tcp(kEnds, fields, test::pattern(kPayload)));
  fields.sequence += kPayload;
  packets.push_back(test::make_tcp(kEnds, fields, test::pattern(kPayload)));
  EXPECT_EQ(sizes_of(packets), (Sizes{3, 1}));

  Coalescer coalescer(kEverything);
  for (const Bytes& packet : packets) coalescer.add(packet);
  EXPECT_EQ(joined(coalescer.at(0))[kIPv6HeaderSize + kTcpFlagsAt], kTcpAck | kTcpPsh);
}

TEST(Coalescer, OtherFlagsAreNeverMerged) {
  for (const unsigned flag : {0x01U, 0x02U, 0x04U, 0x20U, 0x40U, 0x80U}) {
    EXPECT_EQ(sizes_of(tcp_flow(2, {.flags = kTcpAck | flag})), (Sizes{1, 1})) << flag;
  }
  EXPECT_EQ(sizes_of(tcp_flow(2, {.flags = 0})), (Sizes{1, 1}));
}

TEST(Coalescer, AGapOrARetransmissionStartsAnother) {
  std::vector<Bytes> packets = tcp_flow(3);
  EXPECT_EQ(sizes_of({packets[0], packets[2]}), (Sizes{1, 1}));
  EXPECT_EQ(sizes_of({packets[0], packets[0]}), (Sizes{1, 1}));
  EXPECT_EQ(sizes_of({packets[1], packets[0]}), (Sizes{1, 1}));
}

TEST(Coalescer, SequenceNumbersWrap) {
  EXPECT_EQ(sizes_of(tcp_flow(3, {.sequence = 0xFFFF'FF80})), (Sizes{3}));
}

TEST(Coalescer, PureAcknowledgementsStaySingle) {
  const Bytes pure = test::make_tcp(kEnds, {}, {});
  EXPECT_EQ(sizes_of({pure, pure}), (Sizes{1, 1}));
}

TEST(Coalescer, AnyOtherDifferenceInAHeaderSeparates) {
  const Bytes options{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
  const std::vector<Bytes> packets = tcp_flow(2, {.options = options});
  ASSERT_EQ(sizes_of(packets), (Sizes{2}));
  constexpr std::size_t kHeadersEnd = kIPv6HeaderSize + kTcpHeaderSize + 12;
  for (std::size_t at = 0; at < kHeadersEnd; ++at) {
    if (at == kPayloadLengthAt || at == kPayloadLengthAt + 1) continue;
    Bytes changed = packets[1];
    changed[at] = static_cast<std::uint8_t>(changed[at] ^ 0x40);
    changed = test::with_checksum(changed, kTcpChecksumAt);
    if (at >= kIPv6HeaderSize + kTcpChecksumAt && at < kIPv6HeaderSize + kTcpChecksumAt + 2) continue;
    EXPECT_EQ(sizes_of({packets[0], changed}), (Sizes{1, 1})) << "byte " << at;
  }
}

TEST(Coalescer, DifferentHeaderSizesSeparate) {
  const Bytes plain = test::make_tcp(kEnds, {}, test::pattern(kPayload));
  const Bytes with_options =
      test::make_tcp(kEnds, {.sequence = 1 + kPayload, .options = Bytes(4, 1)}, test::pattern(kPayload));
  EXPECT_EQ(sizes_of({plain, with_options}), (Sizes{1, 1}));
}

TEST(Coalescer, AWrongChecksumIsNeverMergedWhereverItStands) {
  for (const bool udp : {false, true}) {
    for (std::size_t wrong = 0; wrong < 4; ++wrong) {
      std::vector<Bytes> packets = udp ? udp_flow(4) : tcp_flow(4);
      packets[wrong].back() = static_cast<std::uint8_t>(packets[wrong].back() ^ 0x10);
      Coalescer coalescer(kEverything);
      for (const Bytes& packet : packets) coalescer.add(packet);
      bool passed_alone = false;
      for (std::size_t i = 0; i < coalescer.size(); ++i) {
        if (coalescer.at(i).packets == 1) passed_alone = passed_alone || joined(coalescer.at(i)) == packets[wrong];
      }
      EXPECT_TRUE(passed_alone) << "udp " << udp << " packet " << wrong;
    }
  }
}

TEST(Coalescer, AUdpDatagramWithoutChecksumIsNotMerged) {
  std::vector<Bytes> packets = udp_flow(2);
  for (Bytes& packet : packets) put16(packet, kIPv6HeaderSize + kUdpChecksumAt, 0);
  EXPECT_EQ(sizes_of(packets), (Sizes{1, 1}));
}

TEST(Coalescer, AtMost64PacketsAreMerged) {
  EXPECT_EQ(sizes_of(tcp_flow(150)), (Sizes{64, 64, 22}));
}

TEST(Coalescer, ASuperPacketIsNeverLargerThan64KiB) {
  std::vector<Bytes> packets;
  TcpFields fields;
  for (int i = 0; i < 60; ++i) {
    packets.push_back(test::make_tcp(kEnds, fields, Bytes(1400)));
    fields.sequence += 1400;
  }
  Coalescer coalescer(kEverything);
  for (const Bytes& packet : packets) coalescer.add(packet);
  ASSERT_EQ(coalescer.size(), 2U);
  EXPECT_EQ(coalescer.at(0).packets, (65'535U - 60) / 1400);
  EXPECT_LE(coalescer.at(0).bytes, kSuperPacketBytes);
}

TEST(Coalescer, InterleavedFlowsAreMergedEach) {
  const std::vector<Bytes> one = tcp_flow(3);
  const std::vector<Bytes> other = tcp_flow(3, {.source_port = 50'001});
  const std::vector<Bytes> datagrams = udp_flow(3);
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < 3; ++i) packets.insert(packets.end(), {one[i], other[i], datagrams[i]});
  EXPECT_EQ(sizes_of(packets), (Sizes{3, 3, 3}));
}

TEST(Coalescer, APacketThatCannotBeMergedIsNotOvertakenByItsFlow) {
  const std::vector<Bytes> flow = tcp_flow(3);
  const Bytes urgent = test::make_tcp(kEnds, {.flags = kTcpAck | 0x20}, test::pattern(kPayload));
  EXPECT_EQ(sizes_of({flow[0], flow[1], urgent, flow[2]}), (Sizes{2, 1, 1}));
}

TEST(Coalescer, NothingOvertakesAPacketWhoseFlowCannotBeSeen) {
  const std::vector<Bytes> flow = udp_flow(3);
  const Bytes fragment = test::make_ipv6(kEnds, kFragment, Bytes(16));
  EXPECT_EQ(sizes_of({flow[0], flow[1], fragment, flow[2]}), (Sizes{2, 1, 1}));
}

TEST(Coalescer, AnEchoDoesNotSeparateAFlow) {
  const std::vector<Bytes> flow = udp_flow(3);
  const Bytes echo = test::make_echo_request(kEnds);
  EXPECT_EQ(sizes_of({flow[0], flow[1], echo, flow[2]}), (Sizes{3, 1}));
}

TEST(Coalescer, TheOriginalsOfASuperPacketCanBeHadBack) {
  const std::vector<Bytes> packets = tcp_flow(3);
  Coalescer coalescer(kEverything);
  for (const Bytes& packet : packets) coalescer.add(packet);

  const std::span<const ByteView> originals = coalescer.originals(0);

  ASSERT_EQ(originals.size(), packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) EXPECT_EQ(originals[i].data(), packets[i].data());
}

TEST(Coalescer, ClearForgetsOpenSuperPackets) {
  const std::vector<Bytes> packets = tcp_flow(2);
  Coalescer coalescer(kEverything);
  coalescer.add(packets[0]);

  coalescer.clear();

  EXPECT_EQ(coalescer.size(), 0U);
  coalescer.add(packets[1]);
  ASSERT_EQ(coalescer.size(), 1U);
  EXPECT_EQ(coalescer.at(0).packets, 1U);
}

TEST(Coalescer, BytesThatAreNoPacketPassAlone) {
  EXPECT_EQ(sizes_of({Bytes{}, Bytes(3, 0x60), Bytes(60, 0x60), Bytes(100, 0xFF)}), (Sizes{1, 1, 1, 1}));
}

}  // namespace coalesce_test
}  // namespace tsp::dataplane
