// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <regex>

#include "core/wire/examples.h"
#include "core/wire/message.h"

namespace tsp::wire {
namespace offer_text_test {

using testing::HasSubstr;
using testing::Not;

Offer host_offer(TunnelType type) {
  Offer offer;
  offer.type = type;
  offer.server_outer = map_ipv4({{192, 0, 2, 1}});
  offer.client_outer = map_ipv4({{198, 51, 100, 7}});
  offer.server_inner = parse_ipv6("2001:db8:0:100::1").value();
  offer.client_inner = parse_ipv6("2001:db8:0:100::2").value();
  offer.dns_server = parse_ipv6("2001:db8:0:53::53");
  offer.keepalive_seconds = 30;
  offer.keepalive_address = offer.server_inner;
  offer.lifetime_minutes = 1440;
  return offer;
}

Offer ipv4_offer() {
  Offer offer;
  offer.type = TunnelType::V4V6;
  offer.server_outer = parse_ipv6("2001:db8:0:aa::1").value();
  offer.client_outer = parse_ipv6("2001:db8:c::7").value();
  offer.server_inner = map_ipv4({{192, 0, 2, 129}});
  offer.client_inner = map_ipv4({{192, 0, 2, 130}});
  offer.dns_server = parse_ipv6("2001:db8:0:53::53");
  offer.keepalive_seconds = 30;
  offer.keepalive_address = offer.server_inner;
  offer.lifetime_minutes = 1440;
  return offer;
}

Offer ipv4_router_offer() {
  Offer offer = ipv4_offer();
  offer.delegated = parse_ipv4_prefix("198.51.100.64/26");
  return offer;
}

Offer router_offer() {
  Offer offer = host_offer(TunnelType::V6V4);
  offer.client_name = "alice.tb.example.net";
  offer.delegated = parse_prefix("2001:db8:501:e300::/56");
  offer.name_servers = {"ns1.example.org", "ns2.example.org"};
  return offer;
}

TEST(OfferText, HasTheBytesOldClientsRead) {
  EXPECT_EQ(framed(Status::Success, offer_text(host_offer(TunnelType::V6V4))), examples::kOfferV6V4);
  EXPECT_EQ(framed(Status::Success, offer_text(host_offer(TunnelType::V6UdpV4))), examples::kOfferV6UdpV4);
  EXPECT_EQ(framed(Status::Success, offer_text(router_offer())), examples::kOfferRouter);
  // The example gives the tunnel an IPv4 network of its own.
  const std::regex length("length=\"30\"");
  const std::string example = std::regex_replace(std::string(examples::kOfferV4V6), length, "length=\"32\"");
  EXPECT_EQ(framed(Status::Success, offer_text(ipv4_offer())), example);
}

TEST(OfferText, AnIPv4PrefixIsWrittenWithItsOwnLength) {
  EXPECT_THAT(offer_text(ipv4_router_offer()), HasSubstr("<prefix length=\"26\">198.51.100.64</prefix>\r\n"));
}

TEST(OfferText, NoKeepaliveElementWithoutAnInterval) {
  Offer offer = host_offer(TunnelType::V6UdpV4);
  offer.keepalive_seconds = 0;
  EXPECT_THAT(offer_text(offer), Not(HasSubstr("keepalive")));
}

TEST(OfferText, ThePrefixIsWrittenInFull) {
  Offer offer = router_offer();
  offer.delegated = parse_prefix("2001:db8:a000::/48");
  EXPECT_THAT(offer_text(offer),
              HasSubstr("<prefix length=\"48\">2001:0db8:a000:0000:0000:0000:0000:0000</prefix>\r\n"));
}

TEST(OfferText, NameServersAreToldWithTheirPrefixOnly) {
  Offer offer = router_offer();
  offer.delegated.reset();
  EXPECT_THAT(offer_text(offer), Not(HasSubstr("ns1.example.org")));
  offer = router_offer();
  offer.name_servers.clear();
  EXPECT_THAT(offer_text(offer), Not(HasSubstr("      <dns_server>")));
}

TEST(OfferText, FitsOneDatagramAndHoldsNothingToBeEscaped) {
  Offer offer = router_offer();
  offer.client_name = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".example";
  offer.keepalive_seconds = 86400;
  offer.lifetime_minutes = UINT32_MAX;
  const std::string message = framed(Status::Success, offer_text(offer));
  EXPECT_LE(message.size(), 1200U);
  EXPECT_EQ(message.find_first_of("%&'"), std::string::npos);
}

TEST(OfferText, EveryOfferIsReadBack) {
  Offer bare = host_offer(TunnelType::V6UdpV4);
  bare.keepalive_seconds = 0;
  bare.keepalive_address = {};
  bare.lifetime_minutes = 0;
  for (const Offer& offer : {host_offer(TunnelType::V6V4), host_offer(TunnelType::V6UdpV4), router_offer(), bare,
                             ipv4_offer(), ipv4_router_offer()}) {
    const std::string message = framed(Status::Success, offer_text(offer));
    const auto reply = parse_offer_reply(message);
    ASSERT_TRUE(reply.has_value()) << message;
    ASSERT_TRUE(std::holds_alternative<Offer>(*reply)) << message;
    EXPECT_EQ(std::get<Offer>(*reply), offer) << message;
  }
}

}  // namespace offer_text_test
}  // namespace tsp::wire
