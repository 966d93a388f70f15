// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace tsp::linux_ {

// Counted by one thread, read by any.
class Counter {
 public:
  void add(std::uint64_t amount = 1) { value_.store(value() + amount, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace tsp::linux_
