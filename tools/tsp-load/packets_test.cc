// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/packets.h"

#include <gtest/gtest.h>

#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"

namespace tsp::load {
namespace packets_test {

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

}  // namespace packets_test
}  // namespace tsp::load
