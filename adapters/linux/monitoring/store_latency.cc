// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/store_latency.h"

#include <algorithm>
#include <chrono>

namespace tsp::linux_ {

void StoreLatency::submitted(const StoreOrder& order, Instant at) {
  const std::lock_guard lock(mutex_);
  under_way_[op_of(order)] = {order.index(), at};
}

void StoreLatency::completed(OpId op, Instant at) {
  const std::lock_guard lock(mutex_);
  const auto order = under_way_.extract(op);
  if (order.empty()) return;
  const auto& [kind, since] = order.mapped();
  const double seconds = std::chrono::duration<double>(at - since).count();
  const auto bucket = std::ranges::lower_bound(kBucketSeconds, seconds) - kBucketSeconds.begin();
  ++view_[kind].counts[static_cast<std::size_t>(bucket)];
  view_[kind].sum_seconds += seconds;
}

StoreLatency::View StoreLatency::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

}  // namespace tsp::linux_
