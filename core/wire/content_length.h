// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tsp::wire {

inline constexpr std::string_view kContentLength = "Content-length:";  // old clients know only this capitalisation
// The longest header line that is read; real ones have 21 bytes.
inline constexpr std::size_t kHeaderLineSizeMax = 128;

// The number in "Content-length: N" without its line end: name in any case, blanks around colon and number allowed.
// None if it is no such line or N is not in 1…max.
[[nodiscard]] std::optional<std::uint32_t> parse_content_length(std::string_view line, std::uint32_t max);

}  // namespace tsp::wire
