// SPDX-License-Identifier: Apache-2.0
//
// Live tunnels: what a broker finds again.
#include <vector>

#include "adapters/port/store_contract/store_contract.h"

namespace tsp::port {
namespace {

TEST_P(StoreContract, ANewStoreIsEmpty) {
  const StoreSnapshot snapshot = load();

  EXPECT_TRUE(snapshot.claims.empty());
  EXPECT_TRUE(snapshot.tunnels.empty());
  EXPECT_TRUE(list("", 1000).empty());
}

TEST_P(StoreContract, ATunnelIsLoadedAsItWasPut) {
  TunnelRecord full = tunnel({(std::uint64_t{1} << 53) - 1});
  full.type = TunnelType::V6V4;
  full.path = {{address("2001:db8:f::1"), 65535}, {address("2001:db8:f::2"), 0}};
  full.delegated = prefix("2001:db8:1:100::/56");
  full.mtu = 1472;
  full.keepalive_seconds = 0xFFFFFFFF;
  full.confirmed = true;
  const TunnelRecord plain = tunnel({1});
  ASSERT_EQ(commit({PutTunnel{full}, PutTunnel{plain}}), StoreStatus::Done);

  EXPECT_EQ(load().tunnels, (std::vector{plain, full}));
}

TEST_P(StoreContract, ATunnelIsLoadedWithTheLoginOfItsAccount) {
  TunnelRecord alices = tunnel({1}, kAlice);
  alices.login = "not what is stored";
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutTunnel{alices}, PutTunnel{tunnel({2})}}),
            StoreStatus::Done);

  const auto tunnels = load().tunnels;

  ASSERT_EQ(tunnels.size(), 2u);
  EXPECT_EQ(tunnels[0].login, "alice");
  EXPECT_EQ(tunnels[1].login, "");
}

TEST_P(StoreContract, ATunnelOfTheSameIdIsReplaced) {
  ASSERT_EQ(commit({PutTunnel{tunnel({1})}, PutTunnel{tunnel({2})}}), StoreStatus::Done);
  TunnelRecord moved = tunnel({1});
  moved.path.remote.port = 62000;
  moved.confirmed = true;

  ASSERT_EQ(commit({PutTunnel{moved}}), StoreStatus::Done);

  EXPECT_EQ(load().tunnels, (std::vector{moved, tunnel({2})}));
}

TEST_P(StoreContract, ABrokerLoadsOnlyItsOwnTunnels) {
  const TunnelRecord theirs = tunnel({2}, kAnonymous, kOtherBroker);
  ASSERT_EQ(commit({PutTunnel{tunnel({1})}, PutTunnel{theirs}}), StoreStatus::Done);

  EXPECT_EQ(load(kBroker).tunnels, std::vector{tunnel({1})});
  EXPECT_EQ(load(kOtherBroker).tunnels, std::vector{theirs});
  EXPECT_TRUE(load({3}).tunnels.empty());
}

TEST_P(StoreContract, AnErasedTunnelIsNotLoaded) {
  ASSERT_EQ(commit({PutTunnel{tunnel({1})}, PutTunnel{tunnel({2})}}), StoreStatus::Done);

  ASSERT_EQ(commit({EraseTunnel{{1}, EndReason::Kicked, at_second(9)}}), StoreStatus::Done);

  EXPECT_EQ(load().tunnels, std::vector{tunnel({2})});
}

TEST_P(StoreContract, NoTunnelIsPutForAnAccountThatMayHaveNone) {
  Account disabled = account(kBob, "bob");
  disabled.enabled = false;
  ASSERT_EQ(commit({AddAccount{disabled}}), StoreStatus::Done);

  EXPECT_EQ(commit({PutTunnel{tunnel({1}, kAlice)}}), StoreStatus::Missing);
  EXPECT_EQ(commit({PutTunnel{tunnel({1}, kBob)}}), StoreStatus::Missing);

  EXPECT_TRUE(load().tunnels.empty());
}

TEST_P(StoreContract, ATunnelThatIsThereMayBePutAgainAfterItsAccountWasDisabled) {
  Account changed = account(kAlice, "alice");
  ASSERT_EQ(commit({AddAccount{changed}, PutTunnel{tunnel({1}, kAlice)}}), StoreStatus::Done);
  changed.enabled = false;
  ASSERT_EQ(commit({UpdateAccount{.account = changed, .before = account(kAlice, "alice")}}), StoreStatus::Done);
  TunnelRecord confirmed = tunnel({1}, kAlice);
  confirmed.confirmed = true;

  EXPECT_EQ(commit({PutTunnel{confirmed}}), StoreStatus::Done);

  ASSERT_EQ(load().tunnels.size(), 1u);
  EXPECT_TRUE(load().tunnels[0].confirmed);
}

TEST_P(StoreContract, TheTunnelsOfAnAccountAreEvictedFromAllOtherBrokers) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, AddAccount{account(kBob, "bob")},
                    PutTunnel{tunnel({1}, kAlice, kOtherBroker)}, PutTunnel{tunnel({2}, kAlice, {3})},
                    PutTunnel{tunnel({3}, kAlice, kBroker)}, PutTunnel{tunnel({4}, kBob, kOtherBroker)},
                    PutTunnel{tunnel({5}, kAnonymous, kOtherBroker)}}),
            StoreStatus::Done);
  EXPECT_TRUE(evicted(kOtherBroker).empty());

  ASSERT_EQ(commit({EvictTunnels{.account = kAlice, .by = kBroker, .reason = EndReason::Replaced}}), StoreStatus::Done);

  ASSERT_EQ(evicted(kOtherBroker).size(), 1u);
  TunnelRecord expected = tunnel({1}, kAlice, kOtherBroker);
  expected.login = "alice";
  expected.evicted = EndReason::Replaced;
  expected.evicted_by = kBroker;
  EXPECT_EQ(evicted(kOtherBroker)[0], expected);
  EXPECT_EQ(load(kOtherBroker).tunnels[0], expected);
  ASSERT_EQ(evicted({3}).size(), 1u);
  EXPECT_EQ(evicted({3})[0].id, TunnelId{2});
  EXPECT_TRUE(evicted(kBroker).empty());
}

TEST_P(StoreContract, AnEvictionKeepsItsFirstReasonAndEndsWithTheTunnel) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutTunnel{tunnel({1}, kAlice, kOtherBroker)},
                    EvictTunnels{.account = kAlice, .by = kBroker, .reason = EndReason::Disabled}}),
            StoreStatus::Done);
  ASSERT_EQ(commit({EvictTunnels{.account = kAlice, .by = kBroker, .reason = EndReason::Replaced}}), StoreStatus::Done);
  ASSERT_EQ(evicted(kOtherBroker).size(), 1u);
  EXPECT_EQ(evicted(kOtherBroker)[0].evicted, EndReason::Disabled);
  EXPECT_EQ(evicted(kOtherBroker)[0].evicted_by, kBroker);

  ASSERT_EQ(commit({EraseTunnel{{1}, EndReason::Disabled, at_second(9)}}), StoreStatus::Done);

  EXPECT_TRUE(evicted(kOtherBroker).empty());
}

// Its own broker repeats a commit without knowing of the eviction: nothing of the commit may be done.
TEST_P(StoreContract, WhatWasEvictedCannotBePutAgain) {
  const std::vector<StoreChange> first = {EvictTunnels{.account = kAlice, .by = kBroker, .reason = EndReason::Replaced},
                                          PutTunnel{tunnel({1}, kAlice, kBroker)}};
  const std::vector<StoreChange> second = {
      EvictTunnels{.account = kAlice, .by = kOtherBroker, .reason = EndReason::Replaced},
      PutTunnel{tunnel({2}, kAlice, kOtherBroker)}};
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}}), StoreStatus::Done);
  ASSERT_EQ(commit(first), StoreStatus::Done);
  ASSERT_EQ(commit(second), StoreStatus::Done);

  EXPECT_EQ(commit(first), StoreStatus::Taken);

  EXPECT_EQ(evicted(kBroker).size(), 1u);
  EXPECT_TRUE(evicted(kOtherBroker).empty());
}

TEST_P(StoreContract, ErasingATunnelThatIsNotThereIsDone) {
  EXPECT_EQ(commit({EraseTunnel{{1}, EndReason::Idle, at_second(9)}}), StoreStatus::Done);
}

}  // namespace
}  // namespace tsp::port
