// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "adapters/linux/control/api_gate.h"

namespace tsp::linux_ {

// The least that argon2id can cost.
inline constexpr Passwords::Cost kCheapPasswords{.operations = 1, .memory_bytes = 8192};

inline std::shared_ptr<ApiGate> make_test_gate(
    Api::CoreCall core, ApiGate::Clock clock = [] { return Instant{}; },
    ApiGate::WallClock wall_clock = [] { return WallTime{}; }) {
  return std::make_shared<ApiGate>(std::move(core), Sessions::Lifetimes{}, kCheapPasswords, std::move(clock),
                                   std::move(wall_clock));
}

}  // namespace tsp::linux_
