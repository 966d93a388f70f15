// SPDX-License-Identifier: Apache-2.0
#include "core/client/inner.h"

#include <gtest/gtest.h>

#include "core/client/test_support.h"

namespace tsp::client {
namespace {

using testing::inner_packet;
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

TEST(InnerPackets, HostMaySendFromItsTunnelAddressesOnly) {
  EXPECT_TRUE(may_send(some_offer(), inner_packet(kClient, kFar)));
  EXPECT_TRUE(may_send(router_offer(), inner_packet("2001:db8:5600:12::5", kFar)));
  EXPECT_FALSE(may_send(some_offer(), inner_packet("2001:db8:5600:12::5", kFar)));
  EXPECT_FALSE(may_send(some_offer(), inner_packet("fe80::1", "ff02::2")));
  EXPECT_FALSE(may_send(some_offer(), inner_packet(kClient, "ff02::2")));
  EXPECT_FALSE(may_send(some_offer(), Bytes(60, 0x45)));
}

}  // namespace
}  // namespace tsp::client
