// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/latencies.h"

#include <algorithm>

#include "core/base/assert.h"

namespace tsp::load {

void Latencies::add(Duration latency) {
  unsorted_.push_back(latency);
}

Duration Latencies::percentile(unsigned permille) {
  TSP_ASSERT(permille >= 1 && permille <= 1000);
  sorted_.insert(sorted_.end(), unsorted_.begin(), unsorted_.end());
  unsorted_.clear();
  std::ranges::sort(sorted_);
  if (sorted_.empty()) return {};
  const std::size_t rank = (sorted_.size() * permille + 999) / 1000;
  return sorted_[rank - 1];
}

double to_milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

double to_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace tsp::load
