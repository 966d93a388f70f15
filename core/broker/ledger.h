// SPDX-License-Identifier: Apache-2.0
//
// Every order that is not completed, and what follows its completion.
//
// Commits that touch the same claim, tunnel or account are submitted one after the other, each when the one before is
// certain. So a commit that is repeated because its outcome is unknown never undoes a later one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
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
  // With `give_up`: if the order is not completed by then, `then` is told Unavailable, and what comes later is
  // ignored. Without: the order is repeated until it is done or refused.
  void begin(StoreOrder order, StoreContinuation then, std::optional<Instant> give_up);
  OpId begin(DatapathContinuation then);

  // For an order that is kept elsewhere.
  [[nodiscard]] OpId fresh_op() { return OpId{++last_op_}; }

  // The next order to be submitted, with a fresh id in it; none if all are under way or wait for others.
  [[nodiscard]] std::optional<StoreOrder> take_ready();

  // The order under way with that id; null if there is none.
  [[nodiscard]] const StoreOrder* find_store(OpId op) const;
  // Takes the entry out and returns its continuation; empty if it was given up.
  [[nodiscard]] StoreContinuation finish_store(OpId op);
  // Empty if there is none.
  [[nodiscard]] DatapathContinuation finish_datapath(OpId op);
  // The store is away: the order is kept until retry_parked(), and then is ready again.
  void park(OpId op);
  void retry_parked();

  [[nodiscard]] std::optional<Instant> next_give_up() const { return give_up_.next(); }
  // The continuation of an order whose time is over.
  [[nodiscard]] std::optional<StoreContinuation> take_given_up(Instant now);

  [[nodiscard]] std::size_t size() const { return entries_.size() + datapath_.size(); }
  // Of these, the orders whose completion is still to come.
  [[nodiscard]] std::size_t in_flight() const { return under_way_.size() + datapath_.size(); }
  void add_to(StateHash& hash) const;

 private:
  using Ticket = std::uint64_t;  // stays the same when an order is submitted again
  using Key = std::variant<IPv6Prefix, TunnelId, AccountId, BrokerId, ApiTokenId, std::string, AuditPlace>;
  enum class State : std::uint8_t { Waiting, UnderWay, Parked };
  struct Entry {
    StoreOrder order;
    StoreContinuation then;
    State state = State::Waiting;
    OpId op{};
    std::vector<Key> keys{};
  };
  using Entries = std::map<Ticket, Entry>;

  [[nodiscard]] static std::vector<Key> keys_of(const StoreOrder& order);
  [[nodiscard]] bool first_in_line(Ticket ticket, const Entry& entry) const;
  void erase(Entries::iterator entry);

  Ticket last_ticket_ = 0;
  std::uint64_t last_op_ = 0;
  Entries entries_;
  std::set<Ticket> ready_;
  std::map<OpId, Ticket> under_way_;
  std::map<Key, std::deque<Ticket>> lines_;
  std::map<OpId, DatapathContinuation> datapath_;
  Deadlines<Ticket> give_up_;
};

}  // namespace tsp::broker
