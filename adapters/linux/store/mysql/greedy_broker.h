// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/linux/store/mysql/test_support.h"
#include "core/base/random.h"

namespace tsp::linux_::mysql {

// One broker, which takes and gives back prefixes of a space so small that the others want the same ones all the time,
// and remembers what it was told it has.
class GreedyBroker {
 public:
  GreedyBroker(const TestServer& server, const std::string& database, std::uint32_t id)
      : store_(options_for(server, database, {id})), random_(Seed{static_cast<std::uint8_t>(id)}), id_(id) {
    store_.open();
  }

  void run(int commits) {
    for (int i = 0; i < commits; ++i) {
      if (random_.below(3) == 0 && !has_.empty()) {
        give_back();
      } else {
        take();
      }
    }
  }

  [[nodiscard]] const std::map<IPv6Prefix, AccountId>& has() const { return has_; }
  [[nodiscard]] int refused() const { return refused_; }
  TestStore& store() { return store_; }

 private:
  void take() {
    const AccountId owner{id_ * 100 + random_.below(6)};
    const IPv6Prefix wanted = any_prefix();
    const StoreDone done = store_.commit({PutClaim{port::offered(wanted, owner, {id_})}});
    ASSERT_TRUE(done.status == StoreStatus::Done || done.status == StoreStatus::Taken) << done.detail;
    if (done.status == StoreStatus::Done) has_[wanted] = owner;
    if (done.status == StoreStatus::Taken) ++refused_;
  }
  void give_back() {
    auto one = has_.begin();
    std::advance(one, static_cast<std::ptrdiff_t>(random_.below(has_.size())));
    ASSERT_EQ(store_.commit({WithdrawClaim{one->first, {id_}}}).status, StoreStatus::Done);
    has_.erase(one);
  }
  IPv6Prefix any_prefix() {
    constexpr std::array<unsigned, 4> kLengths = {48, 52, 56, 128};
    IPv6Address base = port::address("2001:db8::");
    base.octets[5] = static_cast<std::uint8_t>(random_.below(4));
    base.octets[6] = static_cast<std::uint8_t>(random_.below(4) << 4);
    return make_prefix(base, kLengths[random_.below(kLengths.size())]);
  }

  TestStore store_;
  Random random_;
  std::uint32_t id_;
  std::map<IPv6Prefix, AccountId> has_;
  int refused_ = 0;
};

inline bool overlap(const IPv6Prefix& a, const IPv6Prefix& b) {
  const unsigned length = std::min(a.length, b.length);
  return make_prefix(a.base, length) == make_prefix(b.base, length);
}

using GreedyBrokers = std::vector<std::unique_ptr<GreedyBroker>>;

inline void run_together(const GreedyBrokers& brokers, int commits) {
  std::vector<std::jthread> threads;
  for (const auto& broker : brokers) threads.emplace_back([&broker, commits] { broker->run(commits); });
}

// That each finds in the store what all were told they have, and nothing else, and that nobody has what another has.
inline void expect_agreement(const GreedyBrokers& brokers) {
  std::map<IPv6Prefix, AccountId> remembered;
  for (const auto& broker : brokers) {
    remembered.insert(broker->has().begin(), broker->has().end());
    EXPECT_GT(broker->refused(), 0) << "nobody was in the way";
  }
  for (const auto& broker : brokers) {
    std::map<IPv6Prefix, AccountId> stored;
    for (const Claim& claim : broker->store().load().snapshot.claims) stored[claim.prefix] = claim.owner;
    EXPECT_EQ(stored, remembered);
  }
  for (const auto& [a, owner] : remembered) {
    for (const auto& [b, other] : remembered) {
      EXPECT_TRUE(owner == other || !overlap(a, b)) << to_text(a) << " and " << to_text(b);
    }
  }
}

}  // namespace tsp::linux_::mysql
