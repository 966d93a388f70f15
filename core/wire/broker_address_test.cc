// SPDX-License-Identifier: Apache-2.0
#include "core/wire/broker_address.h"

#include <gtest/gtest.h>

#include <string>

namespace tsp::wire {
namespace broker_address_test {

TEST(BrokerAddress, IsReadAsItIsWritten) {
  for (const std::string text : {"192.0.2.1", "192.0.2.1:3654", "2001:db8::1", "[2001:db8::1]:3654", "ts1.example.net",
                                 "ts1.example.net:65535", "broker"}) {
    const auto address = parse_broker_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_text(*address), text);
  }
}

TEST(BrokerAddress, TheUsualPortIsNotWritten) {
  EXPECT_EQ(to_text(parse_broker_address("192.0.2.1:3653").value()), "192.0.2.1");
  EXPECT_EQ(to_text(parse_broker_address("[2001:db8::1]").value()), "2001:db8::1");
}

TEST(BrokerAddress, AnythingElseIsNone) {
  for (const char* text : {"", ":3653", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:36x", "192.0.2.300",
                           "[192.0.2.1]:3653", "[2001:db8::1", "[2001:db8::1]3653", "two words", "[ts1.example.net]"}) {
    EXPECT_FALSE(parse_broker_address(text)) << text;
  }
}

TEST(BrokerRegion, IsAShortNameOrNone) {
  EXPECT_TRUE(valid_region(""));
  EXPECT_TRUE(valid_region("eu-west_2.b"));
  EXPECT_TRUE(valid_region(std::string(kRegionSizeMax, 'x')));
  EXPECT_FALSE(valid_region(std::string(kRegionSizeMax + 1, 'x')));
  EXPECT_FALSE(valid_region("eu west"));
  EXPECT_FALSE(valid_region("europ\xC3\xA9"));
}

}  // namespace broker_address_test
}  // namespace tsp::wire
