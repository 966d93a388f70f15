// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <string>
#include <string_view>

#include <tsp/types.h>

#include "core/base/hex.h"

namespace tsp::linux_::dns {

// Blanks are for the reader.
inline Bytes from_hex(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits += c;
  }
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline std::string without_blanks(std::string_view text) {
  return to_hex(from_hex(text));
}

}  // namespace tsp::linux_::dns
