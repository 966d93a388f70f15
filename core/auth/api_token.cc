// SPDX-License-Identifier: Apache-2.0
#include "core/auth/api_token.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "core/auth/sha256.h"
#include "core/base/hex.h"
#include "core/wire/text.h"

namespace tsp::auth {
namespace {

constexpr std::string_view kTokenHead = "tspt_";
constexpr std::size_t kTokenBytes = 32;

}  // namespace

std::string make_api_token(Random& random) {
  std::array<std::uint8_t, kTokenBytes> bytes{};
  random.fill(bytes);
  return std::string(kTokenHead) + to_hex(bytes);
}

bool looks_like_api_token(std::string_view text) {
  return text.starts_with(kTokenHead) && text.size() == kTokenHead.size() + 2 * kTokenBytes;
}

ApiTokenHash hash_of_api_token(std::string_view token) {
  return sha256(token);
}

const char* name_of(ApiRole role) {
  switch (role) {
    case ApiRole::Admin:
      return "admin";
    case ApiRole::Operator:
      return "operator";
    case ApiRole::User:
      return "user";
  }
  std::unreachable();
}

std::optional<ApiRole> parse_role(std::string_view text) {
  for (const ApiRole role : {ApiRole::Admin, ApiRole::Operator, ApiRole::User}) {
    if (text == name_of(role)) return role;
  }
  return std::nullopt;
}

bool valid_api_name(std::string_view name) {
  const auto is_allowed = [](char c) { return wire::is_word_character(c) || c == '.'; };
  return !name.empty() && name.size() <= kApiNameSizeMax && std::ranges::all_of(name, is_allowed);
}

}  // namespace tsp::auth
