// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: an account of an older broker, whose address and whose server's address
// lie in the prefix that is delegated to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "adapters/sim/scenario.h"
#include "core/dataplane/packet.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::sim {
namespace imported_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;

class Imported : public Scenario {
 protected:
  // Alice has the lease in the store, and the broker has loaded it.
  Imported() {
    prefix = make_prefix(world.config().pool.delegations.front().base, 56);
    server = after(prefix.base);
    client = after(server);
    set_server_address(server);
    world.write_to_store({held(prefix), held(host_prefix(client))});
    restart();
  }

  static IPv6Address after(IPv6Address address) {
    ++address.octets[15];
    return address;
  }
  AccountRecord alice() const { return *world.disk().find("alice"); }
  PutClaim held(const IPv6Prefix& claimed) const {
    return {Claim{.prefix = claimed, .owner = alice().account.id, .state = ClaimState::Held}};
  }
  void set_server_address(const IPv6Address& address) {
    Account account = alice().account;
    account.server_address = address;
    world.write_to_store({UpdateAccount{.account = account, .before = alice().account}});
  }
  void restart() {
    world.restart_in_order(seconds(1));
    world.run_for(seconds(5));
  }
  bool is_quarantined(const IPv6Prefix& claimed) const {
    const auto claim = world.disk().claims().find(claimed);
    return claim != world.disk().claims().end() && claim->second.state == ClaimState::Quarantined;
  }

  IPv6Prefix prefix;
  IPv6Address server;
  IPv6Address client;
};

TEST_F(Imported, TheAccountHasItsOldAddressesAndPrefix) {
  Peer peer(world, 40000);

  const Offer offer = connect(peer, "alice", "wonderland", 56);

  EXPECT_EQ(offer.delegated, prefix);
  EXPECT_EQ(offer.client_inner, client);
  EXPECT_EQ(offer.server_inner, server);
  EXPECT_TRUE(ping(peer, offer));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Imported, WhatIsSentToItsServerAddressDoesNotComeBack) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland", 56);
  peer.take_datagrams();

  const Bytes up = dataplane::test::make_udp({offer.client_inner, offer.server_inner}, Bytes(20));
  peer.send_inner(up);
  world.run_for(seconds(1));

  const std::vector<Bytes> back = peer.take_datagrams();
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(dataplane::source_of(back[0]), world.config().pool.server_address);
  EXPECT_EQ(back[0][40], 1) << "destination unreachable";
}

TEST_F(Imported, ADeletedAccountLeavesOneQuarantineForAllOfItsPrefix) {
  Peer peer(world, 40000);
  static_cast<void>(connect(peer, "alice", "wonderland", 56));

  EXPECT_EQ(world.ask(DeleteAccountRequest{.login = "alice"}).status, AdminStatus::Done);

  world.run_for(seconds(1));
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_TRUE(is_quarantined(prefix));
  EXPECT_FALSE(world.disk().claims().contains(host_prefix(client)));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
  world.run_for(minutes(32));
  EXPECT_FALSE(world.disk().claims().contains(prefix));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
  Peer bobs(world, 40001);
  EXPECT_EQ(connect(bobs, "bob", "builder", 56).delegated, prefix) << "the lowest one that is free";
}

TEST_F(Imported, APrefixOfAnotherLengthDoesNotReplaceTheOneAroundTheAddress) {
  Peer peer(world, 40000);
  const Offer other = connect(peer, "alice", "wonderland", 60);
  world.run_for(seconds(1));

  ASSERT_TRUE(other.delegated.has_value());
  EXPECT_FALSE(prefix.overlaps(*other.delegated));
  EXPECT_EQ(other.client_inner, client);
  EXPECT_EQ(other.server_inner, server);
  EXPECT_EQ(world.disk().claims().at(prefix).state, ClaimState::Held);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);

  Peer again(world, 40001);
  EXPECT_EQ(connect(again, "alice", "wonderland", 56).delegated, prefix);
  world.run_for(seconds(1));
  EXPECT_TRUE(is_quarantined(*other.delegated));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Imported, AServerAddressThatNoPrefixOfTheAccountKeepsIsNotUsed) {
  set_server_address(after(world.config().pool.delegations.back().base));
  Peer peer(world, 40000);

  const Offer offer = connect(peer, "alice", "wonderland", 56);

  EXPECT_EQ(offer.server_inner, world.config().pool.server_address);
  EXPECT_TRUE(ping(peer, offer));
}

}  // namespace imported_scenario_test
}  // namespace tsp::sim
