// SPDX-License-Identifier: Apache-2.0
#include "tools/capture/encapsulate.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"
#include "tools/capture/ip_packet.h"

namespace tsp::capture {
namespace encapsulate_test {

using dataplane::get16;

const Endpoint kFrom = make_endpoint({{192, 0, 2, 7}}, 40000);
const Endpoint kTo = make_endpoint({{198, 51, 100, 1}}, 3653);
constexpr std::uint32_t kAddresses = 0xC000 + 0x0207 + 0xC633 + 0x6401;

TEST(Encapsulation, IsAnIPv4PacketWithRightChecksumsAroundThePayload) {
  const Bytes payload(101, 0x5A);
  const Bytes packet = encapsulate(kFrom, kTo, payload);
  ASSERT_EQ(packet.size(), 28 + payload.size());
  const ByteView ip = ByteView(packet).first(20);
  EXPECT_EQ(dataplane::ones_sum(ip), 0xFFFF);
  EXPECT_EQ(get16(ip, 2), packet.size());

  const ByteView udp = ByteView(packet).subspan(20);
  EXPECT_EQ(get16(udp, 0), kFrom.port);
  EXPECT_EQ(get16(udp, 2), kTo.port);
  EXPECT_EQ(dataplane::ones_sum(udp, kAddresses + 17 + static_cast<std::uint32_t>(udp.size())), 0xFFFF);
  EXPECT_EQ(Bytes(udp.begin() + 8, udp.end()), payload);
}

TEST(Encapsulation, OfASegmentHasRightChecksumsAndReadsBack) {
  const Bytes payload(33, 0xA5);
  const Bytes packet = encapsulate_segment(kFrom, kTo, {.sequence = 77, .acknowledged = 9, .flags = 0x18}, payload);
  EXPECT_EQ(dataplane::ones_sum(ByteView(packet).first(20)), 0xFFFF);
  const ByteView tcp = ByteView(packet).subspan(20);
  EXPECT_EQ(dataplane::ones_sum(tcp, kAddresses + 6 + static_cast<std::uint32_t>(tcp.size())), 0xFFFF);

  const auto read = read_transport(packet);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->from, kFrom);
  EXPECT_EQ(read->to, kTo);
  EXPECT_EQ(read->sequence, 77U);
  EXPECT_EQ(read->tcp_flags, 0x18);
  EXPECT_EQ(Bytes(read->payload.begin(), read->payload.end()), payload);
}

TEST(Encapsulation, InIPv6HasRightChecksumsToo) {
  const Endpoint from{*parse_ipv6("2001:db8::7"), 40000};
  const Endpoint to{*parse_ipv6("2001:db8:b::1"), 3653};
  const Bytes payload(33, 0xA5);
  const Bytes packet = encapsulate(from, to, payload);
  EXPECT_TRUE(dataplane::upper_layer_checksum_right(packet));
  EXPECT_TRUE(dataplane::upper_layer_checksum_right(encapsulate_segment(from, to, {.sequence = 77}, payload)));

  const auto read = read_transport(packet);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->from, from);
  EXPECT_EQ(read->to, to);
  EXPECT_EQ(Bytes(read->payload.begin(), read->payload.end()), payload);
}

TEST(Encapsulation, WithoutPortsIsOfTheInnerPacketAlone) {
  const Bytes payload(60, 0x5A);
  const Bytes in_ipv4 = encapsulate(make_endpoint({{192, 0, 2, 7}}, 0), make_endpoint({{192, 0, 2, 1}}, 0), payload);
  EXPECT_EQ(in_ipv4.size(), 20 + payload.size());
  EXPECT_EQ(in_ipv4[9], 41);
  const Bytes in_ipv6 = encapsulate({*parse_ipv6("2001:db8::7"), 0}, {*parse_ipv6("2001:db8::1"), 0}, payload);
  EXPECT_EQ(in_ipv6.size(), 40 + payload.size());
  EXPECT_EQ(in_ipv6[6], 4);
}

}  // namespace encapsulate_test
}  // namespace tsp::capture
