// SPDX-License-Identifier: Apache-2.0
//
// Stops in good order, and what is counted (invariants 25 and 26).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>

#include "adapters/sim/checkers/family.h"

namespace tsp::sim {

class Operations final : public Family {
 public:
  Operations(World& world, const Truth& truth);

  void on_start() override;
  void on_crash() override;
  void on_departure(const FourTuple& path, ByteView datagram) override;
  void on_fact(const Fact& fact) override;
  void on_order(const Order& order) override;
  void on_commit(const std::vector<StoreChange>& changes) override;

 private:
  // The latest ones of many.
  class Memory {
   public:
    // False: it was there already.
    bool add(TunnelId id);
    [[nodiscard]] bool contains(TunnelId id) const { return ids_.contains(id); }
    void clear() { ids_.clear(), in_order_.clear(); }

   private:
    static constexpr std::size_t kMax = 65536;
    std::unordered_set<TunnelId> ids_;
    std::deque<TunnelId> in_order_;
  };
  struct Count {
    TunnelUsage usage;
    Instant at;
  };

  void begin_life();
  void begin_stop();
  void note_begun(const StoreOrder& order);
  void check_new_after_stop(const InstallTunnel& order);
  void check_reload(const Order& order);
  void check_event(const Event& event);
  void check_usage(const TunnelUsage& usage);

  std::optional<std::uint64_t> stopping_;  // the number of the last arrival before the stop was requested
  std::set<TunnelId> may_be_put_back_;     // on disk then, or accepted before and brought to its end since
  bool stopped_ = false;
  bool draining_ = false;            // an operator wants it to stop when it is empty
  std::optional<Instant> reloaded_;  // what is ordered now is ordered because of a new configuration
  std::set<TunnelId> at_start_;      // on disk when this life began, and no TunnelDown since
  Memory up_;                        // in this life
  Memory down_;
  Memory ended_;  // struck from the store
  std::map<TunnelId, Count> counts_;
};

}  // namespace tsp::sim
