// SPDX-License-Identifier: Apache-2.0
#include "core/base/source.h"

#include <gtest/gtest.h>

namespace tsp {
namespace source_test {

IPv6Address ipv6(std::string_view text) {
  return parse_ipv6(text).value();
}

TEST(Source, IsAnIPv4AddressOrAnIPv6Slash64) {
  EXPECT_EQ(source_of(ipv6("::ffff:192.0.2.7")), ipv6("::ffff:192.0.2.7"));
  EXPECT_EQ(source_of(ipv6("2001:db8:0:1:2::3")), ipv6("2001:db8:0:1::"));
}

TEST(Source, KeysTellSourcesAndNetworksApart) {
  EXPECT_EQ(source_key(ipv6("2001:db8::1")), source_key(ipv6("2001:db8::2:1")));
  EXPECT_NE(source_key(ipv6("2001:db8::1")), source_key(ipv6("2001:db8:0:1::1")));
  EXPECT_EQ(network_key(ipv6("2001:db8::1")), network_key(ipv6("2001:db8:0:1::1")));
  EXPECT_NE(network_key(ipv6("2001:db8::1")), network_key(ipv6("2001:db8:1::1")));
  EXPECT_NE(source_key(ipv6("::ffff:192.0.2.7")), source_key(ipv6("::ffff:192.0.2.8")));
  EXPECT_EQ(network_key(ipv6("::ffff:192.0.2.7")), network_key(ipv6("::ffff:192.0.2.8")));
}

}  // namespace source_test
}  // namespace tsp
