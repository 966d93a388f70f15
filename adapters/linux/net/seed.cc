// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/seed.h"

#include <sys/random.h>

#include "core/base/assert.h"

namespace tsp::linux_ {

Seed read_seed() {
  Seed seed;
  // Requests of up to 256 bytes are never cut short.
  const ssize_t size = getrandom(seed.data(), seed.size(), 0);
  TSP_ASSERT(size == static_cast<ssize_t>(seed.size()));
  return seed;
}

}  // namespace tsp::linux_
