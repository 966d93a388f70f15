// SPDX-License-Identifier: Apache-2.0
//
// The two clocks of the core. The core never asks what time it is: each call brings both.
#pragma once

#include <chrono>
#include <compare>

namespace tsp {

using Duration = std::chrono::nanoseconds;

// A reading of the host's monotonic clock (CLOCK_MONOTONIC). Used for every timer.
struct Instant {
  Duration since_boot{};

  friend auto operator<=>(const Instant&, const Instant&) = default;
  friend Instant operator+(Instant at, Duration d) { return {at.since_boot + d}; }
  friend Instant operator-(Instant at, Duration d) { return {at.since_boot - d}; }
  friend Duration operator-(Instant a, Instant b) { return a.since_boot - b.since_boot; }
};

// Universal time. Used only for what outlives the process: quarantines, history, audit.
struct WallTime {
  Duration since_epoch{};

  friend auto operator<=>(const WallTime&, const WallTime&) = default;
  friend WallTime operator+(WallTime at, Duration d) { return {at.since_epoch + d}; }
  friend Duration operator-(WallTime a, WallTime b) { return a.since_epoch - b.since_epoch; }
};

struct Now {
  Instant mono;
  WallTime wall;
};

}  // namespace tsp
