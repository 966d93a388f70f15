// SPDX-License-Identifier: Apache-2.0
#include "core/auth/plain.h"

#include <algorithm>

#include "core/auth/login.h"

namespace tsp::auth {

std::optional<PlainCredentials> parse_plain(std::string_view text) {
  constexpr std::string_view kNul("\0", 1);
  text = text.substr(0, text.find_first_of("\r\n"));
  text.remove_prefix(std::min(text.find_first_not_of(kNul), text.size()));

  const auto end_of_first = text.find('\0');
  if (end_of_first == std::string_view::npos) return std::nullopt;
  const std::string_view first = text.substr(0, end_of_first);
  const std::string_view others = text.substr(end_of_first + 1);
  const auto end_of_second = others.find('\0');

  PlainCredentials credentials{.login = first, .password = others};
  if (end_of_second != std::string_view::npos) {
    if (others.substr(0, end_of_second) != first) return std::nullopt;
    credentials.password = others.substr(end_of_second + 1);
  }
  // A third NUL is left in the password, which is not valid then.
  if (!valid_login(credentials.login) || !valid_password(credentials.password)) return std::nullopt;
  return credentials;
}

}  // namespace tsp::auth
