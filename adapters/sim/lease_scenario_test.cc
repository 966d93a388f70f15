// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories of addresses and prefixes that operators choose for accounts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "adapters/sim/fleet.h"
#include "adapters/sim/scenario.h"

namespace tsp::sim {
namespace lease_scenario_test {

using std::chrono::seconds;
using testing::HasSubstr;

class Leases : public SettledScenario {
 protected:
  AdminReply reserve(const std::string& login, const IPv6Prefix& prefix) {
    return world.ask(ReserveLeaseRequest{.login = login, .prefix = prefix}, Actor{.name = "uid 0", .source = "local"});
  }
  AdminReply reserve(const std::string& login, std::string_view prefix) {
    return reserve(login, *parse_any_prefix(prefix));
  }
  IPv6Prefix next(std::uint8_t length) { return world.broker().status().ipv6_pool.prefixes_next.at(length); }
};

TEST_F(Leases, AReservedPrefixIsWhatItsAccountGetsAndNobodyElse) {
  const IPv6Prefix wanted = next(60);
  const AdminReply reply = reserve("bob", wanted);
  ASSERT_EQ(reply.status, AdminStatus::Done) << reply.message;
  ASSERT_EQ(reply.leases.size(), 1U);
  EXPECT_EQ(reply.leases[0].claim, world.disk().claims().at(wanted));
  EXPECT_EQ(reply.leases[0].claim.state, ClaimState::Held);
  EXPECT_EQ(reply.leases[0].login, "bob");
  EXPECT_EQ(world.disk().audit().rbegin()->second.action, "lease.reserve");

  Peer alice(world, 40000);
  EXPECT_NE(connect(alice, "alice", "wonderland", 60).delegated, wanted);
  Peer bob(world, 40001);
  EXPECT_EQ(connect(bob, "bob", "builder", 60).delegated, wanted);
}

TEST_F(Leases, AReservedAddressIsWhatItsAccountGets) {
  const IPv6Address wanted = [&] {
    IPv6Address address = world.config().pool.hosts.base;
    address.octets[15] = 0x77;
    return address;
  }();
  EXPECT_EQ(reserve("alice", host_prefix(wanted)).status, AdminStatus::Done);
  Peer alice(world, 40000);
  EXPECT_EQ(connect(alice, "alice", "wonderland").client_inner, wanted);
}

TEST_F(Leases, WhatIsReservedAgainStaysAsItIs) {
  const IPv6Prefix wanted = next(60);
  EXPECT_EQ(reserve("alice", wanted).status, AdminStatus::Done);
  const auto before = world.disk().claims();
  EXPECT_EQ(reserve("alice", wanted).status, AdminStatus::Done);
  EXPECT_EQ(world.disk().claims(), before);
}

TEST_F(Leases, WhatIsNotFreeIsRefused) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland", 60);
  for (const IPv6Prefix& taken : {*offer.delegated, make_prefix(offer.delegated->base, 64),
                                  make_prefix(offer.delegated->base, 56), host_prefix(offer.client_inner)}) {
    const AdminReply refused = reserve("bob", taken);
    EXPECT_EQ(refused.status, AdminStatus::Exists) << to_text(taken);
    EXPECT_EQ(refused.message, "prefix: it is not free");
  }
  // The account has one of this length.
  EXPECT_EQ(reserve("alice", next(60)).message, "prefix: the account has " + to_text(*offer.delegated));
  EXPECT_EQ(reserve("alice", next(60)).status, AdminStatus::Exists);
}

TEST_F(Leases, WhatThePoolDoesNotGiveOutIsRefused) {
  const PoolLayout& pool = world.config().pool;
  const auto expect_invalid = [&](const IPv6Prefix& prefix, const char* why) {
    const AdminReply refused = reserve("bob", prefix);
    EXPECT_EQ(refused.status, AdminStatus::Invalid) << to_text(prefix);
    EXPECT_THAT(refused.message, HasSubstr(why)) << to_text(prefix);
    EXPECT_TRUE(refused.message.starts_with("prefix: ")) << refused.message;
  };
  expect_invalid(make_prefix(next(64).base, 52), "expected a length from 56 to 64");
  expect_invalid(make_prefix(next(64).base, 65), "expected a length from 56 to 64");
  expect_invalid(*parse_prefix("2001:db8:9::/56"), "expected one in 2001:db8:1:1000::/52, ");
  expect_invalid(make_prefix(pool.hosts.base, 64), "expected one in ");
  expect_invalid(host_prefix(pool.server_address), "expected an address in 2001:db8:1::/64");
  expect_invalid(host_prefix(pool.hosts.base), "expected an address in ");
  expect_invalid(host_prefix(pool.anonymous->base), "expected an address in ");
  expect_invalid(*parse_ipv4_prefix("192.0.2.0/28"), "there is no pool of IPv4");
  EXPECT_EQ(world.ask(ReserveLeaseRequest{.login = "nobody", .prefix = next(64)}).status, AdminStatus::NotFound);
  EXPECT_TRUE(world.disk().claims().empty());
}

TEST_F(Leases, TheLimitsOfTheAccountCount) {
  EXPECT_EQ(
      world.ask(AddAccountRequest{.login = "carol", .password = "x", .prefix_limits = PrefixLimits{60, 60}}).status,
      AdminStatus::Done);
  EXPECT_EQ(reserve("carol", next(56)).message, "prefix: expected a length from 60 to 60");
  EXPECT_EQ(reserve("carol", next(60)).status, AdminStatus::Done);
}

TEST_F(Leases, WithoutTheStoreNothingIsReserved) {
  const IPv6Prefix wanted = next(60);
  world.store().inject(StoreFault::ReadOnly);
  EXPECT_EQ(reserve("alice", wanted).status, AdminStatus::Unavailable);
  EXPECT_TRUE(world.disk().claims().empty());
  world.store().inject(StoreFault::None);
  world.run_for(seconds(20));
  EXPECT_EQ(reserve("bob", wanted).status, AdminStatus::Done);
}

TEST_F(Leases, AnAnswerThatIsLostChangesNothing) {
  const IPv6Prefix wanted = next(60);
  for (const StoreFault fault : {StoreFault::LostAfterDone, StoreFault::LostBeforeDone, StoreFault::Disconnected}) {
    world.store().inject(fault, 2);  // the account is read first
    static_cast<void>(reserve("alice", wanted));
    world.run_for(seconds(20));
    world.store().inject(StoreFault::None);
    EXPECT_EQ(reserve("alice", wanted).status, AdminStatus::Done);
    EXPECT_EQ(world.find_disagreement(), std::nullopt);
  }
}

TEST_F(Leases, WhoHasAndHadThemIsTold) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland", 60);
  const IPv6Prefix inside = make_prefix(offer.delegated->base, 64);
  EXPECT_EQ(world.ask(ListLeasesRequest{.range = inside}).leases.at(0).login, "alice");
  EXPECT_EQ(world.ask(ListLeasesRequest{.login = "alice"}).leases.size(), 2U);
  EXPECT_EQ(world.ask(ListLeasesRequest{.range = inside, .login = "alice"}).leases.size(), 1U);
  EXPECT_EQ(world.ask(ListLeasesRequest{.login = "nobody"}).status, AdminStatus::NotFound);
  const auto live = world.ask(ReadHistoryRequest{.range = inside}).history;
  ASSERT_EQ(live.size(), 1U);
  EXPECT_EQ(live[0].ended, std::nullopt);
  EXPECT_EQ(world.ask(KickTunnelRequest{live[0].tunnel.id}).status, AdminStatus::Done);
  world.run_for(seconds(1));
  EXPECT_EQ(world.ask(ReadHistoryRequest{.login = "alice"}).history.at(0).reason, EndReason::Kicked);
  EXPECT_EQ(world.ask(ReadHistoryRequest{.limit = 0}).status, AdminStatus::Invalid);
}

TEST(LeasesOfFleets, TwoBrokersDoNotReserveOnePrefixForTwoAccounts) {
  Fleet fleet(FleetOptions{.one_pool = true}, 1);
  static_cast<void>(fleet.add_account("alice", "wonderland"));
  static_cast<void>(fleet.add_account("bob", "builder"));
  fleet.run_for(seconds(2));
  const IPv6Prefix wanted = fleet.at(0).broker().status().ipv6_pool.prefixes_next.at(60);
  EXPECT_EQ(fleet.at(1).broker().status().ipv6_pool.prefixes_next.at(60), wanted);

  EXPECT_EQ(fleet.at(0).ask(ReserveLeaseRequest{.login = "alice", .prefix = wanted}).status, AdminStatus::Done);
  const AdminReply refused = fleet.at(1).ask(ReserveLeaseRequest{.login = "bob", .prefix = wanted});

  EXPECT_EQ(refused.status, AdminStatus::Exists);
  EXPECT_TRUE(refused.message.starts_with("prefix: ")) << refused.message;
  EXPECT_NE(fleet.at(1).broker().status().ipv6_pool.prefixes_next.at(60), wanted) << "it has learned of it";
  EXPECT_EQ(fleet.violation(), std::nullopt);
}

}  // namespace lease_scenario_test
}  // namespace tsp::sim
