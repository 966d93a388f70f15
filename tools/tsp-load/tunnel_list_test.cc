// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/tunnel_list.h"

#include <gtest/gtest.h>

namespace tsp::load {
namespace tunnel_list_test {

HeldTunnel some_tunnel(std::uint8_t number) {
  return {.local = make_endpoint({{127, 0, number, 1}}, 40000),
          .server = make_endpoint({{127, 0, 0, 1}}, 3653),
          .inner = {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number}},
          .server_inner = {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
}

TEST(TunnelList, IsReadAsItWasWritten) {
  const std::vector<HeldTunnel> tunnels{some_tunnel(7), some_tunnel(9)};
  EXPECT_EQ(parse_tunnels(to_json(tunnels)), tunnels);
}

TEST(TunnelList, RefusesWhatIsNoList) {
  for (const char* text : {"", "[]", "{}", R"({"tunnels": 1})", R"({"tunnels": []})", R"({"tunnels": [1]})"}) {
    EXPECT_FALSE(parse_tunnels(text)) << text;
  }
}

TEST(TunnelList, NamesTheTunnelThatCannotBeRead) {
  std::string json = to_json(std::vector{some_tunnel(7), some_tunnel(9)});
  json.replace(json.rfind("2001:db8::1"), 4, "zzzz");
  EXPECT_EQ(parse_tunnels(json).error(), "tunnel 1 cannot be read");
}

TEST(Endpoint, NeedsAnAddressAndAPort) {
  EXPECT_EQ(parse_endpoint("192.0.2.1:3653"), make_endpoint({{192, 0, 2, 1}}, 3653));
  for (const char* text :
       {"", "192.0.2.1", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:70000", "name:3653", "1.2.3.4:5x"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

}  // namespace tunnel_list_test
}  // namespace tsp::load
