// SPDX-License-Identifier: Apache-2.0
//
// The two clocks of the simulated host: one that runs true, and the wall clock, which drifts and is stepped.
#pragma once

#include <cstdint>

#include <tsp/time.h>

namespace tsp::sim {

class Clocks {
 public:
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] Now both() const { return {now_, wall()}; }
  // Never back.
  void move_to(Instant at) { now_ = at > now_ ? at : now_; }

  void step_wall(Duration by) { wall_at_mark_ = wall_at_mark_ + by; }
  // From now on it gains that many microseconds a second.
  void drift_wall(std::int64_t parts_per_million) {
    wall_at_mark_ = wall();
    mark_ = now_;
    drift_ppm_ = parts_per_million;
  }

 private:
  [[nodiscard]] WallTime wall() const {
    const Duration passed = now_ - mark_;
    return wall_at_mark_ + passed + Duration(passed.count() / 1'000'000 * drift_ppm_);
  }

  Instant now_{std::chrono::hours(1)};
  Instant mark_ = now_;
  WallTime wall_at_mark_{std::chrono::hours(24 * 365 * 55)};
  std::int64_t drift_ppm_ = 0;
};

}  // namespace tsp::sim
