// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: the store goes away, the datapath fails, the process dies.
#include <chrono>
#include <string>

#include "adapters/sim/scenario.h"

namespace tsp::sim {
namespace fault_scenario_test {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kBusy = "530 Server too busy\r\n";

class Faults : public Scenario {
 protected:
  // The store fails, and the broker has noticed.
  void lose_store() {
    world.store().inject(StoreFault::Unavailable);
    EXPECT_EQ(world.ask(ShowAccountRequest{.login = "alice"}).status, AdminStatus::Unavailable);
  }
  void restore_store() {
    world.store().inject(StoreFault::None);
    world.run_for(seconds(3));
    EXPECT_EQ(world.count_events(EventCode::StoreBack), world.count_events(EventCode::StoreLost));
  }
  void restart(bool datapath_survives) {
    world.crash(seconds(1), datapath_survives);
    world.run_for(seconds(5));
  }
};

TEST_F(Faults, WhileTheStoreIsAwayNewClientsAreToldToComeBackLater) {
  lose_store();
  EXPECT_EQ(Peer(world, 40000).greet(), kBusy);
  EXPECT_EQ(world.broker().status().counters.sessions_now, 0U);
  restore_store();
  Peer peer(world, 40001);
  connect(peer, "alice", "wonderland");
}

TEST_F(Faults, TunnelsForwardWhileTheStoreIsAway) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  lose_store();
  EXPECT_TRUE(ping(peer, offer));
}

TEST_F(Faults, AnAnswerIsHeldUntilTheStoreIsBack) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  world.store().inject(StoreFault::Unavailable);
  EXPECT_EQ(peer.create(), std::nullopt);
  EXPECT_EQ(peer.send(peer.sequence(), "Content-length: 1\r\nx"), std::nullopt) << "one message at a time";
  peer.take_datagrams();
  world.store().inject(StoreFault::None);
  world.run_for(seconds(3));
  EXPECT_EQ(peer.take_datagrams().size(), 1U);
  EXPECT_TRUE(peer.accept());
}

TEST_F(Faults, AHeldAnswerBecomesAnErrorAfterAMinute) {
  Peer creating(world, 40000);
  EXPECT_EQ(creating.log_in_digest("alice", "wonderland"), kSuccess);
  Peer proving(world, 40001);
  proving.greet();
  proving.say("AUTHENTICATE PLAIN\r\n");
  world.store().inject(StoreFault::Unavailable);
  EXPECT_EQ(creating.create(), std::nullopt);
  EXPECT_EQ(proving.say(std::string("\0bob\0builder\r\n", 14)), std::nullopt);
  world.run_for(seconds(61));
  const std::vector<Bytes> to_creating = creating.take_datagrams();
  ASSERT_EQ(to_creating.size(), 1U);
  EXPECT_EQ(as_text(ByteView(to_creating[0]).subspan(8)), framed_error("310 Server side error"));
  const std::vector<Bytes> to_proving = proving.take_datagrams();
  ASSERT_EQ(to_proving.size(), 1U);
  EXPECT_EQ(as_text(ByteView(to_proving[0]).subspan(8)), kAuthFailed);
  restore_store();
  world.run_for(minutes(2));
  EXPECT_TRUE(world.disk().claims().empty());
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Faults, ACommitOfUnknownOutcomeIsMadeCertain) {
  for (const StoreFault fault : {StoreFault::LostAfterDone, StoreFault::LostBeforeDone}) {
    Peer peer(world, static_cast<std::uint16_t>(40000 + static_cast<int>(fault)));
    EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
    world.store().inject(fault, 1);
    peer.create();
    world.run_for(seconds(5));
    EXPECT_TRUE(peer.accept());
    world.run_for(seconds(5));
    EXPECT_EQ(world.find_disagreement(), std::nullopt);
  }
}

TEST_F(Faults, AnEndedTunnelIsStruckFromTheStoreWhenItIsBack) {
  Peer peer(world, 40000);
  connect_anonymously(peer);
  lose_store();
  world.run_for(minutes(4));
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(world.disk().tunnels().size(), 1U);
  restore_store();
  EXPECT_TRUE(world.disk().tunnels().empty());
}

TEST_F(Faults, ADatapathThatRefusesATunnelIsAServerErrorAndOnlyTheReservationRemains) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(peer.create_offer().has_value());
  world.datapath().inject(DatapathFault::Failed, 1);
  EXPECT_EQ(peer.say(Peer::action("accept")), framed_error("310 Server side error"));
  world.run_for(seconds(1));
  EXPECT_TRUE(world.disk().tunnels().empty());
  ASSERT_EQ(world.disk().claims().size(), 1U);
  EXPECT_EQ(world.disk().claims().begin()->second.state, ClaimState::Held);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Faults, ATunnelThatWasInstalledAlthoughTheDatapathSaysNoIsRemovedAgain) {
  Peer first(world, 40000);
  const Offer offer = connect(first, "alice", "wonderland");
  Peer second(world, 40001);
  EXPECT_EQ(second.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(second.create_offer().has_value());
  world.datapath().inject(DatapathFault::FailedAfterDone, 1);
  EXPECT_FALSE(second.accept());
  world.run_for(seconds(1));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
  EXPECT_TRUE(ping(first, offer)) << "what it had replaced is there again";
}

TEST_F(Faults, TwoDevicesOfOneAccountThatAcceptAtOnceAreServedOneAfterTheOther) {
  Peer first(world, 40000);
  Peer second(world, 40001);
  for (Peer* peer : {&first, &second}) {
    EXPECT_EQ(peer->log_in_digest("alice", "wonderland"), kSuccess);
    ASSERT_TRUE(peer->create_offer().has_value());
  }
  for (Peer* peer : {&first, &second}) peer->cast(peer->sequence() + 1, Peer::action("accept"));
  world.run_for(seconds(2));
  for (Peer* peer : {&first, &second}) {
    const std::vector<Bytes> answers = peer->take_datagrams();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].size(), 8U) << "a bare header, which is a yes";
  }
  EXPECT_EQ(world.broker().status().counters.tunnels_accepted, 2U);
  EXPECT_EQ(world.broker().status().counters.tunnels_replaced, 1U);
  EXPECT_EQ(live_tunnels(), 1U);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Faults, AConfirmationThatWasLostIsMadeGoodWhenTheDatapathIsLookedAt) {
  Peer peer(world, 40000);
  const Offer offer = connect_anonymously(peer);
  world.datapath().lose_confirmations(1);
  EXPECT_TRUE(ping(peer, offer));
  EXPECT_FALSE(world.disk().tunnels().begin()->second.confirmed);
  world.tell(DatapathReset{});
  world.run_for(seconds(1));
  EXPECT_TRUE(world.disk().tunnels().begin()->second.confirmed);
}

TEST_F(Faults, ATunnelThatCannotBeReplacedStays) {
  Peer first(world, 40000);
  const Offer offer = connect(first, "alice", "wonderland");
  Peer second(world, 40001);
  EXPECT_EQ(second.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(second.create_offer().has_value());
  world.datapath().inject(DatapathFault::Failed, 1);
  EXPECT_FALSE(second.accept());
  EXPECT_TRUE(ping(first, offer));
  world.run_for(seconds(1));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

// Found by seed 1001168: the client had gone, and somebody else might have had its path.
TEST_F(Faults, AnAnswerThatNobodyWaitsForAnyMoreIsKeptForWhoeverAsksAgain) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  const auto offer = peer.create_offer();
  ASSERT_TRUE(offer.has_value());
  world.datapath().inject(DatapathFault::Stalled);
  EXPECT_FALSE(peer.accept());
  world.run_for(minutes(11));
  world.datapath().inject(DatapathFault::None);
  world.run_for(seconds(1));
  EXPECT_THAT(peer.take_datagrams(), testing::IsEmpty());
  EXPECT_EQ(live_tunnels(), 1U);
  EXPECT_EQ(peer.send(peer.sequence(), Peer::action("accept")), "");
  EXPECT_TRUE(ping(peer, *offer));
}

TEST_F(Faults, APacketBetweenTheQuestionAndTheRemovalKeepsAnIdleTunnel) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  const auto next_order = [&](OpId than) {
    const std::vector<OpId> waiting = world.datapath().waiting();
    return !waiting.empty() && waiting.front() != than;
  };
  ASSERT_TRUE(world.run_until([&] { return next_order(OpId{0}); }, minutes(5)));
  const OpId question = world.datapath().waiting().front();
  ASSERT_TRUE(world.run_until([&] { return next_order(question); }, seconds(5)));
  world.datapath().inject(DatapathFault::Stalled);
  peer.send_inner(make_echo_request(offer.client_inner, offer.server_inner, 1));
  world.run_for(seconds(1));
  world.datapath().inject(DatapathFault::None);
  world.run_for(seconds(30));
  EXPECT_TRUE(ping(peer, offer));
  EXPECT_EQ(world.broker().status().counters.tunnels_expired, 0U);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

// Found by seed 3000172: a whole broker's tunnels ended as idle.
TEST_F(Faults, ATunnelThatTheDatapathHasLostIsNotTakenForIdle) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  world.run_for(seconds(100));
  EXPECT_TRUE(ping(peer, offer));
  EXPECT_TRUE(world.datapath().lose(world.datapath().tunnels().list().front().id));
  world.run_for(seconds(90));
  EXPECT_TRUE(ping(peer, offer));
  EXPECT_EQ(world.broker().status().counters.tunnels_expired, 0U);
}

TEST_F(Faults, ADatapathThatLostEverythingIsFilledAgain) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  world.datapath().reset();
  world.run_for(seconds(1));
  EXPECT_TRUE(ping(peer, offer));
}

TEST_F(Faults, AfterACrashTunnelsAreThereAgainWhetherTheDatapathSurvivedOrNot) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland", 60);
  for (const bool datapath_survives : {false, true}) {
    restart(datapath_survives);
    EXPECT_TRUE(ping(peer, offer));
    EXPECT_EQ(world.find_disagreement(), std::nullopt);
  }
}

TEST_F(Faults, AfterACrashAClientThatRetriesGetsWhatItHad) {
  Peer peer(world, 40000);
  const Offer before = connect(peer, "alice", "wonderland", 60);
  restart(false);
  Peer again(world, 40001);
  const Offer after = connect(again, "alice", "wonderland", 60);
  EXPECT_EQ(after.client_inner, before.client_inner);
  EXPECT_EQ(after.delegated, before.delegated);
}

TEST_F(Faults, WhatWasOfferedButNotAcceptedIsFreeAfterACrash) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(peer.create_offer(60).has_value());
  restart(false);
  EXPECT_TRUE(world.disk().claims().empty());
}

TEST_F(Faults, AnonymousLeasesWithoutATunnelAreQuarantinedAfterACrash) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_anonymously(), kSuccess);
  const auto offer = peer.create_offer();
  ASSERT_TRUE(offer.has_value());
  // Recorded in the store, but not yet installed.
  peer.cast(peer.sequence() + 1, Peer::action("accept"));
  world.run_until([&] { return !world.disk().tunnels().empty(); }, seconds(1));
  restart(false);
  EXPECT_EQ(live_tunnels(), 1U) << "the younger state is right";
  world.run_for(minutes(3));
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(world.disk().claims().at(host_prefix(offer->client_inner)).state, ClaimState::Quarantined);
}

TEST_F(Faults, ACrashBetweenInstallationAndTheEndOfTheReplacedTunnelKeepsTheYounger) {
  Peer first(world, 40000);
  connect(first, "alice", "wonderland");
  Peer second(world, 40001);
  EXPECT_EQ(second.log_in_digest("alice", "wonderland"), kSuccess);
  const auto offer = second.create_offer();
  ASSERT_TRUE(offer.has_value());
  second.cast(second.sequence() + 1, Peer::action("accept"));
  EXPECT_TRUE(world.run_until([&] { return world.disk().tunnels().size() == 2; }, seconds(1)));
  restart(false);
  EXPECT_EQ(world.disk().tunnels().size(), 1U);
  EXPECT_TRUE(ping(second, *offer));
}

TEST_F(Faults, AWallClockStepChangesNoTunnel) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  world.step_wall_clock(-std::chrono::hours(24));
  EXPECT_TRUE(ping(peer, offer));
  world.step_wall_clock(std::chrono::hours(48));
  EXPECT_TRUE(ping(peer, offer));
}

TEST_F(Faults, AStopIsCompleteWhenNothingIsInFlight) {
  Peer peer(world, 40000);
  connect(peer, "alice", "wonderland");
  world.tell(StopRequested{});
  EXPECT_EQ(Peer(world, 40001).greet(), std::nullopt);
  const std::vector<Order> orders = world.take_stream_orders();
  ASSERT_FALSE(orders.empty());
  EXPECT_TRUE(std::holds_alternative<Stopped>(orders.back()));
  EXPECT_EQ(world.disk().tunnels().size(), 1U) << "tunnels are there again after the next start";
}

TEST_F(Faults, AStopDoesNotWaitForAStoreThatIsAwayAndTheNextStartRepairs) {
  Peer peer(world, 40000);
  const Offer offer = connect_anonymously(peer);
  lose_store();
  world.run_for(minutes(4));
  EXPECT_EQ(live_tunnels(), 0U);
  world.tell(StopRequested{});
  world.run_for(seconds(5));
  const std::vector<Order> orders = world.take_stream_orders();
  ASSERT_FALSE(orders.empty());
  EXPECT_TRUE(std::holds_alternative<Stopped>(orders.back()));
  world.crash(seconds(1), false);
  world.run_for(minutes(5));
  EXPECT_EQ(world.disk().claims().at(host_prefix(offer.client_inner)).state, ClaimState::Quarantined);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Faults, ADeletionOfUnknownOutcomeIsMadeCertain) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .enabled = false}).status, AdminStatus::Done);
  world.run_for(seconds(1));
  world.store().inject(StoreFault::LostAfterDone, 2);
  EXPECT_EQ(world.ask(DeleteAccountRequest{.login = "alice"}).status, AdminStatus::Done);
  EXPECT_EQ(world.ask(ShowAccountRequest{.login = "alice"}).status, AdminStatus::NotFound);
  world.run_for(minutes(32));
  EXPECT_FALSE(world.disk().claims().contains(host_prefix(offer.client_inner)));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

// Found by seed 305436996.
TEST_F(Faults, AnOfferOfALeaseThatHasEndedMeanwhileIsNotRepeated) {
  Peer first(world, 40000);
  const Offer old = connect_anonymously(first);
  world.run_for(seconds(100));
  Peer again(world, 40000);
  again.set_sequence(0x1000);
  EXPECT_EQ(again.log_in_anonymously(), kSuccess);
  const auto same = again.create_offer();
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(same->client_inner, old.client_inner);
  world.run_for(seconds(60));
  EXPECT_EQ(live_tunnels(), 0U);
  again.set_sequence(again.sequence() - 1);
  EXPECT_EQ(again.create(), std::nullopt) << "no other answer to the same message";
  const auto other = again.create_offer();
  ASSERT_TRUE(other.has_value());
  EXPECT_NE(other->client_inner, old.client_inner) << "that is in quarantine";
  EXPECT_TRUE(again.accept());
}

// Found by seed 6000438: the broker died.
TEST_F(Faults, ATunnelThatIsKickedWhileAnotherTakesItsPlaceIsRemovedOnce) {
  Peer first(world, 40000);
  connect(first, "alice", "wonderland");
  Peer second(world, 40001);
  EXPECT_EQ(second.log_in_digest("alice", "wonderland"), kSuccess);
  const auto offer = second.create_offer();
  ASSERT_TRUE(offer.has_value());
  const TunnelId old = world.disk().tunnels().begin()->first;
  world.datapath().inject(DatapathFault::Stalled);
  second.cast(second.sequence() + 1, Peer::action("accept"));
  world.run_for(seconds(1));
  world.command(KickTunnelRequest{old});
  world.datapath().inject(DatapathFault::None);
  world.run_for(seconds(5));
  EXPECT_TRUE(ping(second, *offer));
  EXPECT_EQ(live_tunnels(), 1U);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Faults, APrefixThatWasTakenBackIsNotOfferedAgainInsideOfAnotherOne) {
  Peer first(world, 40000);
  EXPECT_EQ(first.log_in_digest("alice", "wonderland"), kSuccess);
  const auto small = first.create_offer(59);
  ASSERT_TRUE(small && small->delegated);
  Peer second(world, 40001);
  EXPECT_EQ(second.log_in_digest("alice", "wonderland"), kSuccess) << "its record has the small one, on offer";
  first.say(Peer::action("reject"));
  world.run_for(seconds(1));
  Peer third(world, 40002);
  EXPECT_EQ(third.log_in_digest("alice", "wonderland"), kSuccess);
  const auto large = third.create_offer(57);
  ASSERT_TRUE(large && large->delegated);
  EXPECT_TRUE(large->delegated->contains(*small->delegated));
  const auto again = second.create_offer(59);
  ASSERT_TRUE(again && again->delegated);
  EXPECT_FALSE(large->delegated->overlaps(*again->delegated));
}

}  // namespace fault_scenario_test
}  // namespace tsp::sim
