// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "core/dataplane/probe.h"

namespace tsp::linux_ {

// Which probes of the self-test have come back. From any thread.
class ProbeWatch {
 public:
  // Looks for probes with this token and forgets those seen; 0: looks for none.
  void begin(std::uint64_t token) {
    seen_.store(0, std::memory_order_relaxed);
    token_.store(token, std::memory_order_release);
  }
  [[nodiscard]] bool active() const { return token_.load(std::memory_order_relaxed) != 0; }
  // True: it is one of those looked for.
  bool note(const std::optional<dataplane::ProbeMark>& mark) {
    if (!mark || mark->token != token_.load(std::memory_order_acquire) || mark->number >= 64) return false;
    seen_.fetch_or(std::uint64_t{1} << mark->number, std::memory_order_relaxed);
    return true;
  }
  // Bit n: number n.
  [[nodiscard]] std::uint64_t seen() const { return seen_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> token_{0};
  std::atomic<std::uint64_t> seen_{0};
};

}  // namespace tsp::linux_
