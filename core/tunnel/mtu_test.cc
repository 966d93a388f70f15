// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/mtu.h"

#include <gtest/gtest.h>

namespace tsp::tunnel {
namespace mtu_test {

TEST(Mtu, IsWhatIsWantedIfItFits) {
  EXPECT_EQ(choose_mtu(TunnelType::V6UdpV4, 1300, 1472), 1300);
  EXPECT_EQ(choose_mtu(TunnelType::V6V4, 1472, 1472), 1472);
}

TEST(Mtu, IsNeverMoreThanAnOuterPacketHolds) {
  EXPECT_EQ(choose_mtu(TunnelType::V6UdpV4, 9000, 9000), 1472);
  EXPECT_EQ(choose_mtu(TunnelType::V6V4, 9000, 9000), 1480);
  EXPECT_EQ(choose_mtu(TunnelType::V4V6, 9000, 9000), 1460);
}

TEST(Mtu, IsNeverMoreThanTheDatapathTakes) {
  EXPECT_EQ(choose_mtu(TunnelType::V6UdpV4, 1472, 1400), 1400);
}

TEST(Mtu, IsNeverLessThanIPv6Needs) {
  EXPECT_EQ(choose_mtu(TunnelType::V6UdpV4, 600, 1472), 1280);
  EXPECT_EQ(choose_mtu(TunnelType::V6V4, 1480, 600), 1280);
}

}  // namespace mtu_test
}  // namespace tsp::tunnel
