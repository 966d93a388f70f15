// SPDX-License-Identifier: Apache-2.0
#include "core/auth/login.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tsp::auth {
namespace {

constexpr std::size_t kLoginBytesMax = 253;
constexpr std::size_t kPasswordBytesMax = 1023;
constexpr std::size_t kRealmBytesMax = 253;

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

// Bytes of the UTF-8 sequence that `lead` begins; 0: none begins with it.
std::size_t sequence_length(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// Takes one character off the front; none if it is not valid UTF-8 (RFC 3629: neither overlong nor a surrogate nor
// beyond U+10FFFF).
std::optional<std::uint32_t> take_character(std::string_view& text) {
  const std::uint8_t lead = byte_at(text, 0);
  const std::size_t length = sequence_length(lead);
  if (length == 0 || text.size() < length) return std::nullopt;
  std::uint32_t character = length == 1 ? lead : lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const std::uint8_t next = byte_at(text, i);
    if ((next & 0xC0) != 0x80) return std::nullopt;
    character = (character << 6) | (next & 0x3FU);
  }
  if (length == 3 && (character < 0x800 || (character >= 0xD800 && character <= 0xDFFF))) return std::nullopt;
  if (length == 4 && (character < 0x10000 || character > 0x10FFFF)) return std::nullopt;
  text.remove_prefix(length);
  return character;
}

bool is_control(std::uint32_t character) {
  return character < 0x20 || (character >= 0x7F && character <= 0x9F);
}

}  // namespace

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const auto character = take_character(text);
    if (!character || is_control(*character)) return false;
  }
  return true;
}

bool valid_login(std::string_view login) {
  return !login.empty() && login.size() <= kLoginBytesMax && !login.contains(':') && is_plain_text(login);
}

bool valid_password(std::string_view password) {
  return !password.empty() && password.size() <= kPasswordBytesMax &&
         std::ranges::none_of(password, [](char c) { return c == '\0' || c == '\r' || c == '\n'; });
}

bool valid_realm(std::string_view realm) {
  return !realm.empty() && realm.size() <= kRealmBytesMax &&
         std::ranges::all_of(realm, [](char c) { return c >= 0x20 && c < 0x7F && c != ',' && c != '"' && c != '\\'; });
}

}  // namespace tsp::auth
