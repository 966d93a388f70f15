// SPDX-License-Identifier: Apache-2.0
//
// Assertions for what the programmer did; they stay on in release builds.
#pragma once

namespace tsp {

// Weak: a program may define its own that says where, before it aborts. The core has no output of its own.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace tsp

#define TSP_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::tsp::assertion_failed(#expression, __FILE__, __LINE__))
