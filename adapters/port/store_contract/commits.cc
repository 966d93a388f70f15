// SPDX-License-Identifier: Apache-2.0
//
// Commits: all or none, in order, durable, harmless to repeat.
#include <vector>

#include "adapters/port/store_contract/store_contract.h"

namespace tsp::port {
namespace {

TEST_P(StoreContract, AnEmptyCommitIsDone) {
  EXPECT_EQ(commit({}), StoreStatus::Done);
}

TEST_P(StoreContract, AProbeOfAHealthyStoreIsDone) {
  const OpId op = next_op();

  submit(ProbeStore{op});

  EXPECT_EQ(wait(op).status, StoreStatus::Done);
}

TEST_P(StoreContract, ARefusedChangeInTheMiddleChangesNothing) {
  const IPv6Prefix theirs = prefix("2001:db8:1:100::/56");
  Account changed = account(kBob, "bob");
  changed.enabled = false;
  ASSERT_EQ(commit({AddAccount{account(kBob, "bob")}, PutClaim{held(theirs, kBob)}, PutTunnel{tunnel({1})},
                    PutClaim{held(host("2001:db8::9"), kBob)}}),
            StoreStatus::Done);
  const StoreSnapshot before = load();

  EXPECT_EQ(
      commit({AddAccount{account(kAlice, "alice")}, UpdateAccount{changed, account(kBob, "bob")},
              PutClaim{held(host("2001:db8::5"), kAlice)}, PutClaim{quarantined(host("2001:db8::9"), at_second(9))},
              EraseTunnel{{1}, EndReason::Kicked, at_second(9)}, PutTunnel{tunnel({2})}, PutClaim{held(theirs, kAlice)},
              EraseTunnel{{2}, EndReason::Kicked, at_second(9)}}),
      StoreStatus::Taken);

  EXPECT_EQ(find("alice"), std::nullopt);
  EXPECT_EQ(find("bob")->account, account(kBob, "bob"));
  EXPECT_EQ(load().claims, before.claims);
  EXPECT_EQ(load().tunnels, before.tunnels);
}

TEST_P(StoreContract, AMissingAccountInTheMiddleChangesNothing) {
  EXPECT_EQ(commit({PutClaim{held(host("2001:db8::5"), kAnonymous)},
                    UpdateAccount{account(kAlice, "alice"), account(kAlice, "alice")}, PutTunnel{tunnel({1})}}),
            StoreStatus::Missing);

  EXPECT_TRUE(load().claims.empty());
  EXPECT_TRUE(load().tunnels.empty());
}

TEST_P(StoreContract, ARefusedDeletionRestoresTheAccountAndItsClaims) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutClaim{held(host("2001:db8::5"), kAlice)}}),
            StoreStatus::Done);

  EXPECT_EQ(commit({DeleteAccount{kAlice}, DeleteAccount{kBob}}), StoreStatus::Missing);

  ASSERT_TRUE(find("alice"));
  EXPECT_EQ(find("alice")->address, held(host("2001:db8::5"), kAlice));
}

TEST_P(StoreContract, ChangesOfACommitSeeTheOnesBeforeThem) {
  ASSERT_EQ(put(offered(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(commit({WithdrawClaim{prefix("2001:db8:1:100::/56"), kBroker},
                    PutClaim{held(prefix("2001:db8:1:100::/56"), kBob)}}),
            StoreStatus::Done);
  EXPECT_EQ(commit({PutClaim{held(host("2001:db8::5"), kAlice)}, PutClaim{held(host("2001:db8::5"), kBob)}}),
            StoreStatus::Taken);

  EXPECT_EQ(claims(), std::vector{held(prefix("2001:db8:1:100::/56"), kBob)});
}

TEST_P(StoreContract, ARepeatedCommitIsHarmless) {
  const std::vector<StoreChange> first = {AddAccount{account(kAlice, "alice")}, PutTunnel{tunnel({1}, kAlice)},
                                          PutClaim{offered(host("2001:db8::5"), kAlice)},
                                          PutClaim{offered(host("2001:db8::6"), kAnonymous)}};
  const std::vector<StoreChange> second = {
      UpdateAccount{account(kAlice, "alice"), account(kAlice, "alice")}, WithdrawClaim{host("2001:db8::5"), kBroker},
      PutClaim{quarantined(host("2001:db8::6"), at_second(9))}, EraseTunnel{{1}, EndReason::Deleted, at_second(9)}};
  ASSERT_EQ(commit(first), StoreStatus::Done);
  const StoreSnapshot after_first = load();

  EXPECT_EQ(commit(first), StoreStatus::Done);
  EXPECT_EQ(load().claims, after_first.claims);
  EXPECT_EQ(load().tunnels, after_first.tunnels);

  ASSERT_EQ(commit(second), StoreStatus::Done);
  const StoreSnapshot after_second = load();
  EXPECT_EQ(commit(second), StoreStatus::Done);
  EXPECT_EQ(load().claims, after_second.claims);
  EXPECT_EQ(load().tunnels, after_second.tunnels);
}

TEST_P(StoreContract, CommitsTakeEffectInTheOrderOfTheirSubmission) {
  std::vector<OpId> ops;
  for (std::uint16_t mtu = 1280; mtu < 1300; ++mtu) {
    TunnelRecord changed = tunnel({1});
    changed.mtu = mtu;
    ops.push_back(submit_commit({PutTunnel{changed}}));
  }

  for (const OpId op : ops) EXPECT_EQ(wait(op).status, StoreStatus::Done);

  EXPECT_EQ(load().tunnels.at(0).mtu, 1299);
}

TEST_P(StoreContract, TheFirstOfTwoCommitsForOnePrefixWins) {
  const OpId first = submit_commit({PutClaim{held(host("2001:db8::5"), kAlice)}});
  const OpId second = submit_commit({PutClaim{held(host("2001:db8::5"), kBob)}});

  EXPECT_EQ(wait(first).status, StoreStatus::Done);
  EXPECT_EQ(wait(second).status, StoreStatus::Taken);

  EXPECT_EQ(claims(), std::vector{held(host("2001:db8::5"), kAlice)});
}

TEST_P(StoreContract, ARefusedCommitDoesNotDisturbItsNeighbours) {
  std::vector<OpId> good;
  std::vector<OpId> refused;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    good.push_back(submit_commit({PutTunnel{tunnel({i})}}));
    refused.push_back(submit_commit({PutTunnel{tunnel({100 + i})}, DeleteAccount{kAlice}}));
  }

  for (const OpId op : good) EXPECT_EQ(wait(op).status, StoreStatus::Done);
  for (const OpId op : refused) EXPECT_EQ(wait(op).status, StoreStatus::Missing);

  const auto tunnels = load().tunnels;
  ASSERT_EQ(tunnels.size(), 20u);
  EXPECT_EQ(tunnels.back().id, TunnelId{20});
}

TEST_P(StoreContract, ARefusalSaysWhy) {
  ASSERT_EQ(put(held(prefix("2001:db8:1::/48"), kAlice)), StoreStatus::Done);

  const StoreDone done = wait(submit_commit({PutClaim{held(prefix("2001:db8:1:100::/56"), kBob)}}));

  EXPECT_NE(done.detail.find("2001:db8:1:100::/56"), std::string::npos) << done.detail;
  EXPECT_NE(done.detail.find("2001:db8:1::/48"), std::string::npos) << done.detail;
}

TEST_P(StoreContract, AReadSubmittedAfterDoneSeesTheCommit) {
  for (std::uint64_t i = 1; i <= 50; ++i) {
    const std::string login = "login-" + std::to_string(i);
    ASSERT_EQ(commit({AddAccount{account({i}, login)}}), StoreStatus::Done);
    EXPECT_TRUE(find(login)) << login;
  }
}

TEST_P(StoreContract, WhatWasDoneIsThereAfterReopening) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutClaim{held(host("2001:db8::5"), kAlice)},
                    PutTunnel{tunnel({1})}}),
            StoreStatus::Done);
  const auto found = find("alice");

  harness_->reopen();

  EXPECT_EQ(find("alice"), found);
  EXPECT_EQ(claims(), std::vector{held(host("2001:db8::5"), kAlice)});
  EXPECT_EQ(load().tunnels, std::vector{tunnel({1})});
}

TEST_P(StoreContract, WhatWasDoneIsThereAfterACrash) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutClaim{held(host("2001:db8::5"), kAlice)},
                    PutTunnel{tunnel({1})}}),
            StoreStatus::Done);
  const auto found = find("alice");

  harness_->crash();

  EXPECT_EQ(find("alice"), found);
  EXPECT_EQ(claims(), std::vector{held(host("2001:db8::5"), kAlice)});
  EXPECT_EQ(load().tunnels, std::vector{tunnel({1})});
  EXPECT_EQ(put(held(host("2001:db8::5"), kBob)), StoreStatus::Taken);
}

}  // namespace
}  // namespace tsp::port
