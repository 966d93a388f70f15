// SPDX-License-Identifier: Apache-2.0
//
// What is going to happen in the simulated world, soonest first; of what happens at the same time, first what was
// planned first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <tsp/time.h>

#include "core/base/assert.h"

namespace tsp::sim {

class Happenings {
 public:
  struct Happening {
    Instant at;
    std::uint64_t number = 0;
    std::function<void()> what;
  };

  void plan(Instant at, std::function<void()> what) {
    heap_.push_back({at, ++planned_, std::move(what)});
    std::ranges::push_heap(heap_, is_later);
  }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] Instant next() const { return heap_.front().at; }
  [[nodiscard]] Happening take() {
    TSP_ASSERT(!heap_.empty());
    std::ranges::pop_heap(heap_, is_later);
    Happening first = std::move(heap_.back());
    heap_.pop_back();
    return first;
  }

 private:
  static bool is_later(const Happening& a, const Happening& b) {
    return a.at != b.at ? a.at > b.at : a.number > b.number;
  }

  std::vector<Happening> heap_;
  std::uint64_t planned_ = 0;
};

}  // namespace tsp::sim
