// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace tsp::auth {

struct PlainCredentials {
  std::string_view login;
  std::string_view password;
};

// NUL LOGIN NUL PASSWORD line end: not base64, and the authorization identity is left out or equal to the login
// (RFC 4616; old clients send one NUL too many). What follows the line end is ignored. None: anything else, or a login
// or password that nobody can have. Points into `text`.
[[nodiscard]] std::optional<PlainCredentials> parse_plain(std::string_view text);

}  // namespace tsp::auth
