// SPDX-License-Identifier: Apache-2.0
//
// Tokens for the API. The program chooses them, at random: a hash without salt and without slowness keeps them, for
// there is nothing to guess.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tsp/store.h>

#include "core/base/random.h"

namespace tsp::auth {

// "tspt_" and 64 hexadecimal digits: 256 bits. By what it begins with it is found where it should not be.
[[nodiscard]] std::string make_api_token(Random& random);
[[nodiscard]] bool looks_like_api_token(std::string_view text);
[[nodiscard]] ApiTokenHash hash_of_api_token(std::string_view token);

// "admin", "operator", "user"
[[nodiscard]] const char* name_of(ApiRole role);
[[nodiscard]] std::optional<ApiRole> parse_role(std::string_view text);

// 1…kApiNameSizeMax letters, digits, '-', '_' and '.'.
[[nodiscard]] bool valid_api_name(std::string_view name);

}  // namespace tsp::auth
