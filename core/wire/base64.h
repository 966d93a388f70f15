// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tsp::wire {

// RFC 4648 section 4, padded, one line.
[[nodiscard]] std::string base64_encode(std::string_view data);
// Strict: only the alphabet and correct padding; white space and NULs at the end are ignored.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tsp::wire
