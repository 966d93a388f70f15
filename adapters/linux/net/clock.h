// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tsp/time.h>

namespace tsp::linux_ {

// CLOCK_MONOTONIC, which std::chrono::steady_clock reads as well, and CLOCK_REALTIME.
[[nodiscard]] Now read_clock();

}  // namespace tsp::linux_
