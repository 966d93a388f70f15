// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tsp/types.h>

#include "core/base/random.h"

namespace tsp::sim {

// From one number; each `use` of it gets numbers of its own.
[[nodiscard]] inline Seed seed_from(std::uint64_t number, std::uint8_t use) {
  Seed seed{};
  for (std::size_t i = 0; i < 8; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  seed.back() = use;
  return seed;
}

[[nodiscard]] inline Seed seed_from(Random& random) {
  Seed seed{};
  random.fill(seed);
  return seed;
}

}  // namespace tsp::sim
