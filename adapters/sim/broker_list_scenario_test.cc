// SPDX-License-Identifier: Apache-2.0
//
// Stories of brokers that know each other from their store alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sim/fleet.h"
#include "adapters/sim/peer.h"

namespace tsp::sim {
namespace broker_list_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kFirst = 0;
constexpr std::size_t kSecond = 1;
constexpr std::size_t kThird = 2;

class BrokerList : public testing::Test {
 protected:
  BrokerList() {
    fleet.add_account("alice", "wonderland");
    fleet.run_for(seconds(5));
  }
  void TearDown() override { EXPECT_EQ(fleet.violation(), std::nullopt); }

  void configure(std::size_t broker, const std::function<void(BrokerConfig&)>& change) {
    BrokerConfig config = fleet.at(broker).config();
    change(config);
    fleet.at(broker).reload(std::move(config));
    fleet.run_for(seconds(5));
  }
  // It has no room for the next two minutes, when the tunnel in it ends.
  void fill(std::size_t broker) {
    Peer peer(fleet.at(broker), next_port_++, IPv4Address{{198, 18, 0, 99}});
    ASSERT_TRUE(peer.log_in_anonymously());
    ASSERT_TRUE(peer.create_offer());
    ASSERT_TRUE(peer.accept());
    configure(broker, [](BrokerConfig& config) { config.tunnels_max = 1; });
  }
  void drain(std::size_t broker) {
    fleet.at(broker).command(DrainRequest{});
    fleet.run_for(seconds(5));
  }
  // What a newcomer is told at VERSION.
  std::string greeting(std::size_t broker) {
    Peer peer(fleet.at(broker), next_port_++, IPv4Address{{198, 18, 1, ++last_newcomer_}});
    return peer.greet().value_or("no answer");
  }
  // What alice is told at `create`.
  std::string create(std::size_t broker) { return create(broker, "alice", "wonderland"); }
  std::string create(std::size_t broker, const std::string& login, const std::string& password) {
    Peer peer(fleet.at(broker), next_port_++);
    EXPECT_TRUE(peer.log_in_digest(login, password));
    return peer.create().value_or("no answer");
  }
  void set_home(std::size_t broker) {
    const ChangeAccountRequest request{.login = "alice", .home = Fleet::id_of(broker)};
    ASSERT_EQ(fleet.at(kFirst).ask(request).status, AdminStatus::Done);
  }
  std::vector<std::string> details(std::size_t broker, EventCode code) {
    std::vector<std::string> all;
    for (const Event& event : fleet.at(broker).events()) {
      if (event.code == code) all.push_back(event.detail);
    }
    return all;
  }
  static std::string address(std::size_t broker) { return ">" + to_text(Fleet::address_of(broker)) + "<"; }

  Fleet fleet{FleetOptions{.brokers = 3, .announced = true}, 1};

 private:
  std::uint16_t next_port_ = 40000;
  std::uint8_t last_newcomer_ = 0;
};

TEST_F(BrokerList, BrokersAreOnTheStoreAndKnowEachOther) {
  const AdminReply reply = fleet.at(kFirst).ask(ListBrokersRequest{});

  ASSERT_EQ(reply.brokers.size(), 3U);
  EXPECT_TRUE(reply.brokers[0].own);
  for (const BrokerView& view : reply.brokers) {
    EXPECT_TRUE(view.heard);
    EXPECT_EQ(view.record.state, BrokerState::Up);
    EXPECT_EQ(view.record.interval_seconds, 2U);
  }
  EXPECT_EQ(reply.brokers[1].record.addresses, std::vector<BrokerAddress>{Fleet::address_of(kSecond)});
  EXPECT_EQ(reply.brokers[1].record.pools, std::vector{*parse_prefix("2001:db8:2::/48")});
}

TEST_F(BrokerList, AFullBrokerSendsClientsToThoseWithRoom) {
  fill(kFirst);
  fill(kThird);

  EXPECT_THAT(greeting(kFirst), AllOf(HasSubstr("1530"), HasSubstr(address(kSecond)), Not(HasSubstr(address(kThird)))));
}

TEST_F(BrokerList, ABrokerThatDiesIsLeftOutAndNamedAgainWhenItIsBack) {
  fill(kFirst);
  ASSERT_THAT(greeting(kFirst), HasSubstr(address(kSecond)));

  fleet.at(kSecond).crash(minutes(2), /*datapath_survives=*/false);
  fleet.run_for(seconds(12));

  EXPECT_THAT(greeting(kFirst), AllOf(Not(HasSubstr(address(kSecond))), HasSubstr(address(kThird))));
  EXPECT_THAT(details(kFirst, EventCode::OtherBroker).back(), HasSubstr("broker 2 is not heard of any more"));
  fleet.run_for(minutes(3));
  fill(kFirst);
  EXPECT_THAT(greeting(kFirst), HasSubstr(address(kSecond)));
}

TEST_F(BrokerList, ABrokerThatStopsInGoodOrderIsLeftOutWithinOneTurn) {
  fill(kFirst);
  fleet.at(kSecond).restart_in_order(minutes(5));
  fleet.run_for(seconds(3));

  EXPECT_THAT(greeting(kFirst), Not(HasSubstr(address(kSecond))));
  EXPECT_THAT(details(kFirst, EventCode::OtherBroker).back(), HasSubstr("broker 2 has stopped"));
}

TEST_F(BrokerList, ADrainingBrokerSendsClientsToThoseThatDoNotDrain) {
  fill(kFirst);  // an empty one would stop at once
  fill(kSecond);
  drain(kFirst);
  drain(kSecond);

  EXPECT_THAT(greeting(kFirst), AllOf(HasSubstr(address(kThird)), Not(HasSubstr(address(kSecond)))));
  fleet.at(kSecond).command(UndrainRequest{});
  configure(kSecond, [](BrokerConfig& config) { config.tunnels_max = 10; });
  EXPECT_THAT(greeting(kFirst), HasSubstr(address(kSecond)));
}

TEST_F(BrokerList, TheOwnRegionIsNamedFirstWhateverTheWeights) {
  configure(kFirst, [](BrokerConfig& config) { config.announcement->region = "south"; });
  configure(kSecond, [](BrokerConfig& config) { config.announcement->weight = 1000; });
  configure(kThird, [](BrokerConfig& config) { config.announcement->region = "south"; });
  fill(kFirst);

  for (int client = 0; client < 10; ++client) {
    const std::string list = greeting(kFirst);
    ASSERT_THAT(list, AllOf(HasSubstr(address(kSecond)), HasSubstr(address(kThird))));
    EXPECT_LT(list.find(address(kThird)), list.find(address(kSecond)));
  }
}

TEST_F(BrokerList, AConfiguredListWins) {
  fill(kFirst);
  configure(kFirst, [](BrokerConfig& config) {
    config.other_brokers.emplace_back().address = std::string("elsewhere.example.net");
  });

  EXPECT_THAT(greeting(kFirst), AllOf(HasSubstr("elsewhere.example.net"), Not(HasSubstr(address(kSecond)))));
}

// Old clients probe all brokers of a longer list on the usual port.
TEST_F(BrokerList, ABrokerWithAnotherPortIsNamedAloneOrNotAtAll) {
  configure(kSecond, [](BrokerConfig& config) {
    config.announcement->addresses = {BrokerAddress(Fleet::address_of(kSecond), 4000)};
  });
  fill(kFirst);
  bool alone = false;
  bool left_out = false;
  for (int client = 0; client < 20 && !(alone && left_out); ++client) {
    const std::string list = greeting(kFirst);
    const bool named = list.find(R"(<address type="dn">203.0.113.2:4000</address>)") != std::string::npos;
    EXPECT_NE(named, list.find(address(kThird)) != std::string::npos) << list;
    (named ? alone : left_out) = true;
  }
  EXPECT_TRUE(alone && left_out);
}

TEST_F(BrokerList, AnAccountIsSentToItsHomeOnTheStore) {
  set_home(kSecond);

  EXPECT_THAT(create(kFirst), AllOf(HasSubstr("1301"), HasSubstr(address(kSecond)), Not(HasSubstr(address(kThird)))));
  EXPECT_THAT(create(kSecond), HasSubstr("200"));
}

TEST_F(BrokerList, AnAccountWhoseHomeIsDeadDrainsOrIsFullIsServedWhereItComes) {
  set_home(kSecond);
  fleet.at(kSecond).crash(minutes(1), false);
  fleet.run_for(seconds(12));

  EXPECT_THAT(create(kFirst), HasSubstr("200"));
  EXPECT_THAT(details(kFirst, EventCode::HomeUnavailable).at(0),
              AllOf(HasSubstr("broker 2, its home, has not been heard of for"), HasSubstr("served here")));

  fleet.run_for(minutes(2));
  fill(kSecond);
  EXPECT_THAT(create(kFirst), HasSubstr("200"));
  EXPECT_THAT(details(kFirst, EventCode::HomeUnavailable).back(), HasSubstr("is full"));
  drain(kSecond);
  EXPECT_THAT(create(kFirst), HasSubstr("200"));
  EXPECT_THAT(details(kFirst, EventCode::HomeUnavailable).back(), HasSubstr("drains"));
}

// Many share one NAT's address: each account counts for itself.
TEST_F(BrokerList, AccountsBehindOneAddressAreSentToTheirHomesHoweverManyTheyAre) {
  constexpr int kAccounts = 10;
  for (int i = 0; i < kAccounts; ++i) {
    const std::string login = "user" + std::to_string(i);
    fleet.add_account(login, "secret");
    ASSERT_EQ(fleet.at(kFirst).ask(ChangeAccountRequest{.login = login, .home = Fleet::id_of(kSecond)}).status,
              AdminStatus::Done);
  }
  for (int i = 0; i < kAccounts; ++i) {
    EXPECT_THAT(create(kFirst, "user" + std::to_string(i), "secret"),
                AllOf(HasSubstr("1301"), HasSubstr(address(kSecond))));
  }
}

TEST_F(BrokerList, AnAccountThatComesBackFromItsHomeIsServedAfterSomeTimes) {
  set_home(kSecond);
  for (std::uint32_t time = 0; time < fleet.at(kFirst).config().redirects_per_source_max; ++time) {
    EXPECT_THAT(create(kFirst), HasSubstr("1301")) << time;
    fleet.run_for(seconds(30));  // as old clients wait
  }

  EXPECT_THAT(create(kFirst), HasSubstr("200"));
  EXPECT_THAT(details(kFirst, EventCode::HomeUnavailable),
              testing::ElementsAre("broker 2, its home, is where it was sent 3 times, and it comes back: it is served "
                                   "here"));
  fleet.run_for(minutes(11));
  EXPECT_THAT(create(kFirst), HasSubstr("1301")) << "another day";
}

TEST_F(BrokerList, WhoComesBackFromItsHomeIsNotServedByABrokerThatCannot) {
  set_home(kSecond);
  for (int time = 0; time < 3; ++time) EXPECT_THAT(create(kFirst), HasSubstr("1301"));
  Peer peer(fleet.at(kFirst), 43000);
  ASSERT_TRUE(peer.log_in_digest("alice", "wonderland"));
  fill(kFirst);

  EXPECT_THAT(peer.create().value_or("no answer"), AllOf(HasSubstr("1301"), HasSubstr(address(kThird))))
      << "anybody's list";
  fill(kSecond);
  fill(kThird);
  EXPECT_THAT(create(kFirst), AllOf(HasSubstr("301 No more tunnels available"), Not(HasSubstr("1301"))));
}

TEST_F(BrokerList, AccountsBehindOneAddressAreSentOnByADrainHoweverManyTheyAre) {
  fill(kFirst);
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 6; ++i) {
    const std::string login = "user" + std::to_string(i);
    fleet.add_account(login, "secret");
    peers.push_back(std::make_unique<Peer>(fleet.at(kFirst), static_cast<std::uint16_t>(41000 + i)));
  }
  configure(kFirst, [](BrokerConfig& config) { config.tunnels_max = 10; });
  for (std::size_t i = 0; i < peers.size(); ++i) {
    EXPECT_TRUE(peers[i]->log_in_digest("user" + std::to_string(i), "secret"));
  }
  drain(kFirst);

  for (const auto& peer : peers) EXPECT_THAT(peer->create().value_or("no answer"), HasSubstr("1301"));
}

TEST_F(BrokerList, AConfiguredListIsInTheOrderOfRegionsAndLeavesOutWhoIsKnownToTakeNobody) {
  configure(kFirst, [](BrokerConfig& config) {
    config.announcement->region = "south";
    config.other_brokers = {
        {.address = std::string("far.example.net"), .weight = 1000, .region = "north"},
        {.address = std::string("near.example.net"), .weight = 1, .region = "south"},
        {.address = Fleet::address_of(kThird), .weight = 1, .id = Fleet::id_of(kThird), .capacity = 1}};
  });
  fill(kFirst);

  for (int client = 0; client < 10; ++client) {
    const std::string list = greeting(kFirst);
    ASSERT_THAT(list, AllOf(HasSubstr("far.example.net"), HasSubstr("near.example.net"), HasSubstr(address(kThird))));
    EXPECT_LT(list.find("near.example.net"), list.find("far.example.net"));
  }
  Peer holder(fleet.at(kThird), 42000, IPv4Address{{198, 18, 0, 98}});
  ASSERT_TRUE(holder.log_in_anonymously() && holder.create_offer() && holder.accept());
  fleet.run_for(seconds(5));
  EXPECT_THAT(greeting(kFirst), AllOf(HasSubstr("far.example.net"), Not(HasSubstr(address(kThird)))))
      << "it says itself that it has more room, and its capacity is one";
}

TEST_F(BrokerList, AHomeInTheConfiguredListIsServedHereWhenItsCapacityIsReached) {
  set_home(kThird);
  configure(kFirst, [](BrokerConfig& config) {
    config.other_brokers = {
        {.address = Fleet::address_of(kThird), .weight = 1, .id = Fleet::id_of(kThird), .capacity = 1}};
  });
  EXPECT_THAT(create(kFirst), HasSubstr("1301"));
  Peer holder(fleet.at(kThird), 42000, IPv4Address{{198, 18, 0, 98}});
  ASSERT_TRUE(holder.log_in_anonymously() && holder.create_offer() && holder.accept());
  fleet.run_for(seconds(5));

  EXPECT_THAT(create(kFirst), HasSubstr("200"));
  EXPECT_THAT(details(kFirst, EventCode::HomeUnavailable).back(), HasSubstr("broker 3, its home, is full"));
}

TEST_F(BrokerList, AHomeThatNobodyKnowsIsRefusedUnlessItIsForced) {
  ChangeAccountRequest request{.login = "alice", .home = BrokerId{7}};

  const AdminReply refused = fleet.at(kFirst).ask(request);
  EXPECT_EQ(refused.status, AdminStatus::Invalid);
  EXPECT_EQ(refused.message,
            "home: no broker 7 is known, only 1, 2, 3; `force` (tspctl: --force) sets it all the same");
  const AdminReply added =
      fleet.at(kFirst).ask(AddAccountRequest{.login = "bob", .password = "builder", .home = BrokerId{7}});
  EXPECT_EQ(added.status, AdminStatus::Invalid);

  request.force = true;
  EXPECT_EQ(fleet.at(kFirst).ask(request).status, AdminStatus::Done);
  EXPECT_THAT(create(kFirst), HasSubstr("200"));
}

TEST_F(BrokerList, WhereTheTunnelOfAnAccountIsCanBeAskedAnywhere) {
  fleet.move(0, kSecond);
  ASSERT_TRUE(fleet.run_until([&] { return fleet.client(kSecond, 0).state() == GogocState::Up; }, minutes(1)));

  const AccountView at_first = fleet.at(kFirst).ask(ShowAccountRequest{"alice"}).accounts.at(0);
  EXPECT_EQ(at_first.tunnel, std::nullopt);
  EXPECT_EQ(at_first.tunnel_broker, Fleet::id_of(kSecond));
  ASSERT_TRUE(at_first.tunnel_elsewhere);
  EXPECT_EQ(at_first.tunnel_elsewhere->inner, fleet.client(kSecond, 0).offer()->client_inner);
  const AccountView at_second = fleet.at(kSecond).ask(ShowAccountRequest{"alice"}).accounts.at(0);
  EXPECT_TRUE(at_second.tunnel);
  EXPECT_FALSE(at_second.tunnel_elsewhere);
  EXPECT_EQ(at_second.tunnel_broker, Fleet::id_of(kSecond));
}

TEST_F(BrokerList, TheEndOfATunnelTellsWhichBrokerHasTakenItOver) {
  fleet.move(0, kFirst);
  ASSERT_TRUE(fleet.run_until([&] { return fleet.client(kFirst, 0).state() == GogocState::Up; }, minutes(1)));
  fleet.move(0, kSecond);
  fleet.run_for(minutes(1));

  EXPECT_THAT(details(kFirst, EventCode::TunnelDown), testing::ElementsAre("replaced at broker 2"));
}

TEST_F(BrokerList, ALeaseThatIsNotRoutedToWhereItComesIsAnEvent) {
  configure(kSecond, [](BrokerConfig& config) { config.other_pools.clear(); });
  const auto connect = [&](std::size_t broker) {
    fleet.move(0, broker);
    ASSERT_TRUE(fleet.run_until([&] { return fleet.client(broker, 0).state() == GogocState::Up; }, minutes(1)));
  };
  connect(kFirst);
  connect(kThird);
  EXPECT_EQ(fleet.at(kThird).count_events(EventCode::LeaseUnrouted), 0U) << "it has the first one's pool";
  connect(kSecond);

  EXPECT_THAT(details(kSecond, EventCode::LeaseUnrouted),
              testing::ElementsAre("its address lies outside of prefix and of pool.other_pools: nothing reaches it"));
  configure(kSecond, [](BrokerConfig& config) { config.route_all_leases = true; });
  connect(kFirst);
  connect(kSecond);
  EXPECT_EQ(fleet.at(kSecond).count_events(EventCode::LeaseUnrouted), 1U) << "every lease is routed now";
}

TEST_F(BrokerList, OnlyABrokerThatIsGoneCanBeStruck) {
  World& first = fleet.at(kFirst);
  EXPECT_EQ(first.ask(ForgetBrokerRequest{Fleet::id_of(kFirst)}).status, AdminStatus::Invalid);
  EXPECT_EQ(first.ask(ForgetBrokerRequest{Fleet::id_of(kSecond)}).status, AdminStatus::Invalid);
  EXPECT_EQ(first.ask(ForgetBrokerRequest{BrokerId{9}}).status, AdminStatus::NotFound);
  fleet.at(kSecond).restart_in_order(minutes(5));
  fleet.run_for(seconds(5));

  EXPECT_EQ(first.ask(ForgetBrokerRequest{Fleet::id_of(kSecond)}).status, AdminStatus::Done);

  fleet.run_for(seconds(5));
  EXPECT_EQ(first.ask(ListBrokersRequest{}).brokers.size(), 2U);
  fleet.run_for(minutes(6));
  EXPECT_EQ(first.ask(ListBrokersRequest{}).brokers.size(), 3U) << "it has come back";
}

TEST(BrokerListOfRegions, AnAccountIsSentOnWithinTheRegionOfItsHome) {
  constexpr std::size_t kHome = 3;
  Fleet fleet(FleetOptions{.brokers = 4, .announced = true}, 1);
  fleet.add_account("alice", "wonderland");
  for (const auto& [broker, region] :
       {std::pair(kFirst, "south"), {kSecond, "south"}, {kThird, "north"}, {kHome, "north"}}) {
    BrokerConfig config = fleet.at(broker).config();
    config.announcement->region = region;
    fleet.at(broker).reload(std::move(config));
  }
  fleet.run_for(seconds(5));
  ASSERT_EQ(fleet.at(kFirst).ask(ChangeAccountRequest{.login = "alice", .home = Fleet::id_of(kHome)}).status,
            AdminStatus::Done);
  fleet.at(kHome).crash(minutes(5), false);
  fleet.run_for(seconds(12));
  Peer holder(fleet.at(kFirst), 40000, IPv4Address{{198, 18, 0, 99}});
  ASSERT_TRUE(holder.log_in_anonymously() && holder.create_offer() && holder.accept());
  Peer alice(fleet.at(kFirst), 40001);
  ASSERT_TRUE(alice.log_in_digest("alice", "wonderland"));
  fleet.at(kFirst).command(DrainRequest{});

  const std::string list = alice.create().value_or("no answer");

  ASSERT_THAT(list, AllOf(HasSubstr(">203.0.113.2<"), HasSubstr(">203.0.113.3<")));
  EXPECT_LT(list.find(">203.0.113.3<"), list.find(">203.0.113.2<"));
  EXPECT_EQ(fleet.violation(), std::nullopt);
}

TEST(BrokerListOfOnePool, BrokersThatGiveOutTheSameAreComplainedOfOnce) {
  Fleet fleet(FleetOptions{.brokers = 2, .one_pool = true, .announced = true}, 1);
  fleet.run_for(minutes(1));

  for (const std::size_t broker : {kFirst, kSecond}) {
    EXPECT_EQ(fleet.at(broker).count_events(EventCode::PoolsOverlap), 1U);
  }
  EXPECT_EQ(fleet.violation(), std::nullopt);
}

TEST(BrokerListUnderFaults, AStoreThatWasAwayMakesNobodySilent) {
  Fleet fleet(FleetOptions{.brokers = 2, .announced = true}, 1);
  fleet.run_for(seconds(10));
  for (const std::size_t broker : {kFirst, kSecond}) fleet.at(broker).store().inject(StoreFault::Unavailable);
  fleet.run_for(minutes(2));
  for (const std::size_t broker : {kFirst, kSecond}) fleet.at(broker).store().inject(StoreFault::None);
  fleet.run_for(seconds(10));

  for (const std::size_t broker : {kFirst, kSecond}) {
    EXPECT_EQ(fleet.at(broker).count_events(EventCode::OtherBroker), 1U) << "that it is there, at first";
  }
}

}  // namespace broker_list_scenario_test
}  // namespace tsp::sim
