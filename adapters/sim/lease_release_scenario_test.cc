// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories of addresses and prefixes that operators take away from accounts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "adapters/sim/fleet.h"
#include "adapters/sim/scenario.h"

namespace tsp::sim {
namespace lease_release_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

const Actor kOperator{.name = "uid 0", .source = "local"};

class ReleasedLeases : public SettledScenario {
 protected:
  AdminReply release(const IPv6Prefix& prefix) { return world.ask(ReleaseLeaseRequest{prefix}, kOperator); }
  bool is_free(const IPv6Prefix& prefix) { return !world.disk().claims().contains(prefix); }
  const Claim& claim(const IPv6Prefix& prefix) { return world.disk().claims().at(prefix); }
};

TEST_F(ReleasedLeases, WhatATunnelUsesGoesIntoQuarantineAndTheTunnelEnds) {
  Peer peer(world, 40000);
  const Offer before = connect(peer, "alice", "wonderland", 60);

  const AdminReply reply = release(*before.delegated);

  ASSERT_EQ(reply.status, AdminStatus::Done) << reply.message;
  ASSERT_EQ(reply.leases.size(), 1U);
  EXPECT_EQ(reply.leases[0].claim, claim(*before.delegated));
  EXPECT_EQ(reply.leases[0].claim.state, ClaimState::Quarantined);
  EXPECT_EQ(reply.leases[0].claim.owner, kAnonymous);
  EXPECT_EQ(live_tunnels(), 0U);
  world.run_for(seconds(1));
  ASSERT_EQ(world.disk().history().size(), 1U);
  EXPECT_EQ(world.disk().history()[0].reason, EndReason::Kicked);
  const AuditEntry& entry = world.disk().audit().rbegin()->second;
  EXPECT_EQ(entry.action + ' ' + entry.subject + ' ' + entry.detail + ' ' + entry.result,
            "lease.release alice " + to_text(*before.delegated) + " done");

  Peer again(world, 40001);
  const Offer after = connect(again, "alice", "wonderland", 60);
  EXPECT_EQ(after.client_inner, before.client_inner);
  EXPECT_NE(after.delegated, before.delegated) << "it is not the account's any more";
  EXPECT_TRUE(ping(again, after));
}

TEST_F(ReleasedLeases, AnAddressIsTakenAwayAsWell) {
  Peer peer(world, 40000);
  const Offer before = connect(peer, "alice", "wonderland", 60);

  EXPECT_EQ(release(host_prefix(before.client_inner)).status, AdminStatus::Done);

  EXPECT_EQ(live_tunnels(), 0U);
  Peer again(world, 40001);
  const Offer after = connect(again, "alice", "wonderland", 60);
  EXPECT_NE(after.client_inner, before.client_inner);
  EXPECT_EQ(after.delegated, before.delegated);
}

TEST_F(ReleasedLeases, ATunnelThatDoesNotUseItStaysUp) {
  const IPv6Prefix reserved = world.broker().status().ipv6_pool.prefixes_next.at(56);
  ASSERT_EQ(world.ask(ReserveLeaseRequest{.login = "alice", .prefix = reserved}).status, AdminStatus::Done);
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");

  EXPECT_EQ(release(reserved).status, AdminStatus::Done);

  EXPECT_EQ(live_tunnels(), 1U);
  EXPECT_TRUE(ping(peer, offer));
}

TEST_F(ReleasedLeases, WhatIsInQuarantineIsFreeAtOnce) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland", 60);
  ASSERT_EQ(release(*offer.delegated).status, AdminStatus::Done);

  const AdminReply reply = release(*offer.delegated);

  ASSERT_EQ(reply.status, AdminStatus::Done) << reply.message;
  EXPECT_TRUE(reply.leases.empty());
  EXPECT_TRUE(is_free(*offer.delegated));
  EXPECT_EQ(world.ask(ReserveLeaseRequest{.login = "bob", .prefix = *offer.delegated}).status, AdminStatus::Done);
  EXPECT_EQ(release(make_prefix(offer.delegated->base, 64)).status, AdminStatus::NotFound);
}

TEST_F(ReleasedLeases, WhatAnAccountGaveUpItselfIsFreeToo) {
  Peer peer(world, 40000);
  const Offer first = connect(peer, "alice", "wonderland", 60);
  Peer again(world, 40001);
  const Offer second = connect(again, "alice", "wonderland", 56);
  world.run_for(seconds(1));
  ASSERT_EQ(claim(*first.delegated).state, ClaimState::Quarantined);

  EXPECT_EQ(release(*first.delegated).status, AdminStatus::Done);

  EXPECT_TRUE(is_free(*first.delegated));
  EXPECT_TRUE(ping(again, second));
}

TEST_F(ReleasedLeases, AnAnonymousClientsGoesWithItsTunnel) {
  Peer peer(world, 40000);
  const Offer offer = connect_anonymously(peer);

  const AdminReply refused = release(host_prefix(offer.client_inner));

  EXPECT_EQ(refused.status, AdminStatus::Exists);
  EXPECT_EQ(refused.message, "prefix: it is an anonymous client's, and ends with its tunnel");
  EXPECT_TRUE(ping(peer, offer));
}

TEST_F(ReleasedLeases, WhatIsOnOfferIsNotTakenAway) {
  Peer peer(world, 40000);
  ASSERT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  const auto offer = peer.create_offer(60);
  ASSERT_TRUE(offer);

  EXPECT_THAT(release(*offer->delegated).message, HasSubstr("being offered"));

  EXPECT_TRUE(peer.accept());
  EXPECT_TRUE(ping(peer, *offer));
}

// An offer of what the account has already promises nothing that an operator could not take away.
TEST_F(ReleasedLeases, AnOfferThatIsOutIsNotAcceptedAnyMore) {
  const IPv6Prefix reserved = world.broker().status().ipv6_pool.prefixes_next.at(60);
  ASSERT_EQ(world.ask(ReserveLeaseRequest{.login = "alice", .prefix = reserved}).status, AdminStatus::Done);
  Peer peer(world, 40000);
  ASSERT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_EQ(peer.create_offer(60)->delegated, reserved);

  EXPECT_EQ(release(reserved).status, AdminStatus::Done);

  EXPECT_FALSE(peer.accept());
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(claim(reserved).state, ClaimState::Quarantined);
}

TEST_F(ReleasedLeases, WithoutTheStoreNothingIsTakenAway) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland", 60);
  world.store().inject(StoreFault::ReadOnly);

  EXPECT_EQ(release(*offer.delegated).status, AdminStatus::Unavailable);

  world.store().inject(StoreFault::None);
  EXPECT_EQ(claim(*offer.delegated).state, ClaimState::Held);
  EXPECT_TRUE(ping(peer, offer));
}

TEST_F(ReleasedLeases, AnAnswerThatIsLostIsFoundOutAbout) {
  for (const StoreFault fault : {StoreFault::LostAfterDone, StoreFault::LostBeforeDone, StoreFault::Disconnected}) {
    const IPv6Prefix prefix = world.broker().status().ipv6_pool.prefixes_next.at(60);
    ASSERT_EQ(world.ask(ReserveLeaseRequest{.login = "alice", .prefix = prefix}).status, AdminStatus::Done);
    world.store().inject(fault, 4);  // three questions before
    static_cast<void>(release(prefix));
    world.run_for(seconds(20));
    world.store().inject(StoreFault::None);
    EXPECT_EQ(world.find_disagreement(), std::nullopt);
    while (!is_free(prefix)) ASSERT_EQ(release(prefix).status, AdminStatus::Done);
  }
}

TEST(ReleasedLeasesOfFleets, ATunnelAtAnotherBrokerEndsAndIsWaitedFor) {
  Fleet fleet(FleetOptions{}, 1);
  const ClientIndex alice = fleet.add_account("alice", "wonderland", 60);
  fleet.move(alice, 1);
  ASSERT_TRUE(fleet.run_until([&] { return fleet.place_of(alice) == 1U; }, minutes(2)));
  const IPv6Prefix prefix = *fleet.client(1, alice).offer()->delegated;
  fleet.switch_off(alice);

  ASSERT_EQ(fleet.at(0).ask(ReleaseLeaseRequest{prefix}, kOperator).status, AdminStatus::Done);

  EXPECT_EQ(fleet.at(1).datapath().tunnels().size(), 1U);
  const AdminReply early = fleet.at(0).ask(ReleaseLeaseRequest{prefix}, kOperator);
  EXPECT_EQ(early.status, AdminStatus::Exists) << "its broker has not heard of it";
  EXPECT_THAT(early.message, HasSubstr("a tunnel still has it"));
  EXPECT_TRUE(fleet.run_until([&] { return fleet.at(1).datapath().tunnels().size() == 0U; }, seconds(4)));
  EXPECT_TRUE(fleet.run_until([&] { return fleet.disk().tunnels().empty(); }, seconds(2)));
  EXPECT_EQ(fleet.disk().history().back().reason, EndReason::Kicked);
  EXPECT_EQ(fleet.at(0).ask(ReleaseLeaseRequest{prefix}, kOperator).status, AdminStatus::Done);
  EXPECT_FALSE(fleet.disk().claims().contains(prefix));
  EXPECT_EQ(fleet.violation(), std::nullopt);
}

}  // namespace lease_release_scenario_test
}  // namespace tsp::sim
