// SPDX-License-Identifier: Apache-2.0
#include "core/client/lan_prefix.h"

#include <gtest/gtest.h>

namespace tsp::client {
namespace lan_prefix_test {

TEST(LanPrefix, TheLanGetsTheFirst64OfAnIPv6PrefixAndAllOfAnIPv4Prefix) {
  EXPECT_EQ(lan_prefix(*parse_prefix("2001:db8:5600::/56")), parse_prefix("2001:db8:5600::/64"));
  EXPECT_EQ(lan_prefix(*parse_prefix("2001:db8:5600::/64")), parse_prefix("2001:db8:5600::/64"));
  EXPECT_EQ(lan_prefix(*parse_prefix("2001:db8:5600::/80")), parse_prefix("2001:db8:5600::/80"));
  EXPECT_EQ(lan_prefix(*parse_ipv4_prefix("100.64.128.0/28")), parse_ipv4_prefix("100.64.128.0/28"));
}

}  // namespace lan_prefix_test
}  // namespace tsp::client
