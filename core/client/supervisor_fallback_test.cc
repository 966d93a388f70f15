// SPDX-License-Identifier: Apache-2.0
//
// v6anyv4 where the network drops protocol 41: the client notices, and asks for UDP.
#include <gtest/gtest.h>

#include "core/client/supervisor_world.h"

namespace tsp::client {
namespace supervisor_fallback_test {

using namespace std::chrono_literals;
using testing::anonymous_config;
using testing::kStart;
using testing::OfferText;
using testing::World;

ClientConfig any_config() {
  ClientConfig config = anonymous_config();
  config.type = RequestedType::V6AnyV4;
  return config;
}

// A client at a broker that sees no NAT.
class AnyWorld : public World {
 public:
  explicit AnyWorld(const ClientConfig& config = any_config()) : World(config) {}

  void bring_up_as(const std::string& type, const std::string& keepalive = OfferText{}.keepalive) {
    open();
    OfferText offer;
    offer.type = type;
    offer.keepalive = keepalive;
    negotiate(offer.framed());
    ASSERT_TRUE(up);
  }
  // The keepalive that was sent last is answered, through whatever carries it.
  void confirm() {
    if (up->offer.type == TunnelType::V6UdpV4) return answer_keepalive();
    Bytes reply = packets.back();
    std::swap_ranges(reply.begin() + 8, reply.begin() + 24, reply.begin() + 24);
    reply[40] = 129;
    happen(PacketArrived{reply});
  }
  // The type that the last create asked for.
  [[nodiscard]] std::string asked_type() const {
    for (auto message = sent.rbegin(); message != sent.rend(); ++message) {
      const std::string_view text = as_text(message->bytes);
      const std::size_t at = text.find("type=\"v");
      if (at != std::string_view::npos) return std::string(text.substr(at + 6, text.find('"', at + 6) - at - 6));
    }
    return {};
  }
  // Until the tunnel is found to be dead.
  void wait_for_the_end() {
    while (up) ASSERT_TRUE(wait());
  }
};

TEST(Protocol41Fallback, ASilentTunnelIsReplacedByOneInUdpAtOnce) {
  AnyWorld world;
  world.bring_up_as("v6v4");
  EXPECT_EQ(world.asked_type(), "v6anyv4");

  world.wait_for_the_end();

  EXPECT_EQ(world.now, kStart + 15s);
  EXPECT_EQ(world.reports_of(ReportCode::FallingBack), 1);
  EXPECT_EQ(world.reports_of(ReportCode::Waiting), 0);
  ASSERT_EQ(world.opening.size(), 2U);
  EXPECT_EQ(world.opening[1].transport, Transport::Udp);
  world.bring_up_as("v6udpv4");
  EXPECT_EQ(world.asked_type(), "v6udpv4");
  world.wait();
  world.confirm();
  EXPECT_EQ(world.reports_of(ReportCode::TunnelConfirmed), 1);
}

TEST(Protocol41Fallback, IcmpErrorsMakeItQuicker) {
  AnyWorld world;
  world.bring_up_as("v6v4");
  for (int i = 0; i < 3; ++i) {
    world.wait_until(world.now + 1s);
    world.happen(PeerUnreachable{world.up->socket});
  }
  world.wait_until(kStart + 5s);
  EXPECT_EQ(world.reports_of(ReportCode::FallingBack), 1);
}

TEST(Protocol41Fallback, ATunnelThatWasAnsweredAndIsLostIsAnOrdinaryLoss) {
  AnyWorld world;
  world.bring_up_as("v6v4");
  world.wait();
  world.confirm();
  world.wait_for_the_end();
  EXPECT_EQ(world.reports_of(ReportCode::FallingBack), 0);
  EXPECT_EQ(world.reports_of(ReportCode::Waiting), 1);
  world.wait();
  world.bring_up_as("v6v4");
  EXPECT_EQ(world.asked_type(), "v6anyv4");
}

TEST(Protocol41Fallback, WhoAskedForProtocol41OrCameOverTcpGetsNothingElse) {
  ClientConfig config = any_config();
  config.type = RequestedType::V6V4;
  AnyWorld wanted(config);
  wanted.bring_up_as("v6v4");
  wanted.wait_for_the_end();
  EXPECT_EQ(wanted.reports_of(ReportCode::FallingBack), 0);

  AnyWorld over_tcp;
  over_tcp.open();
  over_tcp.wait_until(kStart + Rudp::kPatienceUnanswered);
  ASSERT_EQ(over_tcp.opening.back().transport, Transport::Tcp);
  over_tcp.bring_up_as("v6v4");
  over_tcp.wait_for_the_end();
  EXPECT_EQ(over_tcp.reports_of(ReportCode::FallingBack), 0) << "UDP does not get through either";
}

TEST(Protocol41Fallback, ItIsRememberedWhenTheTunnelInUdpIsLost) {
  AnyWorld world;
  world.bring_up_as("v6v4");
  world.wait_for_the_end();
  world.bring_up_as("v6udpv4");
  world.wait();
  world.confirm();

  world.wait_for_the_end();
  while (world.opening.size() < 3) world.wait();
  world.open();
  world.answer("530 Server too busy\r\n");
  while (world.opening.size() < 4) world.wait();
  world.bring_up_as("v6udpv4");

  EXPECT_EQ(world.asked_type(), "v6udpv4");
  EXPECT_EQ(world.reports_of(ReportCode::FallingBack), 1);
}

TEST(Protocol41Fallback, RenewalKeepsTheTypeAndALossAfterTheHoldTriesProtocol41Again) {
  AnyWorld world;
  world.bring_up_as("v6v4");
  world.wait_for_the_end();
  world.bring_up_as("v6udpv4");
  while (world.reports_of(ReportCode::Renewing) == 0) {
    const std::size_t before = world.packets.size();
    world.wait();
    if (world.packets.size() > before) world.confirm();
  }
  ASSERT_GT(world.now, kStart + UdpFallback::kHoldMin);
  world.negotiate();
  EXPECT_EQ(world.asked_type(), "v6udpv4") << "a tunnel that works is not risked";

  world.wait_for_the_end();
  while (world.opening.size() < 3) world.wait();
  world.bring_up_as("v6v4");

  EXPECT_EQ(world.asked_type(), "v6anyv4");
  world.wait_for_the_end();
  EXPECT_EQ(world.reports.back().code, ReportCode::Connecting);
  EXPECT_EQ(world.reports_of(ReportCode::FallingBack), 2);
}

TEST(Protocol41Fallback, WhereUdpFailsTooTheClientTakesTurnsAtGrowingDelays) {
  AnyWorld world;
  std::vector<std::string> asked;
  while (world.now < kStart + 1h) {
    world.bring_up_as(asked.size() % 2 == 0 ? "v6v4" : "v6udpv4");
    asked.push_back(world.asked_type());
    world.wait_for_the_end();
    while (world.closed.size() == world.opening.size()) ASSERT_TRUE(world.wait());
  }
  ASSERT_GE(asked.size(), 4U);
  EXPECT_LT(asked.size(), 60U);
  for (std::size_t i = 0; i < asked.size(); ++i) EXPECT_EQ(asked[i], i % 2 == 0 ? "v6anyv4" : "v6udpv4") << i;
}

TEST(Protocol41Fallback, WithoutKeepalivesATrialFindsOut) {
  AnyWorld silent;
  silent.bring_up_as("v6v4", "");
  silent.wait_for_the_end();
  EXPECT_EQ(silent.reports_of(ReportCode::FallingBack), 1);

  AnyWorld works;
  works.bring_up_as("v6v4", "");
  works.wait();
  ASSERT_EQ(works.packets.size(), 1U);
  works.confirm();
  EXPECT_EQ(works.reports_of(ReportCode::TunnelConfirmed), 1);
  works.wait_until(kStart + 1h);
  EXPECT_TRUE(works.up);
  EXPECT_EQ(works.packets.size(), 1U) << "there are no keepalives";
}

TEST(Protocol41Fallback, AnotherNetworkIsTriedAfresh) {
  AnyWorld world;
  world.bring_up_as("v6v4");
  world.wait_for_the_end();
  world.bring_up_as("v6udpv4");
  world.wait();
  world.confirm();

  world.happen(OuterAddressChanged{});

  world.bring_up_as("v6v4");
  EXPECT_EQ(world.asked_type(), "v6anyv4");
}

TEST(Protocol41Fallback, OnceGoesOnToUdpAndEndsWithThatTunnel) {
  ClientConfig config = any_config();
  config.once = true;
  AnyWorld world(config);
  world.bring_up_as("v6v4");
  world.wait_for_the_end();
  EXPECT_FALSE(world.finished);
  world.bring_up_as("v6udpv4");
  world.wait_for_the_end();
  EXPECT_EQ(world.finished, FinishReason::TunnelLost);
}

}  // namespace supervisor_fallback_test
}  // namespace tsp::client
