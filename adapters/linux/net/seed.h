// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tsp/types.h>

namespace tsp::linux_ {

// 32 bytes from the kernel.
[[nodiscard]] Seed read_seed();

}  // namespace tsp::linux_
