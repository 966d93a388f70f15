// SPDX-License-Identifier: Apache-2.0
//
// The dialogue of a client that asks for IPv4 in IPv6.
#include <gtest/gtest.h>

#include "core/client/session_dialogue.h"

namespace tsp::client {
namespace session_v4v6_test {

using testing::Dialogue;
using testing::ipv4_config;
using testing::ipv4_offer;
using testing::ipv4_offer_text;
using testing::kIPv4Capability;
using testing::kSuccess;

TEST(V4V6Client, AsksWithItsIPv6AddressAndForKeepalivesInIPv4) {
  Dialogue dialogue(ipv4_config());
  dialogue.said();
  dialogue.answer(kIPv4Capability);
  dialogue.said();
  dialogue.answer(kSuccess);
  EXPECT_EQ(dialogue.said(),
            testing::frame("<tunnel action=\"create\" type=\"v4v6\" proxy=\"no\">\r\n <client>\r\n"
                           "  <address type=\"ipv6\">2001:db8:c::7</address>\r\n  <keepalive interval=\"25\">\r\n"
                           "    <address type=\"ipv4\">127.0.0.1</address>\r\n  </keepalive>\r\n </client>\r\n"
                           "</tunnel>\r\n"));
  dialogue.answer(ipv4_offer_text());
  Offer expected = ipv4_offer();
  expected.lifetime_minutes = 1440;
  EXPECT_EQ(dialogue.offered, expected);
}

TEST(V4V6Client, ARouterAsksForAnIPv4PrefixAndGetsIt) {
  Dialogue dialogue(testing::ipv4_router_config());
  dialogue.said();
  dialogue.answer(kIPv4Capability);
  dialogue.said();
  dialogue.answer("");
  dialogue.said();
  dialogue.answer(kSuccess);
  EXPECT_NE(dialogue.said().find("<prefix length=\"24\"/>"), std::string::npos);
  dialogue.answer(ipv4_offer_text("<router><prefix length=\"24\">100.64.128.0</prefix></router>"));
  ASSERT_TRUE(dialogue.offered);
  EXPECT_EQ(dialogue.offered->delegated, parse_ipv4_prefix("100.64.128.0/24"));
}

TEST(V4V6Client, AServerOverIPv6ThatHasNothingForItIsLeftAlone) {
  Dialogue dialogue(ipv4_config());
  dialogue.said();
  dialogue.answer(testing::kCapability);
  EXPECT_EQ(dialogue.failed(), FailureKind::TypeNotOffered);
}

TEST(V4V6Client, AnOfferOfIPv6IsRejected) {
  Dialogue dialogue(ipv4_config());
  dialogue.negotiate_anonymously(testing::offer_of_type("v6v4"));
  EXPECT_FALSE(dialogue.offered);
}

TEST(V4V6Client, EachOfSeveralServersMustFitTheType) {
  ClientConfig config = testing::ipv4_config();
  config.more_servers = {{"2001:db8::1", kTspPort}, {"192.0.2.1", kTspPort}};
  const auto valid = validate(config);
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error(), "tunnels of this type need a server in IPv6, not 192.0.2.1");
}

TEST(V4V6Client, ServerAndPrefixLengthMustFitTheType) {
  const auto error_of = [](ClientConfig config, std::string_view host, std::optional<std::uint8_t> length) {
    config.server.host = host;
    config.router_prefix_length = length;
    const auto valid = validate(config);
    return valid ? std::string() : valid.error();
  };
  const ClientConfig over_ipv6 = testing::ipv4_router_config();
  EXPECT_EQ(error_of(over_ipv6, "2001:db8::1", 8), "");
  EXPECT_EQ(error_of(over_ipv6, "tb.example.net", 30), "");
  EXPECT_EQ(error_of(over_ipv6, "192.0.2.1", 24), "tunnels of this type need a server in IPv6, not 192.0.2.1");
  EXPECT_EQ(error_of(over_ipv6, "::ffff:192.0.2.1", 24),
            "tunnels of this type need a server in IPv6, not [::ffff:192.0.2.1]");
  EXPECT_EQ(error_of(over_ipv6, "2001:db8::1", 7), "the prefix length must be 8 to 30 for this tunnel type");
  EXPECT_NE(error_of(over_ipv6, "2001:db8::1", 31), "");
  const ClientConfig over_ipv4 = testing::account_config(AuthMechanism::Plain);
  EXPECT_EQ(error_of(over_ipv4, "192.0.2.1", 64), "");
  EXPECT_EQ(error_of(over_ipv4, "2001:db8::1", 64), "tunnels of this type need a server in IPv4, not [2001:db8::1]");
  EXPECT_EQ(error_of(over_ipv4, "192.0.2.1", 65), "the prefix length must be 1 to 64 for this tunnel type");
}

}  // namespace session_v4v6_test
}  // namespace tsp::client
