// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sodium.h>

#include "core/base/assert.h"

namespace tsp::linux_::secrets {

// Before anything else of the library; as often as one likes, from any thread.
inline void set_up_sodium() {
  TSP_ASSERT(sodium_init() >= 0);
}

}  // namespace tsp::linux_::secrets
