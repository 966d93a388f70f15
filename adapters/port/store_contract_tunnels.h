// SPDX-License-Identifier: Apache-2.0
//
// Live tunnels: what a broker finds again. Included by store_contract.h.
#pragma once

#include <vector>

#include "adapters/port/store_harness.h"

namespace tsp::port {

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

TEST_P(StoreContract, ErasingATunnelThatIsNotThereIsDone) {
  EXPECT_EQ(commit({EraseTunnel{{1}, EndReason::Idle, at_second(9)}}), StoreStatus::Done);
}

}  // namespace tsp::port
