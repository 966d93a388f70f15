// SPDX-License-Identifier: Apache-2.0
//
// What each fuzz target defines, and the check it uses: a failure must end the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <tsp/types.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tsp::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace tsp::fuzz
