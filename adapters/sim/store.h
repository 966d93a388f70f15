// SPDX-License-Identifier: Apache-2.0
//
// A store in the simulated world. Nothing happens by itself: the world decides when an order is carried out and when
// its completion arrives, and so chooses latency and order, and where a crash falls between the two.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

#include <tsp/store.h>

#include "adapters/port/store.h"
#include "adapters/sim/store_contents.h"

namespace tsp::sim {

enum class StoreFault : std::uint8_t {
  None,
  Unavailable,     // nothing works
  ReadOnly,        // reads work
  Stalled,         // nothing is carried out or reported until the fault is gone
  LostBeforeDone,  // commits are not carried out and end in Unknown; reads work
  LostAfterDone,   // commits are carried out and end in Unknown; reads work
  Deadlocked,      // commits are not carried out and end in Unavailable, though the store is well: reads, probes work
  Disconnected,    // nothing can be read; every other commit is carried out, and all end in Unknown
};

class SimStore final : public port::Store {
 public:
  static constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

  // `contents` is the disk and outlives the store. To crash, destroy the store: what was not carried out is lost,
  // what was not reported never will be.
  SimStore(StoreContents& contents, Sink sink) : contents_(contents), sink_(std::move(sink)) {}

  void submit(StoreOrder order) override;

  // What was submitted and not reported, oldest first.
  [[nodiscard]] std::vector<OpId> waiting() const;
  // Carries out the order, without reporting it. Commits submitted before a commit are carried out before it. False
  // if there is no such order or the store is stalled.
  bool execute(OpId op);
  // Reports the order, after carrying it out if need be. The sink may submit new orders. False as above.
  bool report(OpId op);
  // Reports the oldest order; false as above.
  bool step();

  // The next `orders` orders to be carried out meet the fault. Stalled ends only with another call.
  void inject(StoreFault fault, std::uint64_t orders = kForever);
  [[nodiscard]] StoreFault fault() const { return fault_; }

 private:
  struct Pending {
    StoreOrder order;
    std::optional<StoreDone> done;  // once it is carried out
  };

  std::deque<Pending>::iterator find(OpId op);
  void carry_out(Pending& pending);
  StoreFault meet_fault();
  // Of whoever only asks.
  template <class Question>
  StoreDone run(const Question& order, StoreFault fault) const;
  StoreDone run(const CommitChanges& order, StoreFault fault);
  StoreDone run(const ProbeStore& order, StoreFault fault) const;
  void look_up(const LoadStore& order, StoreDone& done) const;
  void look_up(const FindAccount& order, StoreDone& done) const;
  void look_up(const ListAccounts& order, StoreDone& done) const;
  void look_up(const FindEvicted& order, StoreDone& done) const;
  void look_up(const FindTunnels& order, StoreDone& done) const;
  void look_up(const FindApiToken& order, StoreDone& done) const;
  void look_up(const ListApiTokens& order, StoreDone& done) const;
  void look_up(const FindConsoleLogin& order, StoreDone& done) const;
  void look_up(const ListConsoleLogins& order, StoreDone& done) const;
  void look_up(const ReadAudit& order, StoreDone& done) const;
  void look_up(const ReadHistory& order, StoreDone& done) const;
  void look_up(const ListLeases& order, StoreDone& done) const;

  StoreContents& contents_;
  Sink sink_;
  std::deque<Pending> pending_;
  StoreFault fault_ = StoreFault::None;
  std::uint64_t faulty_orders_ = 0;
  bool odd_one_ = false;  // of the commits that meet Disconnected
};

}  // namespace tsp::sim
