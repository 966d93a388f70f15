// SPDX-License-Identifier: Apache-2.0
//
// Stories of several brokers on one store that all publish what accounts have in the DNS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sim/fleet.h"
#include "adapters/sim/peer.h"

namespace tsp::sim {
namespace dns_fleet_test {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Names = std::vector<std::string>;

constexpr std::size_t kFirst = 0;
constexpr std::size_t kSecond = 1;

FleetOptions fleet_with_dns(bool one_zone) {
  FleetOptions options{.brokers = 3, .announced = true, .one_zone = one_zone};
  options.world.broker.dns = DnsPolicy{.domain = "tunnels.example"};
  return options;
}

// All brokers at one name server, or each with files of its own.
class DnsOfAFleet : public testing::TestWithParam<bool> {
 protected:
  DnsOfAFleet() {
    fleet.add_account("alice", "wonderland", 56);
    fleet.add_account("bob", "builder");
    fleet.run_for(seconds(5));
  }
  void TearDown() override { EXPECT_EQ(fleet.violation(), std::nullopt); }

  Offer connect(std::size_t broker, const Names& names, std::optional<std::uint8_t> length = 56) {
    Peer peer(fleet.at(broker), ++last_port_);
    peer.name_servers(names);
    EXPECT_TRUE(peer.log_in_digest("alice", "wonderland"));
    const auto offer = peer.create_offer(length);
    EXPECT_TRUE(offer && peer.accept());
    return offer.value_or(Offer{});
  }
  // Every broker's view is what the store has.
  bool agree(Duration within = seconds(10)) {
    return fleet.run_until(
        [&] {
          for (std::size_t broker = 0; broker < fleet.size(); ++broker) {
            if (fleet.at(broker).dns().find_difference(fleet.disk())) return false;
          }
          return true;
        },
        within);
  }
  void expect_everywhere(const testing::Matcher<const std::map<IPv6Prefix, Names>&>& delegations) {
    for (std::size_t broker = 0; broker < fleet.size(); ++broker) {
      EXPECT_THAT(fleet.at(broker).dns().delegations(), delegations) << "broker " << broker + 1;
    }
  }

  Fleet fleet{fleet_with_dns(GetParam()), 1};

 private:
  std::uint16_t last_port_ = 40000;
};

INSTANTIATE_TEST_SUITE_P(Zones, DnsOfAFleet, testing::Bool());

TEST_P(DnsOfAFleet, WhatOneBrokerDelegatesAllPublishWithinSeconds) {
  const Offer offer = connect(kFirst, {"ns1.example.org"});

  EXPECT_TRUE(agree());
  expect_everywhere(ElementsAre(Pair(*offer.delegated, Names{"ns1.example.org"})));
}

TEST_P(DnsOfAFleet, TheLastListOfNameServersWinsWhereverItWasGiven) {
  const Offer offer = connect(kFirst, {"ns1.example.org"});
  for (int round = 0; round < 3; ++round) {
    connect(kSecond, {"ns2.example.org"});
    ASSERT_TRUE(agree());
    expect_everywhere(ElementsAre(Pair(*offer.delegated, Names{"ns2.example.org"})));
    connect(kFirst, {"ns1.example.org"});
    ASSERT_TRUE(agree());
    expect_everywhere(ElementsAre(Pair(*offer.delegated, Names{"ns1.example.org"})));
    fleet.run_for(minutes(1));
  }
}

// One after the other without a moment for the first broker to notice.
TEST_P(DnsOfAFleet, ChangesThatFollowEachOtherAtOnceEndWithTheLast) {
  const Offer offer = connect(kFirst, {"ns1.example.org"});
  connect(kSecond, {"ns2.example.org"});
  connect(kFirst, {"ns3.example.org"});
  connect(kSecond, {"ns4.example.org"});

  EXPECT_TRUE(agree());
  fleet.run_for(minutes(1));
  expect_everywhere(ElementsAre(Pair(*offer.delegated, Names{"ns4.example.org"})));
}

TEST_P(DnsOfAFleet, APrefixThatIsGivenUpAtOneBrokerIsTakenOutEverywhere) {
  const Offer before = connect(kFirst, {"ns1.example.org"}, 56);
  ASSERT_TRUE(agree());
  const Offer after = connect(kSecond, {}, 60);
  ASSERT_NE(before.delegated, after.delegated);

  EXPECT_TRUE(agree());
  expect_everywhere(ElementsAre(Pair(*after.delegated, Names{"ns1.example.org"})));
}

TEST_P(DnsOfAFleet, AnAccountThatIsDeletedAtOneBrokerIsTakenOutEverywhere) {
  connect(kFirst, {"ns1.example.org"});
  ASSERT_TRUE(agree());
  ASSERT_FALSE(fleet.at(kSecond).dns().host_names().empty());

  EXPECT_EQ(fleet.at(kSecond).ask(DeleteAccountRequest{"alice"}).status, AdminStatus::Done);
  fleet.run_for(seconds(10));

  expect_everywhere(IsEmpty());
  for (std::size_t broker = 0; broker < fleet.size(); ++broker) {
    EXPECT_THAT(fleet.at(broker).dns().host_names(), IsEmpty()) << "broker " << broker + 1;
  }
}

TEST_P(DnsOfAFleet, AnAccountThatIsDeletedAndAddedAgainHasItsNewNameEverywhere) {
  connect(kFirst, {"ns1.example.org"});
  ASSERT_TRUE(agree());
  EXPECT_EQ(fleet.at(kSecond).ask(DeleteAccountRequest{"alice"}).status, AdminStatus::Done);
  EXPECT_EQ(fleet.at(kSecond).ask(AddAccountRequest{.login = "alice", .password = "wonderland"}).status,
            AdminStatus::Done);
  const Offer offer = connect(kSecond, {"ns2.example.org"});
  fleet.run_for(seconds(10));

  expect_everywhere(ElementsAre(Pair(*offer.delegated, Names{"ns2.example.org"})));
  for (std::size_t broker = 0; broker < fleet.size(); ++broker) {
    EXPECT_THAT(fleet.at(broker).dns().host_names(), ElementsAre(Pair("alice.tunnels.example", offer.client_inner)));
  }
}

TEST_P(DnsOfAFleet, ABrokerThatTheStoreIsAwayFromCatchesUp) {
  const Offer offer = connect(kFirst, {"ns1.example.org"});
  ASSERT_TRUE(agree());
  fleet.at(kFirst).store().inject(StoreFault::Unavailable);
  connect(kSecond, {"ns2.example.org"});
  fleet.run_for(minutes(1));
  fleet.at(kFirst).store().inject(StoreFault::None);

  EXPECT_TRUE(agree(seconds(20)));
  expect_everywhere(ElementsAre(Pair(*offer.delegated, Names{"ns2.example.org"})));
}

TEST_P(DnsOfAFleet, ABrokerThatDiesLeavesNothingBehind) {
  connect(kFirst, {"ns1.example.org"}, 56);
  ASSERT_TRUE(agree());
  fleet.at(kFirst).crash(minutes(2), false);
  const Offer offer = connect(kSecond, {"ns2.example.org"}, 60);
  fleet.run_for(minutes(3));

  EXPECT_TRUE(agree());
  expect_everywhere(ElementsAre(Pair(*offer.delegated, Names{"ns2.example.org"})));
}

// More accounts than are looked at in one turn.
TEST_P(DnsOfAFleet, AllAccountsAreFollowedHoweverManyTheyAre) {
  for (int i = 0; i < 1200; ++i) {
    static_cast<void>(fleet.at(kFirst).add_account("a" + std::to_string(i), "secret"));
  }
  const Offer offer = connect(kFirst, {"ns1.example.org"});
  EXPECT_TRUE(agree(seconds(20)));
  connect(kSecond, {"ns2.example.org"});

  EXPECT_TRUE(agree(seconds(20)));
  expect_everywhere(ElementsAre(Pair(*offer.delegated, Names{"ns2.example.org"})));
}

// What the name server refused is not offered to it again at each look.
TEST_P(DnsOfAFleet, NothingIsPublishedAgainThatHasNotChanged) {
  connect(kFirst, {"ns1.example.org"});
  ASSERT_TRUE(agree());
  fleet.run_for(seconds(10));
  std::vector<std::uint64_t> before;
  for (std::size_t broker = 0; broker < fleet.size(); ++broker) before.push_back(fleet.at(broker).dns().orders());
  fleet.run_for(minutes(5));
  for (std::size_t broker = 0; broker < fleet.size(); ++broker) {
    EXPECT_EQ(fleet.at(broker).dns().orders(), before.at(broker)) << "broker " << broker + 1;
  }
}

}  // namespace dns_fleet_test
}  // namespace tsp::sim
