// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories of prefixes that accounts gave up by asking for another length: nobody else gets them for a
// while, and they themselves get them back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "adapters/sim/fleet.h"
#include "adapters/sim/scenario.h"

namespace tsp::sim {
namespace quarantine_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;

class Quarantines : public SettledScenario {
 protected:
  // What the account has with that length, by a tunnel that is deleted again.
  IPv6Prefix change(std::uint8_t length, const std::string& login = "alice",
                    const std::string& password = "wonderland") {
    Peer peer(world, ++last_port_);
    const Offer offer = connect(peer, login, password, length);
    world.run_for(seconds(1));
    peer.say(Peer::action("delete"));
    return offer.delegated.value_or(IPv6Prefix{});
  }
  IPv6Prefix change_of_bob(std::uint8_t length) { return change(length, "bob", "builder"); }
  ClaimState state(const IPv6Prefix& prefix) { return world.disk().claims().at(prefix).state; }
  std::ptrdiff_t prefixes_taken() {
    return std::ranges::count_if(world.disk().claims(), [](const auto& claim) { return claim.first.length < 128; });
  }

 private:
  std::uint16_t last_port_ = 40000;
};

TEST_F(Quarantines, AChangeOfLengthBackAndForthUsesTheSameTwoPrefixes) {
  const IPv6Prefix large = change(56);
  const IPv6Prefix small = change(60);
  EXPECT_EQ(state(large), ClaimState::Quarantined);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(change(56), large);
    EXPECT_EQ(state(small), ClaimState::Quarantined);
    EXPECT_EQ(change(60), small);
    EXPECT_EQ(state(large), ClaimState::Quarantined);
  }
  EXPECT_EQ(prefixes_taken(), 2);
}

TEST_F(Quarantines, OneSessionThatChangesAllTheTimeUsesTheSamePrefixes) {
  Peer peer(world, 40000);
  ASSERT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(peer.create_offer(i % 2 == 0 ? 56 : 60).has_value());
    ASSERT_TRUE(peer.accept());
    world.run_for(seconds(1));
    peer.say(Peer::action("delete"));
  }
  EXPECT_EQ(prefixes_taken(), 2);
}

TEST_F(Quarantines, ManyChangesOfOneAccountLeaveRoomForOthers) {
  configure([](BrokerConfig& config) { config.pool.delegations = {*parse_prefix("2001:db8:1:1000::/54")}; });
  for (int round = 0; round < 3; ++round) {
    for (std::uint8_t length = 56; length <= 64; ++length) change(length);
  }
  EXPECT_EQ(prefixes_taken(), 9) << "one of each length";
  EXPECT_NE(change_of_bob(56), IPv6Prefix{});
}

TEST_F(Quarantines, NobodyElseGetsAPrefixBeforeItsQuarantineEnds) {
  const IPv6Prefix before = change(56);
  change(60);
  EXPECT_NE(change_of_bob(56), before);
  EXPECT_EQ(world.ask(ReserveLeaseRequest{.login = "bob", .prefix = before}).status, AdminStatus::Exists);
  world.run_for(minutes(32));
  EXPECT_FALSE(world.disk().claims().contains(before));
  change_of_bob(60);
  world.run_for(minutes(32));
  EXPECT_EQ(change_of_bob(56), before) << "the lowest one that is free";
  EXPECT_NE(change(56), before);
}

TEST_F(Quarantines, ARestartForgetsNothingOfWhoseTheyAre) {
  const IPv6Prefix large = change(56);
  change(60);
  world.run_for(seconds(5));
  world.crash(seconds(5), true);
  world.run_for(seconds(10));
  EXPECT_NE(change_of_bob(56), large);
  EXPECT_EQ(change(56), large);
}

TEST_F(Quarantines, WhatIsOfferedAgainAndNotAcceptedIsGivenUpByTheNextChange) {
  const IPv6Prefix large = change(56);
  const IPv6Prefix small = change(60);
  Peer peer(world, 50000);
  ASSERT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  EXPECT_EQ(peer.create_offer(56)->delegated, large);
  peer.say(Peer::action("reject"));
  world.run_for(seconds(1));
  EXPECT_EQ(state(large), ClaimState::Held) << "an offer may yet be used";
  EXPECT_EQ(change(60), small);
  EXPECT_EQ(state(large), ClaimState::Quarantined);
}

TEST_F(Quarantines, WhatAnotherSessionGaveUpBetweenOfferAndAcceptIsTakenBack) {
  Peer first(world, 50000);
  ASSERT_EQ(first.log_in_digest("alice", "wonderland"), kSuccess);
  const IPv6Prefix large = change(56);
  ASSERT_EQ(first.create_offer(56)->delegated, large);
  change(60);
  EXPECT_EQ(state(large), ClaimState::Quarantined);
  EXPECT_TRUE(first.accept());
  EXPECT_EQ(state(large), ClaimState::Held);
  world.run_for(minutes(32));
  EXPECT_EQ(state(large), ClaimState::Held);
}

// The clock is set forward meanwhile, past the end of the quarantine.
TEST_F(Quarantines, WhatIsFreeAgainSinceItWasOfferedIsNotAcceptedAnyMore) {
  const IPv6Prefix small = change(60);
  Peer late(world, 50000);
  ASSERT_EQ(late.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_EQ(late.create_offer(60)->delegated, small);
  change(56);
  ASSERT_EQ(state(small), ClaimState::Quarantined);
  world.step_wall_clock(minutes(60));
  world.run_for(seconds(61));
  ASSERT_FALSE(world.disk().claims().contains(small));

  EXPECT_THAT(late.say(Peer::action("accept")).value_or("none"), testing::HasSubstr("310 "));

  EXPECT_FALSE(world.disk().claims().contains(small));
}

TEST_F(Quarantines, AStoreThatFailsMeanwhileLosesNothing) {
  const IPv6Prefix large = change(56);
  const IPv6Prefix small = change(60);
  for (const StoreFault fault : {StoreFault::LostAfterDone, StoreFault::LostBeforeDone, StoreFault::Unavailable}) {
    Peer peer(world, static_cast<std::uint16_t>(51000 + static_cast<int>(fault)));
    ASSERT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
    world.store().inject(fault, 1);
    static_cast<void>(peer.create(56));
    world.run_for(minutes(2));
    world.store().inject(StoreFault::None);
    world.run_for(seconds(20));
    EXPECT_EQ(world.find_disagreement(), std::nullopt);
    EXPECT_EQ(change(60), small);
    EXPECT_EQ(state(large), ClaimState::Quarantined);
  }
  EXPECT_EQ(change(56), large);
}

TEST_F(Quarantines, WithItsAccountAPrefixStaysInQuarantineAsNobodys) {
  const IPv6Prefix large = change(56);
  change(60);
  EXPECT_EQ(world.ask(DeleteAccountRequest{.login = "alice"}).status, AdminStatus::Done);
  EXPECT_EQ(state(large), ClaimState::Quarantined);
  EXPECT_EQ(world.disk().claims().at(large).owner, kAnonymous);
  EXPECT_EQ(world.ask(AddAccountRequest{.login = "alice", .password = "wonderland"}).status, AdminStatus::Done);
  EXPECT_NE(change(56), large);
}

TEST_F(Quarantines, OperatorsSeeWhoseTheyAreAndCanGiveThemBack) {
  const IPv6Prefix large = change(56);
  change(60);
  const AdminReply leases = world.ask(ListLeasesRequest{.login = "alice"});
  ASSERT_EQ(leases.leases.size(), 3U);
  const AdminReply of_range = world.ask(ListLeasesRequest{.range = large});
  ASSERT_EQ(of_range.leases.size(), 1U);
  EXPECT_EQ(of_range.leases[0].login, "alice");
  EXPECT_EQ(of_range.leases[0].claim.state, ClaimState::Quarantined);
  const IPv6Prefix other = world.broker().status().ipv6_pool.prefixes_next.at(56);
  EXPECT_EQ(world.ask(ReserveLeaseRequest{.login = "alice", .prefix = other}).message,
            "prefix: the account has " + to_text(large));
  EXPECT_EQ(world.ask(ReserveLeaseRequest{.login = "alice", .prefix = large}).status, AdminStatus::Done);
  EXPECT_EQ(state(large), ClaimState::Held);
}

TEST(QuarantinesOfFleets, AChangeBackAtAnotherBrokerGetsTheSamePrefix) {
  Fleet fleet(FleetOptions{.one_pool = true}, 1);
  static_cast<void>(fleet.add_account("alice", "wonderland"));
  fleet.run_for(seconds(2));
  std::uint16_t port = 40000;
  const auto change = [&](std::size_t broker, std::uint8_t length) {
    Peer peer(fleet.at(broker), ++port);
    EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
    const auto offer = peer.create_offer(length);
    EXPECT_TRUE(offer && peer.accept());
    fleet.run_for(seconds(30));
    return offer.value_or(Offer{}).delegated.value_or(IPv6Prefix{});
  };
  const IPv6Prefix large = change(0, 56);
  const IPv6Prefix small = change(1, 60);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(change(0, 56), large);
    EXPECT_EQ(change(1, 60), small);
    EXPECT_EQ(change(1, 56), large);
    EXPECT_EQ(change(0, 60), small);
  }
  EXPECT_EQ(fleet.violation(), std::nullopt);
}

}  // namespace quarantine_scenario_test
}  // namespace tsp::sim
