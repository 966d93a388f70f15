// SPDX-License-Identifier: Apache-2.0
//
// A tunnel that is up: keepalive, packets, renewal, the end.
#include <gtest/gtest.h>

#include "core/client/supervisor_world.h"

namespace tsp::client {
namespace supervisor_tunnel_test {

using namespace std::chrono_literals;
using testing::anonymous_config;
using testing::frame;
using testing::inner_packet;
using testing::kCapability;
using testing::kClient;
using testing::kServer;
using testing::kStart;
using testing::OfferText;
using testing::World;

TEST(ClientSupervisor, KeepaliveBeginsAtOnceAndItsAnswerConfirmsTheTunnel) {
  World world(anonymous_config());
  world.bring_up();
  world.wait();
  ASSERT_EQ(world.packets.size(), 1U);
  EXPECT_EQ(dataplane::destination_of(world.packets[0]), testing::ipv6(kServer));
  world.now = world.now + 23ms;
  world.answer_keepalive();
  EXPECT_EQ(world.reports_of(ReportCode::TunnelConfirmed), 1);
  EXPECT_EQ(world.reports.back().delay, 23ms);
  EXPECT_TRUE(world.delivered.empty());
}

TEST(ClientSupervisor, ThreeLostKeepalivesTakeTheTunnelDownAndANewOneIsTried) {
  World world(anonymous_config());
  world.bring_up();
  world.wait_until(kStart + 15s);
  EXPECT_EQ(world.reports_of(ReportCode::KeepaliveLost), 3);
  EXPECT_EQ(world.downs, 1);
  EXPECT_EQ(world.closed, std::vector{world.opening[0].socket});
  EXPECT_EQ(world.opening.size(), 1U);
  world.wait();
  EXPECT_EQ(world.opening.size(), 2U);
  EXPECT_NE(world.opening[1].socket, world.opening[0].socket);
  world.bring_up();
  EXPECT_EQ(world.ups, 2);
}

TEST(ClientSupervisor, AnsweredKeepalivesKeepTheTunnel) {
  World world(anonymous_config());
  world.bring_up();
  while (world.now < kStart + 1h) {
    const std::size_t before = world.packets.size();
    world.wait();
    if (world.packets.size() > before) world.answer_keepalive();
  }
  EXPECT_EQ(world.downs, 0);
  EXPECT_GE(world.packets.size(), 180U);
  EXPECT_LE(world.packets.size(), 241U);
}

TEST(ClientSupervisor, TunnelsThatAreLostAtOnceAreNotMadeInAHotLoop) {
  World world(anonymous_config());
  while (world.now < kStart + 1h) {
    if (world.closed.size() < world.opening.size() && !world.up) world.bring_up();
    world.wait();
  }
  EXPECT_LT(world.ups, 40);
}

TEST(ClientSupervisor, IcmpErrorsAloneDoNotTakeATunnelDownThatAnswers) {
  World world(anonymous_config());
  world.bring_up();
  world.wait();
  world.answer_keepalive();
  for (int i = 0; i < 20; ++i) {
    const std::size_t before = world.packets.size();
    world.wait_until(world.now + 1s);
    world.happen(PeerUnreachable{world.up->socket});
    world.wait_until(world.now);
    if (world.packets.size() > before) world.answer_keepalive();
    ASSERT_TRUE(world.up);
  }
}

TEST(ClientSupervisor, IcmpErrorsAndOneLostKeepaliveAreEnough) {
  World world(anonymous_config());
  world.bring_up();
  world.wait();
  world.answer_keepalive();
  for (int i = 0; i < 3; ++i) {
    world.wait_until(world.now + 1s);
    world.happen(PeerUnreachable{world.up->socket});
  }
  world.wait_until(world.now + 5s);
  EXPECT_FALSE(world.up);
}

TEST(ClientSupervisor, InnerPacketsAreCheckedInBothDirections) {
  World world(anonymous_config());
  world.bring_up();
  const Bytes good = inner_packet("2001:db8:ffff::1", kClient);
  world.happen(BytesArrived{world.up->socket, good});
  world.happen(BytesArrived{world.up->socket, inner_packet("2001:db8:ffff::1", "2001:db8:ffff::2")});
  EXPECT_EQ(world.delivered, std::vector<Bytes>{good});
  const Bytes out = inner_packet(kClient, "2001:db8:ffff::1");
  world.happen(HostPacket{out});
  world.happen(HostPacket{inner_packet("2001:db8:ffff::9", "2001:db8:ffff::1")});
  EXPECT_EQ(world.packets, std::vector<Bytes>{out});
}

TEST(ClientSupervisor, SignallingIsNeverDeliveredAsAPacket) {
  World world(anonymous_config());
  world.bring_up();
  world.answer("310 TSP status error");
  EXPECT_TRUE(world.delivered.empty());
  EXPECT_TRUE(world.up);
}

TEST(ClientSupervisor, BrokenSocketOrDeviceIsALostTunnel) {
  World socket(anonymous_config());
  socket.bring_up();
  socket.happen(SocketFailed{socket.up->socket, "gone"});
  EXPECT_EQ(socket.downs, 1);

  ClientConfig config = anonymous_config();
  config.once = true;
  World device(config);
  device.bring_up();
  device.happen(TunnelBroke{"the device is gone"});
  EXPECT_EQ(device.downs, 1);
  EXPECT_EQ(device.finished, FinishReason::LocalProblem);
}

TEST(ClientSupervisor, OnceEndsWithTheFirstTunnel) {
  ClientConfig config = anonymous_config();
  config.once = true;
  World world(config);
  world.bring_up();
  world.wait_until(kStart + 15s);
  EXPECT_EQ(world.finished, FinishReason::TunnelLost);
  EXPECT_EQ(world.downs, 1);
}

void bring_up_without_keepalive(World& world, const std::string& lifetime) {
  OfferText offer;
  offer.keepalive.clear();
  offer.lifetime = lifetime;
  world.open();
  world.negotiate(offer.framed());
  ASSERT_TRUE(world.up);
}

TEST(ClientSupervisor, LifetimeIsInMinutesAndRenewedBeforeItsEndOnTheSameSocket) {
  World world(anonymous_config());
  bring_up_without_keepalive(world, "60");
  const std::uint32_t last_sequence = wire::parse_udp_header(world.sent.back().bytes)->sequence.value();
  world.wait();
  EXPECT_GE(world.now, kStart + 45min);
  EXPECT_LE(world.now, kStart + 51min);
  EXPECT_EQ(world.reports_of(ReportCode::Renewing), 1);
  EXPECT_EQ(world.opening.size(), 1U);
  EXPECT_EQ(world.last_text(), "VERSION=2.0.2\r\n");
  EXPECT_EQ(wire::parse_udp_header(world.sent.back().bytes)->sequence, wire::Sequence(last_sequence + 1));
  world.negotiate();
  EXPECT_EQ(world.ups, 2);
  EXPECT_EQ(world.downs, 0);
  EXPECT_TRUE(world.closed.empty());
}

TEST(ClientSupervisor, FailedRenewalLeavesTheTunnelAndTriesAgainFromANewSocket) {
  World world(anonymous_config());
  bring_up_without_keepalive(world, "60");
  world.wait();
  world.answer("530 Server too busy\r\n");
  EXPECT_TRUE(world.up);
  EXPECT_TRUE(world.closed.empty());
  world.wait();
  ASSERT_EQ(world.opening.size(), 2U);
  world.bring_up();
  EXPECT_EQ(world.up->socket, world.opening[1].socket);
  EXPECT_EQ(world.closed, std::vector{world.opening[0].socket});
  EXPECT_EQ(world.downs, 0);
}

TEST(ClientSupervisor, TunnelForwardsWhileItIsRenewed) {
  World world(anonymous_config());
  bring_up_without_keepalive(world, "60");
  world.wait();
  const Bytes packet = inner_packet("2001:db8:ffff::1", kClient);
  world.happen(BytesArrived{world.up->socket, packet});
  EXPECT_EQ(world.delivered, std::vector<Bytes>{packet});
}

TEST(ClientSupervisor, ChangedOuterAddressMakesANewTunnelBeforeTheOldOneGoes) {
  World world(anonymous_config());
  world.bring_up();
  world.happen(OuterAddressChanged{});
  ASSERT_EQ(world.opening.size(), 2U);
  EXPECT_TRUE(world.up);
  world.bring_up();
  EXPECT_EQ(world.ups, 2);
  EXPECT_EQ(world.downs, 0);
}

TEST(ClientSupervisor, AddressThatKeepsChangingDoesNotMakeAHotLoop) {
  World world(anonymous_config());
  world.bring_up();
  for (int i = 0; i < 50; ++i) world.happen(OuterAddressChanged{});
  EXPECT_EQ(world.opening.size(), 2U);
  world.wait_until(kStart + ClientSupervisor::kAddressChangePause);
  EXPECT_EQ(world.opening.size(), 3U);
}

TEST(ClientSupervisor, StopTakesTheTunnelDownAndTellsTheServer) {
  World world(anonymous_config());
  world.bring_up();
  world.happen(StopRequested{});
  EXPECT_EQ(world.downs, 1);
  EXPECT_NE(world.last_text().find("delete"), std::string_view::npos);
  EXPECT_FALSE(world.finished);
  world.answer(frame("200 Success\r\n"));
  EXPECT_EQ(world.finished, FinishReason::Stopped);
  EXPECT_EQ(world.reports_of(ReportCode::NotDeleted), 0);
  EXPECT_EQ(world.closed, std::vector{world.opening[0].socket});
}

// As it is after a restart of the server, which remembers tunnels but no sessions.
TEST(ClientSupervisor, StopDoesNotHangOnASilentServerAndSaysThatItWasNotTold) {
  World world(anonymous_config());
  world.bring_up();
  world.happen(StopRequested{});
  while (world.wait()) {
  }
  EXPECT_EQ(world.reports_of(ReportCode::NotDeleted), 1);
  EXPECT_EQ(world.finished, FinishReason::Stopped);
  EXPECT_LE(world.now, kStart + ClientSession::kFarewellPatience);
}

TEST(ClientSupervisor, StopEndsAnAttemptAndAPauseAtOnce) {
  World attempt(anonymous_config());
  attempt.open();
  attempt.happen(StopRequested{});
  EXPECT_EQ(attempt.finished, FinishReason::Stopped);
  EXPECT_EQ(attempt.closed.size(), 1U);

  World pause(anonymous_config());
  pause.open();
  pause.answer("530 Server too busy\r\n");
  pause.happen(StopRequested{});
  EXPECT_EQ(pause.finished, FinishReason::Stopped);
  EXPECT_FALSE(pause.wait());
}

TEST(ClientSupervisor, FactsAboutOldSocketsAreIgnored) {
  World world(anonymous_config());
  world.open();
  world.answer("530 Server too busy\r\n");
  const SocketId old = world.opening[0].socket;
  const std::size_t reports = world.reports.size();
  world.happen(SocketFailed{old, "late"});
  world.happen(PeerUnreachable{old});
  world.happen(BytesArrived{old, as_bytes("200 Success\r\n")});
  world.happen(SocketOpened{old, {}, {}});
  world.happen(TunnelPrepared{old, {}});
  EXPECT_EQ(world.reports.size(), reports);
  EXPECT_EQ(world.sent.size(), 1U);
}

TEST(ClientSupervisor, ClockThatStepsBackIsHarmless) {
  World world(anonymous_config());
  world.open();
  world.now = world.now - 100s;
  world.answer(kCapability);
  EXPECT_EQ(world.last_text(), "AUTHENTICATE ANONYMOUS\r\n");
}

}  // namespace supervisor_tunnel_test
}  // namespace tsp::client
