// SPDX-License-Identifier: Apache-2.0
//
// Runs that once failed, one a line: seed, preset, the misfortunes that mattered (or "all"), and behind a # what it
// was.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tsp::broker_sim {

struct Regression {
  std::uint64_t seed = 0;
  std::string preset{};
  std::optional<std::set<unsigned>> keep{};
  std::string what{};
};

// Error: the line's number and what was expected.
[[nodiscard]] std::expected<std::vector<Regression>, std::string> parse_regressions(std::string_view text);

}  // namespace tsp::broker_sim
