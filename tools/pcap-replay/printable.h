// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tsp::replay {

// With a '.' for each byte that is not printable ASCII, and at most `size_max` bytes of it.
[[nodiscard]] inline std::string printable(std::string_view text, std::size_t size_max = 120) {
  std::string result(text.substr(0, size_max));
  for (char& c : result) {
    if (c < ' ' || c > '~') c = '.';
  }
  if (text.size() > size_max) result += "…";
  return result;
}

}  // namespace tsp::replay
