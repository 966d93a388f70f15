// SPDX-License-Identifier: Apache-2.0
//
// Every order in flight, and what follows its completion.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <tsp/datapath.h>
#include <tsp/store.h>
#include <tsp/time.h>

#include "core/base/deadlines.h"
#include "core/base/state_hash.h"

namespace tsp::broker {

using StoreContinuation = std::function<void(const StoreDone&)>;
using DatapathContinuation = std::function<void(const DatapathDone&)>;

class Ledger {
 public:
  // With `give_up`: if the store has not answered by then, `then` is told Unavailable, and what comes later is
  // ignored. Without: the order is repeated until it is done or refused.
  OpId begin(StoreOrder order, StoreContinuation then, std::optional<Instant> give_up);
  OpId begin(DatapathContinuation then);

  // The order as it is to be submitted, with its id in it.
  [[nodiscard]] const StoreOrder& order(OpId op) const;

  // Takes the entry out and returns its continuation; empty if it was given up.
  [[nodiscard]] StoreContinuation finish_store(OpId op);
  [[nodiscard]] DatapathContinuation finish_datapath(OpId op);
  // The store is away: keep the order to be submitted again.
  void park(OpId op);
  // Gives every parked order a new id, in the order of their first submission.
  [[nodiscard]] std::vector<OpId> unpark();

  [[nodiscard]] std::optional<Instant> next_give_up() const { return give_up_.next(); }
  // The continuation of an order whose time is over.
  [[nodiscard]] std::optional<StoreContinuation> take_given_up(Instant now);

  [[nodiscard]] std::size_t size() const { return store_.size() + datapath_.size(); }
  [[nodiscard]] bool is_store(OpId op) const { return store_.contains(op); }
  [[nodiscard]] bool is_datapath(OpId op) const { return datapath_.contains(op); }
  void add_to(StateHash& hash) const;

 private:
  struct StoreEntry {
    StoreOrder order;
    StoreContinuation then;
    std::optional<Instant> give_up;
    bool parked = false;
  };

  std::uint64_t last_op_ = 0;
  std::map<OpId, StoreEntry> store_;
  std::map<OpId, DatapathContinuation> datapath_;
  Deadlines<OpId> give_up_;
};

}  // namespace tsp::broker
