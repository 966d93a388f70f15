// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: what broker-sim found about old clients and crowded sources.
#include <gtest/gtest.h>

#include <chrono>

#include "adapters/sim/rogue_client.h"
#include "adapters/sim/scenario.h"

namespace tsp::sim {
namespace limits_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;

class Limits : public Scenario {};

// Its first word, f00000f0, is the same in both byte orders.
TEST_F(Limits, AVeryOldClientThatWritesItsSequenceBackwardsGetsATunnel) {
  const ClientIndex old = world.add_client(
      {.mechanism = AuthMechanism::Plain, .login = "alice", .password = "wonderland", .little_endian = true});
  EXPECT_TRUE(world.run_until([&] { return world.client(old).state() == GogocState::Up; }, seconds(10)));
  EXPECT_EQ(world.client(old).attempts(), 1U);
}

// Two clients of different age behind one mapping: which of them speaks is not known before it goes on.
TEST_F(Limits, AVeryOldClientIsUnderstoodWhereAnotherOneHasATunnel) {
  Peer peer(world, 40000);
  connect(peer, "alice", "wonderland");
  static_cast<void>(peer.take_datagrams());
  const auto say = [&](std::uint8_t number, std::string_view text) {
    Bytes datagram{number, 0, 0, 0xF0, 0, 0, 0, 1};
    datagram.insert(datagram.end(), text.begin(), text.end());
    world.inject(peer.path(), datagram);
    world.run_for(seconds(1));
    return peer.take_datagrams().size();
  };
  EXPECT_EQ(say(0x10, "VERSION=2.0.0\r\n"), 1U);
  EXPECT_EQ(say(0x11, "AUTHENTICATE ANONYMOUS\r\n"), 1U);
}

TEST_F(Limits, AFlooderBehindTheSameNatKeepsNobodyOut) {
  const NatIndex nat = world.add_nat();
  world.add_client(
      [](Host host) {
        return std::make_unique<RogueClient>(RogueOptions{.kind = RogueKind::Flooder}, std::move(host));
      },
      nat);
  world.run_for(minutes(2));  // 8 beginnings a second, more than the source may have open
  EXPECT_GE(world.count_events(EventCode::SessionRefused), 1U);
  const ClientIndex honest = world.add_client(GogocOptions{.retry_delay = seconds(5)}, nat);
  EXPECT_TRUE(world.run_until([&] { return world.client(honest).state() == GogocState::Up; }, seconds(30)));
}

TEST_F(Limits, WhoHasProvedWhoHeIsIsNotPushedOutByAFlood) {
  const NatIndex nat = world.add_nat();
  const IPv4Address outside = world.nat(nat).outside();
  Peer honest(world, 40000, outside);
  EXPECT_EQ(honest.log_in_digest("alice", "wonderland"), kSuccess);
  world.add_client(
      [](Host host) {
        return std::make_unique<RogueClient>(RogueOptions{.kind = RogueKind::Flooder}, std::move(host));
      },
      nat);
  world.run_for(seconds(60));
  EXPECT_TRUE(honest.create_offer().has_value());
}

// A session that asks again after its accept has an old idea of what its account holds.
TEST_F(Limits, AnAcceptedPrefixIsNotOnOfferAgain) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland", 60);
  const auto again = peer.create_offer(60);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->delegated, offer.delegated);
  peer.say(Peer::action("reject"));
  world.run_for(minutes(3));
  EXPECT_EQ(world.disk().claims().at(*offer.delegated).state, ClaimState::Held);
  EXPECT_EQ(world.disk().claims().at(host_prefix(offer.client_inner)).state, ClaimState::Held);
}

// Two sessions of one account, begun before either had an offer.
TEST_F(Limits, WhatOneSessionHasAcceptedTheOtherCannotGiveBack) {
  Peer first(world, 40000);
  Peer second(world, 40001);
  EXPECT_EQ(first.log_in_digest("alice", "wonderland"), kSuccess);
  EXPECT_EQ(second.log_in_digest("alice", "wonderland"), kSuccess);
  const auto offer = first.create_offer(60);
  ASSERT_TRUE(offer.has_value());
  Peer third(world, 40002);
  EXPECT_EQ(third.log_in_digest("alice", "wonderland"), kSuccess);  // sees it on offer
  EXPECT_TRUE(first.accept());
  const auto others = third.create_offer(60);
  ASSERT_TRUE(others.has_value());
  EXPECT_EQ(others->delegated, offer->delegated);
  third.say(Peer::action("reject"));
  world.run_for(minutes(2));
  EXPECT_EQ(world.disk().claims().at(*offer->delegated).state, ClaimState::Held);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

// create, create again and refused, accept: there is nothing to accept any more.
TEST_F(Limits, ARefusedSecondRequestTakesTheFirstOfferBack) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(peer.create_offer().has_value());
  EXPECT_THAT(peer.create(40).value_or(""), testing::HasSubstr("518 "));
  EXPECT_FALSE(peer.accept());
  EXPECT_EQ(live_tunnels(), 0U);
}

// The same when it is this moment's state of affairs, not the request itself, that is in the way.
TEST_F(Limits, ADampedSecondRequestTakesTheFirstOfferBack) {
  Peer steady(world, 40000);
  EXPECT_EQ(steady.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(steady.create_offer(60).has_value());
  for (std::uint16_t port = 41000; port < 41006; ++port) {  // the account's tunnel goes from one endpoint to the next
    Peer other(world, port);
    EXPECT_EQ(other.log_in_digest("alice", "wonderland"), kSuccess);
    if (other.create_offer(60)) other.accept();
  }
  EXPECT_THAT(steady.create(61).value_or(""), testing::HasSubstr("301 "));
  EXPECT_FALSE(steady.accept());
}

// A bare header is what an accept is answered, and no answer to what is not allowed.
TEST_F(Limits, WhatWasIgnoredIsIgnoredAgain) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(peer.create(40).value_or(""), testing::HasSubstr("518 "));
  EXPECT_EQ(peer.say(Peer::action("accept")), std::nullopt) << "the third refusal ends the session";
  EXPECT_EQ(peer.send(peer.sequence(), Peer::action("accept")), std::nullopt);
}

}  // namespace limits_scenario_test
}  // namespace tsp::sim
