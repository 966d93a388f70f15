// SPDX-License-Identifier: Apache-2.0
//
// Deadlines, and the ends of silent tunnels (invariants 18 and 19).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "adapters/sim/checkers/family.h"

namespace tsp::sim {

class Timers final : public Family {
 public:
  using Family::Family;

  // A tunnel on disk that has been silent for too long and was not ended; none if there is none. To be asked when
  // nothing has been disturbed for longer than a silent tunnel may live.
  [[nodiscard]] std::optional<std::string> find_overdue() const;

  void on_crash() override { removed_as_idle_.clear(); }
  void on_order(const Order& order) override;
  void on_commit(const std::vector<StoreChange>& changes) override;
  void on_datapath(const DatapathOrder& order, DatapathStatus status) override;
  void after_step() override;

 private:
  [[nodiscard]] Duration idle_time(const TunnelRecord& record) const;
  [[nodiscard]] Instant last_life(const TunnelRecord& record) const;

  Instant instant_{};
  std::uint32_t steps_at_instant_ = 0;  // after which it was still due at once
  std::map<TunnelId, Instant> recorded_;
  std::set<TunnelId> removed_as_idle_;  // and not struck from the store yet
};

}  // namespace tsp::sim
