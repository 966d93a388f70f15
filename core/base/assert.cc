// SPDX-License-Identifier: Apache-2.0
#include "core/base/assert.h"

#include <cstdlib>

namespace tsp {

[[gnu::weak]] void assertion_failed(const char* /*expression*/, const char* /*file*/, int /*line*/) {
  std::abort();
}

}  // namespace tsp
