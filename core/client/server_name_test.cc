// SPDX-License-Identifier: Apache-2.0
#include "core/client/server_name.h"

#include <gtest/gtest.h>

namespace tsp::client {
namespace server_name_test {

TEST(ServerName, EveryFormOfGogocConfIsRead) {
  EXPECT_EQ(parse_server_name("TB.Example.net"), (ServerName{"tb.example.net", 3653}));
  EXPECT_EQ(parse_server_name("tb.example.net:4000"), (ServerName{"tb.example.net", 4000}));
  EXPECT_EQ(parse_server_name("192.0.2.1:3654"), (ServerName{"192.0.2.1", 3654}));
  EXPECT_EQ(parse_server_name("[2001:DB8::1]:3654"), (ServerName{"2001:db8::1", 3654}));
  EXPECT_EQ(parse_server_name("[2001:db8::1]"), (ServerName{"2001:db8::1", 3653}));
  EXPECT_EQ(parse_server_name("2001:db8::1"), (ServerName{"2001:db8::1", 3653}));
}

TEST(ServerName, NonsenseIsRefused) {
  for (const char* text : {"", ":3653", "host:", "host:0", "host:65536", "host:12x", "ho st", "host%s", "[::1",
                           "[tb]:1", "host:1:2", "h/../x", "[::1]3653"}) {
    EXPECT_FALSE(parse_server_name(text)) << text;
  }
  EXPECT_FALSE(parse_server_name(std::string(254, 'a')));
}

TEST(ServerName, TextLeavesTheDefaultPortOutAndReadsBack) {
  EXPECT_EQ(to_text(ServerName{"tb.example.net", 3653}), "tb.example.net");
  EXPECT_EQ(to_text(ServerName{"tb.example.net", 99}), "tb.example.net:99");
  EXPECT_EQ(to_text(ServerName{"2001:db8::1", 99}), "[2001:db8::1]:99");
}

TEST(ServerName, AddressesAreToldFromNames) {
  EXPECT_EQ(literal_address({"192.0.2.1", 1}), map_ipv4({{192, 0, 2, 1}}));
  EXPECT_EQ(literal_address({"2001:db8::1", 1}), parse_ipv6("2001:db8::1"));
  EXPECT_FALSE(literal_address({"192.0.2.1.example.net", 1}));
}

}  // namespace server_name_test
}  // namespace tsp::client
