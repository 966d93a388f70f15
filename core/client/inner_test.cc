// SPDX-License-Identifier: Apache-2.0
#include "core/client/inner.h"

#include <gtest/gtest.h>

#include "core/client/test_support.h"

namespace tsp::client {
namespace inner_test {

using testing::inner_ipv4_packet;
using testing::inner_packet;
using testing::ipv4;
using testing::ipv4_offer;
using testing::ipv6;
using testing::some_offer;

constexpr std::string_view kClient = "2001:db8:0:100::2";
constexpr std::string_view kServer = "2001:db8:0:100::1";
constexpr std::string_view kFar = "2001:db8:ffff::1";

Offer router_offer() {
  Offer offer = some_offer();
  offer.delegated = parse_prefix("2001:db8:5600::/56");
  return offer;
}

TEST(InnerPackets, PacketForOurAddressOrPrefixIsDelivered) {
  EXPECT_EQ(classify_inbound(router_offer(), inner_packet(kFar, kClient)), Inbound::Deliver);
  EXPECT_EQ(classify_inbound(router_offer(), inner_packet(kFar, "2001:db8:5600:12::5")), Inbound::Deliver);
}

TEST(InnerPackets, PacketForSomebodyElseIsDropped) {
  EXPECT_EQ(classify_inbound(some_offer(), inner_packet(kFar, "2001:db8:5600:12::5")), Inbound::Drop);
  EXPECT_EQ(classify_inbound(router_offer(), inner_packet(kFar, "ff02::1")), Inbound::Drop);
  EXPECT_EQ(classify_inbound(router_offer(), inner_packet(kFar, "fe80::1")), Inbound::Drop);
}

TEST(InnerPackets, PacketThatPretendsToBeOursIsDropped) {
  EXPECT_EQ(classify_inbound(router_offer(), inner_packet(kClient, kClient)), Inbound::Drop);
  EXPECT_EQ(classify_inbound(router_offer(), inner_packet("2001:db8:5600::1", kClient)), Inbound::Drop);
}

TEST(InnerPackets, SourcesThatNoPacketCanHaveAreDropped) {
  for (const char* source : {"::", "::1", "ff02::1", "fe80::1", "::ffff:192.0.2.1", "::192.0.2.1", "fec0::1"}) {
    EXPECT_EQ(classify_inbound(some_offer(), inner_packet(source, kClient)), Inbound::Drop) << source;
  }
}

TEST(InnerPackets, SignallingGoesToTheSupervisorAndGarbageNowhere) {
  EXPECT_EQ(classify_inbound(some_offer(), Bytes{0xF0, 0, 0, 1, 0, 0, 0, 0}), Inbound::Supervisor);
  EXPECT_EQ(classify_inbound(some_offer(), Bytes{}), Inbound::Drop);
  EXPECT_EQ(classify_inbound(some_offer(), Bytes(60, 0x45)), Inbound::Drop);
  EXPECT_EQ(classify_inbound(some_offer(), Bytes(20, 0x60)), Inbound::Drop);
}

TEST(InnerPackets, LengthFieldMustAgreeWithTheDatagram) {
  Bytes packet = inner_packet(kFar, kClient);
  packet.push_back(0);
  EXPECT_EQ(classify_inbound(some_offer(), packet), Inbound::Drop);
}

TEST(InnerPackets, EchoReplyOfTheServerGoesToTheSupervisor) {
  Bytes reply = inner_packet(kServer, kClient);
  reply[6] = 58;
  reply[40] = 129;
  EXPECT_EQ(classify_inbound(some_offer(), reply), Inbound::Supervisor);
  reply[40] = 128;
  EXPECT_EQ(classify_inbound(some_offer(), reply), Inbound::Deliver);
}

TEST(InnerPackets, EchoReplyOfTheServerMayBeTheAnswerToATrialWhereThereIsNoKeepalive) {
  Offer offer = some_offer();
  offer.keepalive_seconds = 0;
  offer.keepalive_address = {};
  Bytes reply = inner_packet(kServer, kClient);
  reply[6] = 58;
  reply[40] = 129;
  EXPECT_EQ(classify_inbound(offer, reply), Inbound::Supervisor);
}

TEST(InnerPackets, HostMaySendFromItsTunnelAddressesOnly) {
  EXPECT_TRUE(may_send(some_offer(), inner_packet(kClient, kFar)));
  EXPECT_TRUE(may_send(router_offer(), inner_packet("2001:db8:5600:12::5", kFar)));
  EXPECT_FALSE(may_send(some_offer(), inner_packet("2001:db8:5600:12::5", kFar)));
  EXPECT_FALSE(may_send(some_offer(), inner_packet("fe80::1", "ff02::2")));
  EXPECT_FALSE(may_send(some_offer(), inner_packet(kClient, "ff02::2")));
  EXPECT_FALSE(may_send(some_offer(), Bytes(60, 0x45)));
}

TEST(InnerPackets, NothingButPacketsComesInProtocol41) {
  Offer offer = some_offer();
  offer.type = TunnelType::V6V4;
  EXPECT_EQ(classify_inbound(offer, Bytes{0xF0, 0, 0, 1, 0, 0, 0, 0}), Inbound::Drop);
  EXPECT_EQ(classify_inbound(offer, inner_packet(kFar, kClient)), Inbound::Deliver);
}

// ---- IPv4 in IPv6 ---------------------------------------------------------------------------------------------

constexpr std::string_view kIPv4Client = "100.64.0.2";
constexpr std::string_view kIPv4Server = "100.64.0.1";
constexpr std::string_view kIPv4Far = "192.0.2.99";

Offer ipv4_router_offer() {
  Offer offer = ipv4_offer();
  offer.delegated = parse_ipv4_prefix("100.64.128.0/24");
  return offer;
}

TEST(InnerPackets, IPv4ForOurAddressOrPrefixIsDelivered) {
  EXPECT_EQ(classify_inbound(ipv4_router_offer(), inner_ipv4_packet(kIPv4Far, kIPv4Client)), Inbound::Deliver);
  EXPECT_EQ(classify_inbound(ipv4_router_offer(), inner_ipv4_packet(kIPv4Far, "100.64.128.77")), Inbound::Deliver);
  EXPECT_EQ(classify_inbound(ipv4_offer(), inner_ipv4_packet(kIPv4Far, "100.64.128.77")), Inbound::Drop);
  EXPECT_EQ(classify_inbound(ipv4_offer(), inner_ipv4_packet(kIPv4Far, "255.255.255.255")), Inbound::Drop);
}

TEST(InnerPackets, EachTunnelCarriesItsOwnVersionOnly) {
  EXPECT_EQ(classify_inbound(ipv4_offer(), inner_packet(kFar, kClient)), Inbound::Drop);
  EXPECT_EQ(classify_inbound(some_offer(), inner_ipv4_packet(kIPv4Far, kIPv4Client)), Inbound::Drop);
  EXPECT_FALSE(may_send(ipv4_offer(), inner_packet(kClient, kFar)));
  EXPECT_FALSE(may_send(some_offer(), inner_ipv4_packet(kIPv4Client, kIPv4Far)));
  Offer mixed = some_offer();  // a mapped address in an IPv6 tunnel is not an IPv4 one
  mixed.client_inner = ipv4(kIPv4Client);
  EXPECT_FALSE(may_send(mixed, inner_ipv4_packet(kIPv4Client, kIPv4Far)));
}

TEST(InnerPackets, SourcesThatNoIPv4PacketCanHaveAreDropped) {
  for (const char* source : {"0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255", "100.64.0.2"}) {
    EXPECT_EQ(classify_inbound(ipv4_offer(), inner_ipv4_packet(source, kIPv4Client)), Inbound::Drop) << source;
  }
}

TEST(InnerPackets, IPv4HeaderMustAgreeWithTheDatagram) {
  const Bytes good = inner_ipv4_packet(kIPv4Far, kIPv4Client);
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(classify_inbound(ipv4_offer(), longer), Inbound::Drop);
  Bytes short_header = good;
  short_header[0] = 0x44;
  EXPECT_EQ(classify_inbound(ipv4_offer(), short_header), Inbound::Drop);
  Bytes long_header(good.begin(), good.begin() + 20);
  long_header[0] = 0x4F;
  long_header[3] = 20;
  EXPECT_EQ(classify_inbound(ipv4_offer(), long_header), Inbound::Drop);
}

TEST(InnerPackets, EchoReplyInIPv4GoesToTheSupervisorUnlessItIsAFragment) {
  const dataplane::test::Ends ends{ipv4(kIPv4Server), ipv4(kIPv4Client)};
  const Bytes body = dataplane::test::pattern(12);
  EXPECT_EQ(classify_inbound(ipv4_offer(), dataplane::test::make_icmpv4(ends, 0, 0, body)), Inbound::Supervisor);
  EXPECT_EQ(classify_inbound(ipv4_offer(), dataplane::test::make_icmpv4(ends, 8, 0, body)), Inbound::Deliver);
  EXPECT_EQ(classify_inbound(ipv4_offer(),
                             dataplane::test::make_icmpv4(ends, 0, 0, body, {.fragment = dataplane::kMoreFragments})),
            Inbound::Deliver);
}

TEST(InnerPackets, HostMaySendFromItsIPv4AddressesOnly) {
  EXPECT_TRUE(may_send(ipv4_offer(), inner_ipv4_packet(kIPv4Client, kIPv4Far)));
  EXPECT_TRUE(may_send(ipv4_router_offer(), inner_ipv4_packet("100.64.128.77", kIPv4Far)));
  EXPECT_FALSE(may_send(ipv4_offer(), inner_ipv4_packet("100.64.128.77", kIPv4Far)));
  EXPECT_FALSE(may_send(ipv4_offer(), inner_ipv4_packet(kIPv4Client, "224.0.0.251")));
  EXPECT_FALSE(may_send(ipv4_offer(), inner_ipv4_packet(kIPv4Client, "255.255.255.255")));
}

}  // namespace inner_test
}  // namespace tsp::client
