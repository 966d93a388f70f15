// SPDX-License-Identifier: Apache-2.0
#include "core/client/offer_check.h"

#include <gtest/gtest.h>

#include "core/client/test_support.h"

namespace tsp::client {
namespace offer_check_test {

using testing::anonymous_config;
using testing::ipv4;
using testing::ipv4_config;
using testing::ipv4_offer;
using testing::ipv6;
using testing::some_offer;

ClientConfig config_for(RequestedType type) {
  ClientConfig config = anonymous_config();
  config.type = type;
  return config;
}

ClientConfig router_config() {
  ClientConfig config = testing::account_config(AuthMechanism::DigestMd5);
  config.router_prefix_length = 56;
  return config;
}

TEST(OfferCheck, OrdinaryOfferIsTakenAsItIs) {
  EXPECT_EQ(check_offer(some_offer(), anonymous_config(), Transport::Udp), some_offer());
}

TEST(OfferCheck, TypeMustBeTheOneAskedFor) {
  Offer v6v4 = some_offer();
  v6v4.type = TunnelType::V6V4;
  EXPECT_FALSE(check_offer(v6v4, config_for(RequestedType::V6UdpV4), Transport::Udp));
  EXPECT_FALSE(check_offer(some_offer(), config_for(RequestedType::V6V4), Transport::Udp));
  EXPECT_TRUE(check_offer(v6v4, config_for(RequestedType::V6V4), Transport::Udp));
}

TEST(OfferCheck, V6AnyV4AcceptsBothConcreteTypes) {
  Offer v6v4 = some_offer();
  v6v4.type = TunnelType::V6V4;
  EXPECT_TRUE(check_offer(v6v4, config_for(RequestedType::V6AnyV4), Transport::Udp));
  EXPECT_TRUE(check_offer(some_offer(), config_for(RequestedType::V6AnyV4), Transport::Udp));
}

TEST(OfferCheck, V6UdpV4CannotBeOfferedOverTcp) {
  EXPECT_FALSE(check_offer(some_offer(), config_for(RequestedType::V6AnyV4), Transport::Tcp));
}

TEST(OfferCheck, InnerAddressesMustBeUsable) {
  for (const char* text : {"::", "::1", "ff02::1", "fe80::1", "::ffff:192.0.2.1", "::192.0.2.1"}) {
    Offer client = some_offer();
    client.client_inner = ipv6(text);
    EXPECT_FALSE(check_offer(client, anonymous_config(), Transport::Udp)) << text;
    Offer server = some_offer();
    server.server_inner = ipv6(text);
    EXPECT_FALSE(check_offer(server, anonymous_config(), Transport::Udp)) << text;
    Offer keepalive = some_offer();
    keepalive.keepalive_address = ipv6(text);
    EXPECT_FALSE(check_offer(keepalive, anonymous_config(), Transport::Udp)) << text;
  }
  Offer same = some_offer();
  same.client_inner = same.server_inner;
  EXPECT_FALSE(check_offer(same, anonymous_config(), Transport::Udp));
}

TEST(OfferCheck, KeepaliveAddressDoesNotMatterWithoutKeepalive) {
  Offer offer = some_offer();
  offer.keepalive_seconds = 0;
  offer.keepalive_address = {};
  EXPECT_TRUE(check_offer(offer, anonymous_config(), Transport::Udp));
}

TEST(OfferCheck, Protocol41EndpointMustBeAHost) {
  Offer offer = some_offer();
  offer.type = TunnelType::V6V4;
  offer.server_outer = map_ipv4({{224, 0, 0, 1}});
  EXPECT_FALSE(check_offer(offer, config_for(RequestedType::V6V4), Transport::Udp));
}

TEST(OfferCheck, RouterNeedsAUsablePrefix) {
  Offer offer = some_offer();
  EXPECT_FALSE(check_offer(offer, router_config(), Transport::Udp));
  for (const char* text : {"fe80::/56", "::/0", "2001:db8:5600::/65", "2001:db8::/32"}) {
    offer.delegated = parse_prefix(text);
    EXPECT_FALSE(check_offer(offer, router_config(), Transport::Udp)) << text;
  }
  offer.delegated = parse_prefix("2001:db8:5600::/56");
  EXPECT_TRUE(check_offer(offer, router_config(), Transport::Udp));
}

TEST(OfferCheck, BothEndsMayLieInThePrefixButNotTheServersAlone) {
  Offer offer = some_offer();
  offer.delegated = parse_prefix("2001:db8:5600::/56");
  offer.server_inner = ipv6("2001:db8:5600::");
  EXPECT_FALSE(check_offer(offer, router_config(), Transport::Udp));
  offer.client_inner = ipv6("2001:db8:5600::1");
  EXPECT_TRUE(check_offer(offer, router_config(), Transport::Udp));
}

TEST(OfferCheck, PrefixNobodyAskedForIsLeftOut) {
  Offer offer = some_offer();
  offer.delegated = parse_prefix("2001:db8:5600::/56");
  EXPECT_EQ(check_offer(offer, anonymous_config(), Transport::Udp), some_offer());
}

// ---- IPv4 in IPv6 ---------------------------------------------------------------------------------------------

TEST(OfferCheck, V4V6IsTakenByWhoAskedForItAndByNobodyElse) {
  for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
    EXPECT_EQ(check_offer(ipv4_offer(), ipv4_config(), transport), ipv4_offer());
    EXPECT_FALSE(check_offer(ipv4_offer(), config_for(RequestedType::V6AnyV4), transport));
    EXPECT_FALSE(check_offer(some_offer(), ipv4_config(), transport));
  }
}

TEST(OfferCheck, InnerIPv4AddressesMustBeThoseOfHosts) {
  for (const char* text :
       {"0.0.0.0", "0.1.2.3", "127.0.0.1", "169.254.1.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"}) {
    Offer client = ipv4_offer();
    client.client_inner = ipv4(text);
    EXPECT_FALSE(check_offer(client, ipv4_config(), Transport::Udp)) << text;
    Offer server = ipv4_offer();
    server.server_inner = ipv4(text);
    EXPECT_FALSE(check_offer(server, ipv4_config(), Transport::Udp)) << text;
    Offer keepalive = ipv4_offer();
    keepalive.keepalive_address = ipv4(text);
    EXPECT_FALSE(check_offer(keepalive, ipv4_config(), Transport::Udp)) << text;
  }
  Offer same = ipv4_offer();
  same.server_inner = same.client_inner;
  EXPECT_EQ(check_offer(same, ipv4_config(), Transport::Udp).error(), "client and server have one address");
  Offer wrong_version = ipv4_offer();
  wrong_version.client_inner = ipv6("2001:db8::2");
  EXPECT_FALSE(check_offer(wrong_version, ipv4_config(), Transport::Udp));
}

TEST(OfferCheck, EndpointOfV4V6MustBeAHost) {
  for (const char* text : {"::", "::1", "fe80::1", "ff02::1"}) {
    Offer offer = ipv4_offer();
    offer.server_outer = ipv6(text);
    EXPECT_FALSE(check_offer(offer, ipv4_config(), Transport::Udp)) << text;
  }
}

TEST(OfferCheck, RouterNeedsAUsableIPv4Prefix) {
  ClientConfig config = testing::account_config(AuthMechanism::DigestMd5);
  config.type = RequestedType::V4V6;
  config.router_prefix_length = 24;
  Offer offer = ipv4_offer();
  EXPECT_FALSE(check_offer(offer, config, Transport::Udp));
  for (const char* text : {"127.0.0.0/24", "224.0.0.0/24", "100.64.128.0/31", "100.0.0.0/7", "100.64.0.0/24"}) {
    offer.delegated = parse_ipv4_prefix(text);
    EXPECT_FALSE(check_offer(offer, config, Transport::Udp)) << text;
  }
  for (const char* text : {"100.64.128.0/24", "100.64.128.0/30", "10.0.0.0/8"}) {
    offer.delegated = parse_ipv4_prefix(text);
    EXPECT_EQ(check_offer(offer, config, Transport::Udp), offer) << text;
  }
}

}  // namespace offer_check_test
}  // namespace tsp::client
