// SPDX-License-Identifier: Apache-2.0
//
// Attempts: what follows what, and how long the client waits.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/auth/digest_md5.h"
#include "core/client/supervisor_world.h"

namespace tsp::client {
namespace supervisor_attempts_test {

using namespace std::chrono_literals;
using testing::anonymous_config;
using testing::kCapability;
using testing::kClient;
using testing::kStart;
using testing::kSuccess;
using testing::OfferText;
using testing::World;

TEST(ClientSupervisor, BeginsWithAUdpSocketToTheConfiguredServer) {
  const World world(anonymous_config());
  ASSERT_EQ(world.opening.size(), 1U);
  EXPECT_EQ(world.opening[0].transport, Transport::Udp);
  EXPECT_EQ(to_text(world.opening[0].server), "tb.example.net");
}

TEST(ClientSupervisor, NegotiationEndsInATunnel) {
  World world(anonymous_config());
  world.bring_up();
  EXPECT_EQ(world.up->socket, world.opening[0].socket);
  EXPECT_EQ(world.up->offer.client_inner, testing::ipv6(kClient));
  EXPECT_EQ(world.reports_of(ReportCode::TunnelUp), 1);
}

TEST(ClientSupervisor, FirstSequenceIsRandomUnlessAnOldServerNeedsTheOldOne) {
  std::set<std::uint32_t> seen;
  for (std::uint8_t i = 0; i < 20; ++i) {
    ClientSupervisor client(anonymous_config(), Seed{i}, kStart);
    client.handle(kStart, SocketOpened{SocketId{1}, make_endpoint(*parse_ipv4("10.1.1.5"), 40000),
                                       make_endpoint(*parse_ipv4("1.1.1.1"), kTspPort)});
    while (auto order = client.poll()) {
      if (auto* send = std::get_if<SendBytes>(&*order)) {
        seen.insert(wire::parse_udp_header(send->bytes)->sequence.value());
      }
    }
  }
  EXPECT_EQ(seen.size(), 20U);

  ClientConfig config = anonymous_config();
  config.compatible_sequence = true;
  World world(config);
  world.open();
  EXPECT_EQ(Bytes(world.sent[0].bytes.begin(), world.sent[0].bytes.begin() + 4), (Bytes{0xF0, 0, 0, 0xF0}));
}

TEST(ClientSupervisor, ClientNonceOfADigestIsRandom) {
  std::set<std::string> responses;
  for (std::uint8_t i = 0; i < 20; ++i) {
    World world(testing::account_config(AuthMechanism::DigestMd5), Seed{i});
    world.open();
    world.answer(kCapability);
    world.answer(testing::kChallenge);
    const auto response = auth::parse_response(world.last_text());
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->cnonce.size(), 32U);
    responses.insert(response->cnonce);
  }
  EXPECT_EQ(responses.size(), 20U);
}

TEST(ClientSupervisor, OlderVersionIsTriedOnANewSocketAfterADelay) {
  World world(anonymous_config());
  world.open();
  world.answer("302 Unsupported client version\r\n");
  EXPECT_EQ(world.opening.size(), 1U);
  EXPECT_EQ(world.closed, std::vector{world.opening[0].socket});
  world.wait();
  ASSERT_EQ(world.opening.size(), 2U);
  world.open();
  EXPECT_EQ(world.last_text(), "VERSION=2.0.1\r\n");
}

TEST(ClientSupervisor, TcpIsTriedAtOnceWhenUdpIsSilent) {
  ClientConfig config = anonymous_config();
  config.type = RequestedType::V6AnyV4;
  World world(config);
  world.open();
  world.wait_until(kStart + Rudp::kPatienceUnanswered);
  ASSERT_EQ(world.opening.size(), 2U);
  EXPECT_EQ(world.opening[1].transport, Transport::Tcp);
  world.open();
  OfferText offer;
  offer.type = "v6v4";
  world.negotiate(offer.framed());
  EXPECT_TRUE(world.up);
}

TEST(ClientSupervisor, ConnectionThatNeverStandsIsGivenUp) {
  World world(anonymous_config());
  world.wait_until(kStart + 15s);
  EXPECT_EQ(world.last_failure(), FailureKind::CannotConnect);
  EXPECT_EQ(world.closed.size(), 1U);
}

TEST(ClientSupervisor, ThreeIcmpErrorsEndAnAttemptButABurstOfThemDoesNot) {
  World world(anonymous_config());
  world.open();
  for (int i = 0; i < 10; ++i) world.happen(PeerUnreachable{world.opening[0].socket});
  EXPECT_FALSE(world.last_failure());
  world.wait_until(kStart + 1s);
  world.happen(PeerUnreachable{world.opening[0].socket});
  EXPECT_FALSE(world.last_failure());
  world.wait_until(kStart + 3s);
  world.happen(PeerUnreachable{world.opening[0].socket});
  EXPECT_EQ(world.last_failure(), FailureKind::NoAnswer);
}

TEST(ClientSupervisor, RedirectIsFollowedToItsServer) {
  World world(anonymous_config());
  world.open();
  world.answer(testing::redirect_text(1302, {"ts1.example.net"}));
  ASSERT_EQ(world.opening.size(), 2U);
  EXPECT_EQ(to_text(world.opening[1].server), "ts1.example.net");
  world.bring_up();
}

TEST(ClientSupervisor, RedirectToANameWithAPrivateAddressIsRefused) {
  World world(anonymous_config());
  world.open();
  world.answer(testing::redirect_text(1302, {"ts1.example.net"}));
  world.happen(SocketOpened{world.opening[1].socket, make_endpoint(*parse_ipv4("10.1.1.5"), 40000),
                            make_endpoint(*parse_ipv4("192.168.0.1"), kTspPort)});
  EXPECT_EQ(world.last_failure(), FailureKind::CannotConnect);
  EXPECT_EQ(world.sent.size(), 1U);
}

TEST(ClientSupervisor, RedirectThatIsNotFollowedIsReportedAsRefused) {
  World world(anonymous_config());
  world.open();
  world.answer(testing::redirect_text(1302, {"192.168.0.1"}));
  EXPECT_EQ(world.last_failure(), FailureKind::RedirectRefused);
  EXPECT_EQ(world.opening.size(), 1U);
}

TEST(ClientSupervisor, RedirectLoopIsNotAHotLoop) {
  World world(anonymous_config());
  while (world.now < kStart + 1h) {
    world.open();
    if (!world.opening.empty() && !world.sent.empty() && !world.reports.empty()) {
      const bool home = world.opening.back().server.host == "tb.example.net";
      world.answer(testing::redirect_text(1302, {home ? "ts1.example.net" : "tb.example.net"}));
    }
    while (world.closed.size() == world.opening.size() && world.wait()) {
    }
  }
  EXPECT_LT(world.opening.size(), 80U);
}

// How long the client waits after each of `count` rounds that end with `reply` to VERSION.
std::vector<Duration> delays_after(const ClientConfig& config, std::string_view reply, int count) {
  World world(config);
  std::vector<Duration> delays;
  while (static_cast<int>(delays.size()) < count) {
    world.open();
    world.answer(reply);
    delays.push_back(world.last_delay());
    world.wait();
  }
  return delays;
}

TEST(ClientSupervisor, DelaysGrowToAMaximumWithARandomPart) {
  const ClientConfig config = anonymous_config();
  const auto delays = delays_after(config, "530 Server too busy\r\n", 10);
  Duration full = config.retry_min;
  for (const Duration delay : delays) {
    EXPECT_GE(delay, full / 2);
    EXPECT_LE(delay, full);
    full = std::min(full * 2, config.retry_max);
  }
}

TEST(ClientSupervisor, RefusalThatSomebodyMustActOnWaitsLonger) {
  const ClientConfig config = anonymous_config();
  EXPECT_GE(delays_after(config, "300 Authentication failed\r\n", 1)[0], config.refused_min / 2);
  EXPECT_GE(delays_after(config, "500 Invalid request\r\n", 1)[0], config.refused_min / 2);
  EXPECT_LE(delays_after(config, "301 No more tunnels available\r\n", 1)[0], config.retry_min);
}

TEST(ClientSupervisor, NoKindOfFailureMakesAHotLoop) {
  for (const char* reply : {"", "garbage\r\n", "200 Success\r\n", "310 x\r\n", "302 x\r\n", "1302 no list\r\n",
                            "CAPABILITY \r\n", "CAPABILITY TUNNEL=V6UDPV4 AUTH=PLAIN\r\n"}) {
    World world(anonymous_config());
    while (world.now < kStart + 1h) {
      if (world.closed.size() < world.opening.size()) {
        world.open();
        world.answer(reply);
      }
      world.wait();
    }
    EXPECT_LT(world.opening.size(), 60U) << reply;
  }
}

TEST(ClientSupervisor, OnceEndsAfterTheFirstRoundWithoutATunnel) {
  const std::vector<std::pair<std::string, FinishReason>> cases{
      {"300 Authentication failed\r\n", FinishReason::AuthenticationFailed},
      {"530 Server too busy\r\n", FinishReason::Refused},
      {"garbage\r\n", FinishReason::ProtocolError},
      {"CAPABILITY TUNNEL=V6UDPV4 AUTH=PLAIN\r\n", FinishReason::AuthenticationFailed},
      {"CAPABILITY TUNNEL=V6V4 AUTH=ANONYMOUS\r\n", FinishReason::Refused},
  };
  for (const auto& [reply, reason] : cases) {
    ClientConfig config = anonymous_config();
    config.once = true;
    World world(config);
    world.open();
    world.answer(reply);
    EXPECT_EQ(world.finished, reason) << reply;
    EXPECT_FALSE(world.wait());
  }
}

TEST(ClientSupervisor, LocalProblemRejectsTheOffer) {
  ClientConfig config = anonymous_config();
  config.once = true;
  World world(config);
  world.open();
  world.answer(kCapability);
  world.answer(kSuccess);
  world.answer(OfferText{}.framed());
  world.happen(TunnelPrepared{world.preparing->socket, "no permission"});
  EXPECT_NE(world.last_text().find("reject"), std::string_view::npos);
  world.answer("");
  EXPECT_EQ(world.finished, FinishReason::LocalProblem);
  EXPECT_EQ(world.ups, 0);
}

}  // namespace supervisor_attempts_test
}  // namespace tsp::client
