// SPDX-License-Identifier: Apache-2.0
//
// What the store contract needs of an implementation under test, and the words its tests are written in.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <tsp/address.h>
#include <tsp/store.h>

#include "adapters/port/store.h"

namespace tsp::port {

// Where a store under test reports to. Usable as its sink from any thread.
class Completions {
 public:
  void add(StoreDone done) {
    const std::lock_guard lock(mutex_);
    if (submitting_ == std::this_thread::get_id()) from_inside_submit_ = true;
    done_.push_back(std::move(done));
    arrived_.notify_all();
  }
  // Submits, and notices a report from inside submit().
  void submit_to(Store& store, StoreOrder order) {
    mark_submitting(std::this_thread::get_id());
    store.submit(std::move(order));
    mark_submitting({});
  }
  // Waits for the first completion of `op` and takes it.
  StoreDone take(OpId op) {
    std::unique_lock lock(mutex_);
    const bool arrived = arrived_.wait_for(lock, std::chrono::seconds(60), [&] { return find(op) != done_.end(); });
    if (!arrived) {
      ADD_FAILURE() << "no completion of order " << op.value;
      return {.op = op, .status = StoreStatus::Unknown, .detail = "no completion"};
    }
    StoreDone done = std::move(*find(op));
    done_.erase(find(op));
    return done;
  }
  bool has(OpId op) {
    const std::lock_guard lock(mutex_);
    return find(op) != done_.end();
  }
  // Those not taken.
  std::size_t left() {
    const std::lock_guard lock(mutex_);
    return done_.size();
  }
  bool any_from_inside_submit() {
    const std::lock_guard lock(mutex_);
    return from_inside_submit_;
  }

 private:
  std::vector<StoreDone>::iterator find(OpId op) { return std::ranges::find(done_, op, &StoreDone::op); }
  void mark_submitting(std::thread::id thread) {
    const std::lock_guard lock(mutex_);
    submitting_ = thread;
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<StoreDone> done_;
  std::thread::id submitting_;
  bool from_inside_submit_ = false;
};

class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  // Begins with an empty store.
  virtual Store& store() = 0;
  virtual Completions& completions() = 0;
  // Waits for the completion of an order that was submitted.
  virtual StoreDone wait(OpId op) = 0;
  // Closes the store and opens it again.
  virtual void reopen() = 0;
  // Opens the store as it would be found if its process had been killed at this moment.
  virtual void crash() = 0;
};

using MakeStoreHarness = std::unique_ptr<StoreHarness> (*)();

inline IPv6Address address(const char* text) {
  return parse_ipv6(text).value();
}
inline IPv6Prefix prefix(const char* text) {
  return parse_prefix(text).value();
}
inline IPv6Prefix host(const char* text) {
  return host_prefix(address(text));
}
inline WallTime at_second(std::int64_t second) {
  return {std::chrono::seconds(second)};
}

inline Claim held(const IPv6Prefix& prefix, AccountId owner, BrokerId broker = {1}) {
  return {.prefix = prefix, .owner = owner, .state = ClaimState::Held, .until = {}, .broker = broker};
}
inline Claim offered(const IPv6Prefix& prefix, AccountId owner, BrokerId broker = {1}) {
  return {.prefix = prefix, .owner = owner, .state = ClaimState::Offered, .until = {}, .broker = broker};
}
inline Claim quarantined(const IPv6Prefix& prefix, WallTime until, BrokerId broker = {1}) {
  return {.prefix = prefix, .owner = kAnonymous, .state = ClaimState::Quarantined, .until = until, .broker = broker};
}

// By an account that may take it back.
inline Claim given_up(const IPv6Prefix& prefix, AccountId owner, WallTime until, BrokerId broker = {1}) {
  return {.prefix = prefix, .owner = owner, .state = ClaimState::Quarantined, .until = until, .broker = broker};
}

class StoreContract : public testing::TestWithParam<MakeStoreHarness> {
 protected:
  static constexpr AccountId kAlice{11};
  static constexpr AccountId kBob{22};
  static constexpr BrokerId kBroker{1};
  static constexpr BrokerId kOtherBroker{2};

  void TearDown() override {
    EXPECT_EQ(harness_->completions().left(), 0u) << "an order was reported more than once";
    EXPECT_FALSE(harness_->completions().any_from_inside_submit());
  }

  OpId next_op() { return {++last_op_}; }
  void submit(StoreOrder order) { harness_->completions().submit_to(harness_->store(), std::move(order)); }
  StoreDone wait(OpId op) { return harness_->wait(op); }

  OpId submit_commit(std::vector<StoreChange> changes) {
    const OpId op = next_op();
    submit(CommitChanges{op, std::move(changes)});
    return op;
  }
  StoreStatus commit(std::vector<StoreChange> changes) { return wait(submit_commit(std::move(changes))).status; }
  StoreStatus put(const Claim& claim) { return commit({PutClaim{claim}}); }
  StoreStatus withdraw(const IPv6Prefix& prefix, BrokerId broker = kBroker) {
    return commit({WithdrawClaim{prefix, broker}});
  }
  StoreStatus end_quarantine(const IPv6Prefix& prefix, WallTime now) { return commit({EndQuarantine{prefix, now}}); }

  // The answer to a question, which must be complete.
  template <class Order>
  StoreDone read(Order order) {
    order.op = next_op();
    submit(order);
    StoreDone done = wait(order.op);
    EXPECT_EQ(done.status, StoreStatus::Done) << done.detail;
    EXPECT_EQ(done.detail, "");
    return done;
  }
  std::optional<AccountRecord> find(const std::string& login) {
    const OpId op = next_op();
    submit(FindAccount{op, login});
    StoreDone done = wait(op);
    EXPECT_EQ(done.status, StoreStatus::Done) << done.detail;
    EXPECT_LE(done.accounts.size(), 1u);
    if (done.accounts.empty()) return std::nullopt;
    return done.accounts.front();
  }
  std::vector<AccountRecord> list(const std::string& after, std::uint32_t limit) {
    const OpId op = next_op();
    submit(ListAccounts{op, after, limit});
    StoreDone done = wait(op);
    EXPECT_EQ(done.status, StoreStatus::Done) << done.detail;
    return done.accounts;
  }
  StoreSnapshot load(BrokerId broker = kBroker) {
    StoreDone done = read(LoadStore{.op = {}, .broker = broker});
    std::ranges::sort(done.snapshot.claims, {}, &Claim::prefix);
    std::ranges::sort(done.snapshot.tunnels, {}, &TunnelRecord::id);
    return done.snapshot;
  }
  std::vector<Claim> claims() { return load().claims; }
  std::vector<BrokerRecord> brokers() {
    const OpId op = next_op();
    submit(FindEvicted{op, kBroker});
    return wait(op).snapshot.brokers;
  }
  std::vector<TunnelRecord> tunnels_of(AccountId account) {
    const OpId op = next_op();
    submit(FindTunnels{op, account});
    StoreDone done = wait(op);
    EXPECT_EQ(done.status, StoreStatus::Done) << done.detail;
    std::ranges::sort(done.snapshot.tunnels, {}, &TunnelRecord::id);
    return done.snapshot.tunnels;
  }
  std::vector<TunnelRecord> evicted(BrokerId broker = kBroker) {
    const OpId op = next_op();
    submit(FindEvicted{op, broker});
    StoreDone done = wait(op);
    EXPECT_EQ(done.status, StoreStatus::Done) << done.detail;
    std::ranges::sort(done.snapshot.tunnels, {}, &TunnelRecord::id);
    return done.snapshot.tunnels;
  }

  static Account account(AccountId id, std::string login) {
    return {.id = id,
            .login = std::move(login),
            .verifier = {0x00, 0x01, 0x7F, 0x80, 0xFF, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
            .enabled = true,
            .prefix_limits = std::nullopt,
            .server_address = std::nullopt,
            .update_key = std::nullopt,
            .created = {std::chrono::nanoseconds(1'764'000'000'123'456'789)}};
  }
  static TunnelRecord tunnel(TunnelId id, AccountId owner = kAnonymous, BrokerId broker = kBroker) {
    return {.id = id,
            .account = owner,
            .login = "",
            .broker = broker,
            .type = TunnelType::V6UdpV4,
            .path = {make_endpoint({{192, 0, 2, 7}}, 61000), make_endpoint({{198, 51, 100, 1}}, 3653)},
            .inner = address("2001:db8::7"),
            .delegated = std::nullopt,
            .server_address = address("2001:db8::1"),
            .mtu = 1280,
            .keepalive_seconds = 25,
            .confirmed = false,
            .created = {std::chrono::nanoseconds(1'764'000'000'000'000'001)}};
  }

  std::unique_ptr<StoreHarness> harness_ = GetParam()();

 private:
  std::uint64_t last_op_ = 0;
};

}  // namespace tsp::port
