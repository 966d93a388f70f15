// SPDX-License-Identifier: Apache-2.0
//
// Which worlds the random tests of fleets play.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

namespace tsp::sim {

// From one on, as many as are usual, or as TSP_FLEET_SEEDS says; TSP_FLEET_SEED=12: that one, to look at it.
inline std::vector<std::uint64_t> fleet_seeds(std::size_t usual) {
  if (const char* chosen = std::getenv("TSP_FLEET_SEED")) return {std::stoull(chosen)};
  const char* wanted = std::getenv("TSP_FLEET_SEEDS");
  std::vector<std::uint64_t> seeds(wanted != nullptr ? std::stoull(wanted) : usual);
  std::iota(seeds.begin(), seeds.end(), 1);
  return seeds;
}

}  // namespace tsp::sim
