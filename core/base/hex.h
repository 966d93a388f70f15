// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/types.h>

namespace tsp {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

// Two digits a byte, in lower case.
[[nodiscard]] std::string to_hex(ByteView bytes);
// Either case; exactly as many digits as such an array of bytes has.
template <class Octets>
[[nodiscard]] std::optional<Octets> parse_hex(std::string_view hex) {
  Octets octets{};
  if (hex.size() != octets.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const char* digits = hex.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, octets[i], 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
  }
  return octets;
}

}  // namespace tsp
