// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/packets.h"

#include <gtest/gtest.h>

#include "core/dataplane/classify.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"

namespace tsp::load {
namespace {

using dataplane::get16;

const IPv6Address kClient = *parse_ipv6("2001:db8::2");
const IPv6Address kBroker = *parse_ipv6("2001:db8::1");

TEST(FloodPacket, HasTheSizeAskedForAndARightChecksum) {
  for (const std::size_t size : {kFloodSizeMin, std::size_t{100}, std::size_t{1281}, std::size_t{1400}}) {
    const Bytes packet = make_flood_packet(kClient, kBroker, size);
    EXPECT_EQ(packet.size(), size);
    EXPECT_EQ(get16(packet, dataplane::kPayloadLengthAt), size - 40);
    EXPECT_TRUE(dataplane::upper_layer_checksum_right(packet)) << size;
    EXPECT_EQ(get16(packet, 42), kFloodPort);
    EXPECT_EQ(dataplane::source_of(packet), kClient);
    EXPECT_EQ(dataplane::destination_of(packet), kBroker);
  }
}

TEST(EchoRequest, IsAnsweredByTheBroker) {
  const Bytes request = make_echo_request(kClient, kBroker, 5);
  const auto reply = dataplane::make_echo_reply(request);
  ASSERT_TRUE(reply);
  EXPECT_EQ(dataplane::destination_of(*reply), kClient);
}

TEST(Encapsulation, IsAnIPv4PacketWithRightChecksumsAroundTheInnerOne) {
  const Endpoint from = make_endpoint({{192, 0, 2, 7}}, 40000);
  const Endpoint to = make_endpoint({{198, 51, 100, 1}}, 3653);
  const Bytes inner = make_flood_packet(kClient, kBroker, 101);
  const Bytes packet = encapsulate(from, to, inner);
  ASSERT_EQ(packet.size(), 28 + inner.size());
  const ByteView ip = ByteView(packet).first(20);
  EXPECT_EQ(dataplane::ones_sum(ip), 0xFFFF);
  EXPECT_EQ(get16(ip, 2), packet.size());

  const ByteView udp = ByteView(packet).subspan(20);
  EXPECT_EQ(get16(udp, 0), from.port);
  EXPECT_EQ(get16(udp, 2), to.port);
  const std::uint32_t pseudo_header = 0xC000 + 0x0207 + 0xC633 + 0x6401 + 17 + static_cast<std::uint32_t>(udp.size());
  EXPECT_EQ(dataplane::ones_sum(udp, pseudo_header), 0xFFFF);
  EXPECT_EQ(dataplane::classify(udp.subspan(8)), dataplane::DatagramKind::Inner);
}

}  // namespace
}  // namespace tsp::load
