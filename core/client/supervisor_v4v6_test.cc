// SPDX-License-Identifier: Apache-2.0
//
// A whole client that asks for IPv4 in IPv6.
#include <gtest/gtest.h>

#include "core/client/supervisor_world.h"

namespace tsp::client {
namespace supervisor_v4v6_test {

using testing::inner_ipv4_packet;
using testing::ipv4_config;
using testing::ipv4_offer;
using testing::ipv4_offer_text;
using testing::kIPv4Capability;
using testing::kSuccess;
using testing::World;

void bring_up(World& world) {
  world.open();
  world.answer(kIPv4Capability);
  world.answer(kSuccess);
  world.answer(ipv4_offer_text());
  ASSERT_TRUE(world.preparing);
  world.happen(TunnelPrepared{world.preparing->socket, {}});
  world.answer("");
  ASSERT_TRUE(world.up);
}

TEST(V4V6Client, SignalsOverIPv6InUdpThenInTcp) {
  World world(ipv4_config());
  world.open();
  while (world.opening.size() == 1) ASSERT_TRUE(world.wait());
  EXPECT_EQ(world.opening[0].family, OuterFamily::IPv6);
  EXPECT_EQ(world.opening[0].transport, Transport::Udp);
  EXPECT_EQ(world.opening[1].family, OuterFamily::IPv6);
  EXPECT_EQ(world.opening[1].transport, Transport::Tcp);
  EXPECT_EQ(World(testing::anonymous_config()).opening[0].family, OuterFamily::IPv4);
}

TEST(V4V6Client, ANameThatLeadsToIPv4IsNoServer) {
  World world(ipv4_config());
  world.happen(SocketOpened{.socket = world.opening[0].socket,
                            .local = make_endpoint(*parse_ipv4("10.1.1.5"), 40000),
                            .remote = make_endpoint(*parse_ipv4("1.1.1.1"), kTspPort)});
  EXPECT_EQ(world.last_failure(), FailureKind::CannotConnect);
}

TEST(V4V6Client, AnsweredEchoRequestConfirmsTheTunnel) {
  World world(ipv4_config());
  bring_up(world);
  world.wait();
  ASSERT_EQ(world.packets.size(), 1U);
  EXPECT_EQ(dataplane::destination_of(world.packets[0]), ipv4_offer().server_inner);
  world.happen(PacketArrived{dataplane::make_echo_reply(world.packets[0]).value()});
  EXPECT_EQ(world.reports_of(ReportCode::TunnelConfirmed), 1);
  EXPECT_TRUE(world.delivered.empty());
}

TEST(V4V6Client, PacketsAreCheckedInBothDirections) {
  World world(ipv4_config());
  bring_up(world);
  const Bytes good = inner_ipv4_packet("192.0.2.99", "100.64.0.2");
  world.happen(PacketArrived{good});
  world.happen(PacketArrived{inner_ipv4_packet("192.0.2.99", "100.64.0.3")});
  world.happen(PacketArrived{testing::inner_packet("2001:db8:ffff::1", testing::kClient)});
  world.happen(PacketArrived{Bytes{0xF0, 0, 0, 1, 0, 0, 0, 0}});
  world.happen(PacketArrived{Bytes{}});
  EXPECT_EQ(world.delivered, std::vector<Bytes>{good});
  const Bytes out = inner_ipv4_packet("100.64.0.2", "192.0.2.99");
  world.happen(HostPacket{out});
  world.happen(HostPacket{inner_ipv4_packet("100.64.0.3", "192.0.2.99")});
  EXPECT_EQ(world.packets, std::vector<Bytes>{out});
}

}  // namespace supervisor_v4v6_test
}  // namespace tsp::client
