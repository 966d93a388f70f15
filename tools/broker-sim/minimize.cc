// SPDX-License-Identifier: Apache-2.0
#include "tools/broker-sim/minimize.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tsp::broker_sim {
namespace {

// All but those from `begin` to `end`.
std::set<unsigned> without(const std::vector<unsigned>& numbers, std::size_t begin, std::size_t end) {
  std::set<unsigned> rest;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i < begin || i >= end) rest.insert(numbers[i]);
  }
  return rest;
}

}  // namespace

std::set<unsigned> minimize(const std::set<unsigned>& all,
                            const std::function<bool(const std::set<unsigned>&)>& fails) {
  std::vector<unsigned> numbers(all.begin(), all.end());
  std::size_t piece = (numbers.size() + 1) / 2;
  while (piece > 0) {
    bool smaller = false;
    for (std::size_t begin = 0; begin < numbers.size();) {
      const std::set<unsigned> rest = without(numbers, begin, begin + piece);
      if (fails(rest)) {
        numbers.assign(rest.begin(), rest.end());
        smaller = true;
      } else {
        begin += piece;
      }
    }
    if (piece == 1 && !smaller) break;
    if (!smaller || piece > numbers.size()) piece = std::min(piece / 2, (numbers.size() + 1) / 2);
  }
  return {numbers.begin(), numbers.end()};
}

}  // namespace tsp::broker_sim
