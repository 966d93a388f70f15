// SPDX-License-Identifier: Apache-2.0
//
// The text inside a DIGEST-MD5 token: name=value pairs between commas, values quoted or not (RFC 2831 section 7.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tsp::auth {

struct Directive {
  std::string name;   // lower case
  std::string value;  // without its quotes, unescaped
};

// Blanks around names, values and commas are skipped, and so are empty elements. None: not such a list, or a control
// character other than a tab in a value.
[[nodiscard]] std::optional<std::vector<Directive>> parse_directives(std::string_view text);

// In quotes, with '"' and '\' escaped.
[[nodiscard]] std::string quote(std::string_view value);

}  // namespace tsp::auth
