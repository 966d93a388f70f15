// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories of several brokers on one store.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "adapters/sim/fleet.h"
#include "adapters/sim/peer.h"

namespace tsp::sim {
namespace fleet_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kFirst = 0;
constexpr std::size_t kSecond = 1;

class FleetTest : public testing::Test {
 protected:
  FleetTest() { fleet.run_for(seconds(2)); }
  void TearDown() override { EXPECT_EQ(fleet.violation(), std::nullopt); }

  bool is_up(std::size_t broker, ClientIndex account) {
    return fleet.client(broker, account).state() == GogocState::Up && tunnels(broker) > 0;
  }
  std::size_t tunnels(std::size_t broker) {
    return fleet.at(broker).alive() ? fleet.at(broker).datapath().tunnels().size() : 0;
  }
  Offer connect(std::size_t broker, ClientIndex account) {
    fleet.move(account, broker);
    EXPECT_TRUE(fleet.run_until([&] { return is_up(broker, account); }, minutes(2)));
    return fleet.client(broker, account).offer().value_or(Offer{});
  }
  bool is_gone(std::size_t broker, Duration within) {
    return fleet.run_until([&] { return tunnels(broker) == 0; }, within);
  }
  std::vector<EndReason> reasons() {
    std::vector<EndReason> all;
    for (const HistoryEntry& entry : fleet.disk().history()) all.push_back(*entry.reason);
    return all;
  }

  Fleet fleet{FleetOptions{}, 1};
  ClientIndex alice = fleet.add_account("alice", "wonderland", 56);
  ClientIndex bob = fleet.add_account("bob", "builder");
};

TEST_F(FleetTest, AnAccountHasTheSameAddressAndPrefixAtEveryBroker) {
  const Offer first = connect(kFirst, alice);
  const Offer second = connect(kSecond, alice);

  EXPECT_EQ(to_text(first.client_inner), to_text(second.client_inner));
  EXPECT_EQ(first.delegated, second.delegated);
  EXPECT_NE(first.server_inner, second.server_inner);
}

TEST_F(FleetTest, WhoLogsInAtAnotherBrokerLosesItsTunnelAtTheFirstWithinSeconds) {
  connect(kFirst, alice);
  connect(kSecond, alice);

  EXPECT_TRUE(is_gone(kFirst, seconds(4)));

  EXPECT_TRUE(fleet.run_until([&] { return !fleet.find_disagreement(); }, seconds(5)));
  EXPECT_EQ(fleet.disk().tunnels().size(), 1U);
  EXPECT_EQ(reasons(), std::vector{EndReason::Replaced});
  EXPECT_EQ(tunnels(kSecond), 1U);
}

TEST_F(FleetTest, OtherAccountsStayWhereTheyAre) {
  connect(kFirst, bob);
  connect(kFirst, alice);
  connect(kSecond, alice);
  fleet.run_for(seconds(10));

  EXPECT_EQ(tunnels(kFirst), 1U);
  EXPECT_TRUE(is_up(kFirst, bob));
}

// It keeps what it has for as long as it cannot know.
TEST_F(FleetTest, ABrokerThatTheStoreIsAwayFromFindsOutWhenItIsBack) {
  connect(kFirst, alice);
  fleet.at(kFirst).store().inject(StoreFault::Unavailable);
  connect(kSecond, alice);
  fleet.run_for(seconds(60));
  EXPECT_EQ(tunnels(kFirst), 1U);

  fleet.at(kFirst).store().inject(StoreFault::None);

  EXPECT_TRUE(is_gone(kFirst, seconds(10)));
  EXPECT_TRUE(fleet.run_until([&] { return !fleet.find_disagreement(); }, seconds(5)));
}

TEST_F(FleetTest, ABrokerThatWasAwayDoesNotForwardWhatItLostMeanwhile) {
  connect(kFirst, alice);
  fleet.at(kFirst).crash(minutes(1), /*datapath_survives=*/true);
  connect(kSecond, alice);

  EXPECT_TRUE(fleet.run_until([&] { return fleet.at(kFirst).alive() && !fleet.find_disagreement(); }, minutes(3)));

  EXPECT_EQ(tunnels(kFirst), 0U);
  EXPECT_EQ(tunnels(kSecond), 1U);
}

// The second broker's commit is between the first one's, of which it does not know the outcome, and its repetition.
TEST_F(FleetTest, ARepeatedCommitDoesNotTakeTheAccountBack) {
  Peer peer(fleet.at(kFirst), 40000);
  ASSERT_TRUE(peer.log_in_digest("alice", "wonderland"));
  ASSERT_TRUE(peer.create_offer());
  fleet.at(kFirst).store().inject(StoreFault::LostAfterDone, 1);
  peer.cast(peer.sequence() + 1, Peer::action("accept"));
  ASSERT_TRUE(fleet.run_until([&] { return !fleet.disk().tunnels().empty(); }, seconds(5)));
  fleet.at(kFirst).store().inject(StoreFault::Unavailable);
  connect(kSecond, alice);

  fleet.at(kFirst).store().inject(StoreFault::None);
  fleet.run_for(minutes(2));

  EXPECT_TRUE(is_up(kSecond, alice));
  EXPECT_EQ(tunnels(kSecond), 1U);
  EXPECT_EQ(tunnels(kFirst), 0U);
  EXPECT_EQ(fleet.find_disagreement(), std::nullopt);
}

TEST_F(FleetTest, AnAccountThatIsDisabledAtOneBrokerLosesItsTunnelAtAllOthers) {
  connect(kSecond, alice);

  EXPECT_EQ(fleet.at(kFirst).ask(ChangeAccountRequest{.login = "alice", .enabled = false}).status, AdminStatus::Done);

  EXPECT_TRUE(is_gone(kSecond, seconds(5)));
  fleet.run_for(minutes(1));
  EXPECT_EQ(tunnels(kSecond), 0U);
  EXPECT_EQ(reasons(), std::vector{EndReason::Disabled});
}

TEST_F(FleetTest, AnAccountThatIsDeletedAtOneBrokerLosesItsTunnelAtAllOthers) {
  connect(kSecond, alice);

  EXPECT_EQ(fleet.at(kFirst).ask(DeleteAccountRequest{"alice"}).status, AdminStatus::Done);

  EXPECT_TRUE(is_gone(kSecond, seconds(5)));
  EXPECT_TRUE(fleet.run_until([&] { return !fleet.find_disagreement(); }, minutes(1)));
}

// Its session was authenticated before.
TEST_F(FleetTest, AnOfferToADisabledAccountCannotBeAcceptedAtAnotherBroker) {
  Peer peer(fleet.at(kSecond), 40000);
  ASSERT_TRUE(peer.log_in_digest("alice", "wonderland"));
  ASSERT_TRUE(peer.create_offer());

  EXPECT_EQ(fleet.at(kFirst).ask(ChangeAccountRequest{.login = "alice", .enabled = false}).status, AdminStatus::Done);

  EXPECT_FALSE(peer.accept());
  EXPECT_EQ(tunnels(kSecond), 0U);
  EXPECT_TRUE(fleet.disk().tunnels().empty());
}

// Both offered it, and only one of the two was taken.
TEST_F(FleetTest, AnOfferThatEndsDoesNotTakeBackWhatAnotherBrokerOffers) {
  Peer at_first(fleet.at(kFirst), 40000);
  Peer at_second(fleet.at(kSecond), 40001);
  ASSERT_TRUE(at_first.log_in_digest("alice", "wonderland"));
  ASSERT_TRUE(at_second.log_in_digest("alice", "wonderland"));
  const auto first = at_first.create_offer();
  const auto second = at_second.create_offer();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(to_text(first->client_inner), to_text(second->client_inner));

  static_cast<void>(at_first.say(Peer::action("reject")));
  fleet.run_for(seconds(5));

  EXPECT_TRUE(fleet.disk().claims().contains(host_prefix(second->client_inner)));
  EXPECT_TRUE(at_second.accept());
}

TEST_F(FleetTest, ComingBackWithinAMomentMakesANewTunnelAtTheFirstBroker) {
  Peer at_first(fleet.at(kFirst), 40000);
  ASSERT_TRUE(at_first.log_in_digest("alice", "wonderland"));
  ASSERT_TRUE(at_first.create_offer());
  ASSERT_TRUE(at_first.accept());
  Peer at_second(fleet.at(kSecond), 40001);
  ASSERT_TRUE(at_second.log_in_digest("alice", "wonderland"));
  ASSERT_TRUE(at_second.create_offer());
  ASSERT_TRUE(at_second.accept());

  Peer again(fleet.at(kFirst), 40000);
  again.set_sequence(0x1EF);
  ASSERT_TRUE(again.log_in_digest("alice", "wonderland"));
  ASSERT_TRUE(again.create_offer());
  ASSERT_TRUE(again.accept());
  fleet.run_for(seconds(10));

  EXPECT_EQ(tunnels(kFirst), 1U);
  EXPECT_EQ(tunnels(kSecond), 0U);
  EXPECT_EQ(fleet.find_disagreement(), std::nullopt);
}

// Two devices with one account would take it from each other for ever.
TEST_F(FleetTest, DevicesThatEvictEachOtherAtTwoBrokersAreDamped) {
  std::uint16_t port = 40000;
  for (std::uint32_t round = 0; round < fleet.at(kFirst).config().evictions_max; ++round) {
    for (const std::size_t broker : {kFirst, kSecond}) {
      Peer peer(fleet.at(broker), ++port);
      ASSERT_TRUE(peer.log_in_digest("alice", "wonderland"));
      ASSERT_TRUE(peer.create_offer());
      ASSERT_TRUE(peer.accept());
      fleet.run_for(seconds(3));
    }
  }
  Peer peer(fleet.at(kFirst), ++port);
  ASSERT_TRUE(peer.log_in_digest("alice", "wonderland"));

  const auto answer = peer.create();

  EXPECT_NE(answer.value_or("").find("301"), std::string::npos) << answer.value_or("no answer");
  EXPECT_GT(fleet.at(kFirst).count_events(EventCode::EvictionsDamped), 0U);
}

TEST_F(FleetTest, AnAccountIsSentToItsHome) {
  ASSERT_EQ(fleet.at(kFirst).ask(ChangeAccountRequest{.login = "alice", .home = Fleet::id_of(kSecond)}).status,
            AdminStatus::Done);
  Peer at_first(fleet.at(kFirst), 40000);
  ASSERT_TRUE(at_first.log_in_digest("alice", "wonderland"));

  const auto answer = at_first.create();

  ASSERT_TRUE(answer);
  EXPECT_NE(answer->find("1301"), std::string::npos) << *answer;
  EXPECT_NE(answer->find("203.0.113.2"), std::string::npos) << *answer;
  EXPECT_EQ(answer->find("203.0.113.1<"), std::string::npos) << *answer;
  Peer at_second(fleet.at(kSecond), 40001);
  ASSERT_TRUE(at_second.log_in_digest("alice", "wonderland"));
  EXPECT_TRUE(at_second.create_offer());
}

TEST_F(FleetTest, AnAccountWhoseHomeIsNotKnownIsServed) {
  ASSERT_EQ(fleet.at(kFirst).ask(ChangeAccountRequest{.login = "alice", .home = BrokerId{77}, .force = true}).status,
            AdminStatus::Done);
  Peer peer(fleet.at(kFirst), 40000);
  ASSERT_TRUE(peer.log_in_digest("alice", "wonderland"));

  EXPECT_TRUE(peer.create_offer());
}

TEST_F(FleetTest, OperatorsAtTwoBrokersDoNotUndoEachOthersChanges) {
  fleet.at(kFirst).command(ChangeAccountRequest{.login = "alice", .mtu = 1400});
  fleet.at(kSecond).command(ChangeAccountRequest{.login = "alice", .home = Fleet::id_of(kSecond)});
  fleet.run_for(seconds(5));

  // One of the two may have been told to try again.
  const auto changes = fleet.at(kFirst).count_events(EventCode::AccountChanged) +
                       fleet.at(kSecond).count_events(EventCode::AccountChanged);
  const Account account = fleet.disk().find("alice")->account;
  EXPECT_EQ(changes, (account.mtu ? 1U : 0U) + (account.home ? 1U : 0U));
  EXPECT_GE(changes, 1U);
}

TEST_F(FleetTest, AHomeThatNoBrokerCanHaveIsRefused) {
  const AdminReply reply = fleet.at(kFirst).ask(ChangeAccountRequest{.login = "alice", .home = BrokerId{0}});

  EXPECT_EQ(reply.status, AdminStatus::Invalid);
  EXPECT_EQ(reply.message, "home: expected 1 to 2147483647");
}

// ---- the checks themselves ------------------------------------------------------------------------------------

TEST(FleetChecks, TwoLiveLeasesOfOneAccountAreFound) {
  Fleet fleet(FleetOptions{}, 1);
  const ClientIndex alice = fleet.add_account("alice", "wonderland");
  fleet.move(alice, kFirst);
  ASSERT_TRUE(fleet.run_until([&] { return !fleet.disk().tunnels().empty(); }, minutes(1)));
  TunnelRecord second = fleet.disk().tunnels().begin()->second;
  second.id = TunnelId{1};
  second.broker = Fleet::id_of(kSecond);
  second.inner = *parse_ipv6("2001:db8:2::77");

  fleet.commit({PutTunnel{second}});

  EXPECT_TRUE(fleet.violation());
}

TEST(FleetChecks, AnAccountThatLosesItsAddressIsFound) {
  Fleet fleet(FleetOptions{}, 1);
  const ClientIndex alice = fleet.add_account("alice", "wonderland");
  fleet.move(alice, kFirst);
  ASSERT_TRUE(fleet.run_until([&] { return !fleet.disk().tunnels().empty(); }, minutes(1)));
  const IPv6Prefix address = host_prefix(fleet.disk().tunnels().begin()->second.inner);

  fleet.commit({PutClaim{{.prefix = address, .state = ClaimState::Quarantined, .until = {std::chrono::hours(1)}}}});

  EXPECT_TRUE(fleet.violation());
}

}  // namespace fleet_scenario_test
}  // namespace tsp::sim
