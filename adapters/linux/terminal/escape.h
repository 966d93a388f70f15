// SPDX-License-Identifier: Apache-2.0
//
// Makes text that strangers chose harmless in log lines and on terminals: nothing in it can end a line or a
// quotation, move the cursor or turn the reading direction.
#pragma once

#include <string>
#include <string_view>

namespace tsp::linux_ {

// At most this many bytes of a value are shown; "…" stands for the rest.
inline constexpr std::size_t kShownBytesMax = 512;

// For between double quotes in a log line: \" \\ \n \r \t, \xNN for bytes that are no UTF-8, \u{N} for control and
// formatting characters.
[[nodiscard]] std::string escape_text(std::string_view text);
// For between double quotes in JSON; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string escape_json(std::string_view text);

}  // namespace tsp::linux_
