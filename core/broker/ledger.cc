// SPDX-License-Identifier: Apache-2.0
#include "core/broker/ledger.h"

#include <utility>
#include <variant>

#include "core/base/assert.h"

namespace tsp::broker {

OpId Ledger::begin(StoreOrder order, StoreContinuation then, std::optional<Instant> give_up) {
  const OpId op{++last_op_};
  std::visit([op](auto& known) { known.op = op; }, order);
  store_.emplace(op, StoreEntry{.order = std::move(order), .then = std::move(then), .give_up = give_up});
  if (give_up) give_up_.set(op, *give_up);
  return op;
}

OpId Ledger::begin(DatapathContinuation then) {
  const OpId op{++last_op_};
  datapath_.emplace(op, std::move(then));
  return op;
}

const StoreOrder& Ledger::order(OpId op) const {
  return store_.at(op).order;
}

StoreContinuation Ledger::finish_store(OpId op) {
  const auto entry = store_.find(op);
  TSP_ASSERT(entry != store_.end());
  StoreContinuation then = std::move(entry->second.then);
  store_.erase(entry);
  give_up_.clear(op);
  return then;
}

DatapathContinuation Ledger::finish_datapath(OpId op) {
  const auto entry = datapath_.find(op);
  TSP_ASSERT(entry != datapath_.end());
  DatapathContinuation then = std::move(entry->second);
  datapath_.erase(entry);
  return then;
}

void Ledger::park(OpId op) {
  const auto entry = store_.find(op);
  TSP_ASSERT(entry != store_.end());
  if (entry->second.then) {
    entry->second.parked = true;
  } else {
    store_.erase(entry);  // given up meanwhile
  }
}

std::vector<OpId> Ledger::unpark() {
  std::vector<StoreEntry> parked;
  for (auto entry = store_.begin(); entry != store_.end();) {
    if (entry->second.parked) {
      give_up_.clear(entry->first);
      parked.push_back(std::move(entry->second));
      entry = store_.erase(entry);
    } else {
      ++entry;
    }
  }
  std::vector<OpId> again;
  for (StoreEntry& entry : parked) {
    again.push_back(begin(std::move(entry.order), std::move(entry.then), entry.give_up));
  }
  return again;
}

std::optional<StoreContinuation> Ledger::take_given_up(Instant now) {
  const auto op = give_up_.take_due(now);
  if (!op) return std::nullopt;
  const auto entry = store_.find(*op);
  TSP_ASSERT(entry != store_.end());
  StoreContinuation then = std::exchange(entry->second.then, nullptr);
  if (entry->second.parked) store_.erase(entry);  // else its completion is still to come
  return then;
}

void Ledger::add_to(StateHash& hash) const {
  hash.add(last_op_).add(store_.size()).add(datapath_.size());
  for (const auto& [op, entry] : store_) hash.add(op.value).add(entry.order.index()).add(entry.parked);
  for (const auto& [op, then] : datapath_) hash.add(op.value);
}

}  // namespace tsp::broker
