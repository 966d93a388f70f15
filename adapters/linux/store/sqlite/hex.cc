// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/hex.h"

#include <charconv>

namespace tsp::linux_::sqlite {

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

std::optional<Verifier> parse_verifier(std::string_view hex) {
  Verifier verifier{};
  if (hex.size() != verifier.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < verifier.size(); ++i) {
    const char* digits = hex.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, verifier[i], 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
  }
  return verifier;
}

}  // namespace tsp::linux_::sqlite
