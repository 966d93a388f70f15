// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tsp::tspctl {

inline constexpr std::string_view kDurationForm = "a time such as 90s, 15m, 2h or 1d";

// In seconds. A number without a unit is one of seconds.
[[nodiscard]] std::optional<std::uint64_t> parse_duration(std::string_view text);

}  // namespace tsp::tspctl
