// SPDX-License-Identifier: Apache-2.0
//
// Durations as people are told of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <tsp/time.h>

namespace tsp {

// What is begun of a second does not count.
[[nodiscard]] constexpr std::int64_t whole_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// Such as "90 s".
[[nodiscard]] inline std::string in_seconds(Duration duration) {
  return std::to_string(whole_seconds(duration)) + " s";
}

}  // namespace tsp
