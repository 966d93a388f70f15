// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/packet_sender.h"

#include <gtest/gtest.h>

namespace tsp::load {
namespace packet_sender_test {

TEST(NextHop, IsAnInterfaceAndALinkAddress) {
  const auto hop = parse_next_hop("eth0/02:00:0a:ff:00:1");
  ASSERT_TRUE(hop);
  EXPECT_EQ(hop->interface, "eth0");
  EXPECT_EQ(hop->mac, (std::array<std::uint8_t, 6>{0x02, 0x00, 0x0a, 0xff, 0x00, 0x01}));
}

TEST(NextHop, RefusesAnythingElse) {
  for (const char* text : {"", "eth0", "/02:00:00:00:00:01", "eth0/", "eth0/02:00:00:00:00",
                           "eth0/02:00:00:00:00:01:02", "eth0/02:00:00:00:00:100", "eth0/02-00-00-00-00-01"}) {
    EXPECT_FALSE(parse_next_hop(text)) << text;
  }
}

}  // namespace packet_sender_test
}  // namespace tsp::load
