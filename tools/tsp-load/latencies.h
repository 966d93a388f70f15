// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <tsp/time.h>

namespace tsp::load {

class Latencies {
 public:
  void add(Duration latency);
  [[nodiscard]] std::size_t count() const { return sorted_.size() + unsorted_.size(); }
  // The smallest latency that `permille` of 1000 do not exceed (nearest rank); 0 if there are none. permille: 1…1000.
  [[nodiscard]] Duration percentile(unsigned permille);

 private:
  std::vector<Duration> sorted_;
  std::vector<Duration> unsorted_;
};

[[nodiscard]] double to_milliseconds(Duration duration);
[[nodiscard]] double to_seconds(Duration duration);

}  // namespace tsp::load
