// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/swarm.h"

#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/tsp-load/hold.h"
#include "tools/tsp-load/loopback_broker_test_support.h"
#include "tools/tsp-load/storm.h"

namespace tsp::load {
namespace swarm_test {

using std::chrono::seconds;
using testing::LoopbackBroker;

SwarmOptions clients_of(const LoopbackBroker& broker, std::size_t count) {
  SwarmOptions options;
  options.server = broker.endpoint();
  options.count = count;
  options.concurrency = 5;
  options.time_limit = seconds(20);
  return options;
}

TEST(Swarm, GetsATunnelForEachClientFromAnAddressOfItsOwn) {
  const LoopbackBroker broker({});
  std::set<IPv6Address> inner;
  std::set<IPv6Address> outer;
  Swarm swarm(clients_of(broker, 20), [&](const Outcome& outcome) {
    ASSERT_TRUE(outcome.result) << failure_text(outcome.result.error());
    inner.insert(outcome.result->client_inner);
    outer.insert(outcome.local.address);
  });
  ASSERT_TRUE(swarm.run());
  EXPECT_EQ(inner.size(), 20U);
  EXPECT_EQ(outer.size(), 20U);
  EXPECT_EQ(swarm.retransmissions(), 0U);
}

TEST(Swarm, SendsAgainWhatWasLost) {
  const LoopbackBroker broker({.datagrams_to_lose = 2});
  std::vector<Duration> took;
  Swarm swarm(clients_of(broker, 2), [&](const Outcome& outcome) {
    ASSERT_TRUE(outcome.result) << failure_text(outcome.result.error());
    took.push_back(outcome.took);
  });
  ASSERT_TRUE(swarm.run());
  EXPECT_EQ(swarm.retransmissions(), 2U);
  EXPECT_THAT(took, ::testing::Each(::testing::Ge(seconds(1))));
}

TEST(Swarm, SaysWhichAddressCannotBeUsed) {
  const LoopbackBroker broker({});
  SwarmOptions options = clients_of(broker, 1);
  options.sources = *parse_source_range("192.0.2.1");
  Swarm swarm(options, [](const Outcome&) { FAIL(); });
  const auto ran = swarm.run();
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error(), ::testing::StartsWith("cannot use the address 192.0.2.1: "));
}

TEST(Storm, CountsWhatTheBrokerRefuses) {
  const LoopbackBroker broker({.anonymous = false});
  auto report = run_storm(clients_of(broker, 7));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->established, 0U);
  EXPECT_THAT(report->failures, ::testing::ElementsAre(::testing::Pair("mechanism_not_offered", 7U)));
}

TEST(Storm, MeasuresEveryTunnel) {
  const LoopbackBroker broker({});
  auto report = run_storm(clients_of(broker, 12));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->established, 12U);
  EXPECT_EQ(report->latencies.count(), 12U);
  EXPECT_THAT(to_json(*report), ::testing::HasSubstr(R"("established":12,"failed":0)"));
}

TEST(HeldTunnels, AreListedWithTheirEndpointsConfirmed) {
  const LoopbackBroker broker({});
  const auto held = HeldTunnels::establish(clients_of(broker, 3));
  ASSERT_TRUE(held) << held.error();
  const std::vector<HeldTunnel> list = held->list();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].server, broker.endpoint());
  EXPECT_EQ(to_text(list[0].server_inner), "2001:db8:1::1");
  EXPECT_EQ(broker.echo_requests(), 3U);
}

TEST(HeldTunnels, SendEchoRequestsUntilEachIsAnswered) {
  const LoopbackBroker broker({.echo_requests_to_lose = 4});
  const auto held = HeldTunnels::establish(clients_of(broker, 3));
  ASSERT_TRUE(held) << held.error();
  EXPECT_EQ(broker.echo_requests(), 4U + 3U);
}

TEST(HeldTunnels, AreAllOfThemOrNone) {
  const LoopbackBroker broker({.anonymous = false});
  const auto held = HeldTunnels::establish(clients_of(broker, 1));
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error(), "client 0: mechanism_not_offered");
}

}  // namespace swarm_test
}  // namespace tsp::load
