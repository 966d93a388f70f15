// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/hex.h"

namespace tsp::linux_::store {

std::string to_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xF];
  }
  return text;
}

}  // namespace tsp::linux_::store
