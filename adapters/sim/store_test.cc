// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/store.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/port/store_contract/store_contract.h"

namespace tsp::sim {
namespace store_test {

using port::at_second;
using port::held;
using port::host;
using port::prefix;

class SimStoreHarness final : public port::StoreHarness {
 public:
  port::Store& store() override { return *store_; }
  port::Completions& completions() override { return completions_; }
  StoreDone wait(OpId op) override {
    while (!completions_.has(op) && store_->step()) contents_.check_invariants();
    return completions_.take(op);
  }
  void reopen() override { store_ = make_store(); }
  void crash() override { store_ = make_store(); }

 private:
  std::unique_ptr<SimStore> make_store() {
    return std::make_unique<SimStore>(contents_, [this](StoreDone done) { completions_.add(std::move(done)); });
  }

  StoreContents contents_;
  port::Completions completions_;
  std::unique_ptr<SimStore> store_ = make_store();
};

std::unique_ptr<port::StoreHarness> make_harness() {
  return std::make_unique<SimStoreHarness>();
}

class SimStoreTest : public testing::Test {
 protected:
  static CommitChanges claim_order(OpId op, const char* address, AccountId owner = {1}) {
    return {op, {PutClaim{held(host(address), owner)}}};
  }
  StoreStatus status_of(StoreOrder order) {
    store_.submit(std::move(order));
    while (store_.step()) {
    }
    return reported_.back().status;
  }
  std::vector<OpId> reported_ops() const {
    std::vector<OpId> ops;
    for (const StoreDone& done : reported_) ops.push_back(done.op);
    return ops;
  }

  StoreContents contents_;
  std::vector<StoreDone> reported_;
  SimStore store_{contents_, [this](StoreDone done) { reported_.push_back(std::move(done)); }};
};

TEST_F(SimStoreTest, NothingHappensUntilTheWorldAsks) {
  store_.submit(claim_order({1}, "2001:db8::1"));

  EXPECT_TRUE(reported_.empty());
  EXPECT_TRUE(contents_.claims().empty());
  EXPECT_EQ(store_.waiting(), std::vector{OpId{1}});
}

TEST_F(SimStoreTest, ReportsComeInTheOrderTheWorldChooses) {
  store_.submit(claim_order({1}, "2001:db8::1", {1}));
  store_.submit(claim_order({2}, "2001:db8::1", {2}));
  store_.submit(FindAccount{{3}, "alice"});

  EXPECT_TRUE(store_.report({3}));
  EXPECT_TRUE(store_.report({2}));
  EXPECT_TRUE(store_.report({1}));

  EXPECT_EQ(reported_ops(), (std::vector{OpId{3}, OpId{2}, OpId{1}}));
  EXPECT_EQ(reported_[1].status, StoreStatus::Taken) << "commits are carried out in the order of their submission";
  EXPECT_EQ(reported_[2].status, StoreStatus::Done);
  EXPECT_FALSE(store_.report({1}));
  EXPECT_FALSE(store_.step());
}

TEST_F(SimStoreTest, AReadDoesNotCarryOutEarlierCommits) {
  store_.submit(claim_order({1}, "2001:db8::1"));
  store_.submit(LoadStore{{2}, {1}});

  store_.report({2});

  EXPECT_TRUE(reported_.at(0).snapshot.claims.empty());
}

TEST_F(SimStoreTest, ACrashBetweenExecutionAndReportKeepsTheCommit) {
  auto store = std::make_unique<SimStore>(contents_, [](StoreDone) { FAIL() << "reported after a crash"; });
  store->submit(claim_order({1}, "2001:db8::1"));
  store->submit(claim_order({2}, "2001:db8::2", {2}));
  store->execute({1});

  store.reset();

  ASSERT_EQ(contents_.claims().size(), 1u);
  EXPECT_TRUE(contents_.claims().contains(host("2001:db8::1")));
}

TEST_F(SimStoreTest, AnUnavailableStoreRefusesEverything) {
  store_.inject(StoreFault::Unavailable);

  EXPECT_EQ(status_of(claim_order({1}, "2001:db8::1")), StoreStatus::Unavailable);
  EXPECT_EQ(status_of(FindAccount{{2}, "alice"}), StoreStatus::Unavailable);
  EXPECT_EQ(status_of(ListAccounts{{3}, "", 10}), StoreStatus::Unavailable);
  EXPECT_EQ(status_of(LoadStore{{4}, {1}}), StoreStatus::Unavailable);
  EXPECT_EQ(status_of(ProbeStore{{5}}), StoreStatus::Unavailable);
  EXPECT_TRUE(contents_.claims().empty());

  store_.inject(StoreFault::None);
  EXPECT_EQ(status_of(ProbeStore{{6}}), StoreStatus::Done);
}

TEST_F(SimStoreTest, AReadOnlyStoreReads) {
  store_.inject(StoreFault::ReadOnly);

  EXPECT_EQ(status_of(claim_order({1}, "2001:db8::1")), StoreStatus::Unavailable);
  EXPECT_EQ(status_of(ProbeStore{{2}}), StoreStatus::Unavailable);
  EXPECT_EQ(status_of(LoadStore{{3}, {1}}), StoreStatus::Done);
  EXPECT_TRUE(contents_.claims().empty());
}

TEST_F(SimStoreTest, AnUnknownOutcomeIsEitherDoneOrNot) {
  store_.inject(StoreFault::LostBeforeDone, 1);
  EXPECT_EQ(status_of(claim_order({1}, "2001:db8::1")), StoreStatus::Unknown);
  EXPECT_TRUE(contents_.claims().empty());

  store_.inject(StoreFault::LostAfterDone, 1);
  EXPECT_EQ(status_of(claim_order({2}, "2001:db8::1")), StoreStatus::Unknown);
  EXPECT_EQ(contents_.claims().size(), 1u);
}

TEST_F(SimStoreTest, AFaultLastsForTheOrdersItWasInjectedFor) {
  store_.inject(StoreFault::Unavailable, 2);

  EXPECT_EQ(status_of(ProbeStore{{1}}), StoreStatus::Unavailable);
  EXPECT_EQ(status_of(ProbeStore{{2}}), StoreStatus::Unavailable);
  EXPECT_EQ(status_of(ProbeStore{{3}}), StoreStatus::Done);
}

TEST_F(SimStoreTest, AStalledStoreAnswersOnceItMovesAgain) {
  store_.submit(claim_order({1}, "2001:db8::1"));
  store_.inject(StoreFault::Stalled);
  EXPECT_FALSE(store_.step());
  EXPECT_FALSE(store_.execute({1}));

  store_.inject(StoreFault::None);

  EXPECT_TRUE(store_.step());
  EXPECT_EQ(reported_.at(0).status, StoreStatus::Done);
}

TEST_F(SimStoreTest, TheSinkMaySubmit) {
  std::vector<OpId> reported;
  SimStore* self = nullptr;
  SimStore store(contents_, [&](StoreDone done) {
    reported.push_back(done.op);
    if (done.op == OpId{1}) self->submit(ProbeStore{{2}});
  });
  self = &store;
  store.submit(ProbeStore{{1}});

  while (store.step()) {
  }

  EXPECT_EQ(reported, (std::vector{OpId{1}, OpId{2}}));
}

TEST_F(SimStoreTest, AnEndedTunnelLeavesAHistoryEntryOnce) {
  TunnelRecord tunnel;
  tunnel.id = {7};
  const EraseTunnel erase{{7}, EndReason::Kicked, at_second(9)};
  ASSERT_EQ(contents_.commit({PutTunnel{tunnel}}).status, StoreStatus::Done);

  ASSERT_EQ(contents_.commit({erase}).status, StoreStatus::Done);
  ASSERT_EQ(contents_.commit({erase}).status, StoreStatus::Done);

  ASSERT_EQ(contents_.history().size(), 1u);
  EXPECT_EQ(contents_.history()[0].tunnel, tunnel);
  EXPECT_EQ(contents_.history()[0].reason, EndReason::Kicked);
  EXPECT_EQ(contents_.history()[0].ended, at_second(9));
}

TEST_F(SimStoreTest, TheHashFollowsTheContentsAlone) {
  const auto hash = [](const StoreContents& contents) {
    StateHash state;
    contents.add_to(state);
    return state.value();
  };
  StoreContents one;
  StoreContents other;
  one.commit({PutClaim{held(host("2001:db8::1"), {1})}, PutClaim{held(prefix("2001:db8:1::/48"), {2})}});
  other.commit({PutClaim{held(prefix("2001:db8:1::/48"), {2})}, PutClaim{held(host("2001:db8::1"), {1})}});
  EXPECT_EQ(hash(one), hash(other));

  other.commit({PutClaim{held(prefix("2001:db8:1::/48"), {2}, {9})}});
  EXPECT_NE(hash(one), hash(other));
}

}  // namespace store_test
}  // namespace tsp::sim

namespace tsp::port {
INSTANTIATE_TEST_SUITE_P(Sim, StoreContract, testing::Values(&sim::store_test::make_harness));
INSTANTIATE_TEST_SUITE_P(Sim, AccessContract, testing::Values(&sim::store_test::make_harness));
INSTANTIATE_TEST_SUITE_P(Sim, LookupsContract, testing::Values(&sim::store_test::make_harness));
}  // namespace tsp::port
