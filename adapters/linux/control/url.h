// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tsp::linux_ {

// RFC 3986 section 2.1. Everything but unreserved characters is encoded.
[[nodiscard]] std::string percent_encode(std::string_view text);
// None for '%' without two hexadecimal digits. '+' stays '+'.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

struct Url {
  std::string path;  // still encoded
  std::map<std::string, std::string> query;
};

// "/path?name=value&…". None for bad encoding or a name that comes twice.
[[nodiscard]] std::optional<Url> parse_url(std::string_view target);

}  // namespace tsp::linux_
