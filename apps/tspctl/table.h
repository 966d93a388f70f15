// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tsp::tspctl {

using Row = std::vector<std::string>;

// Columns as wide as their longest cell, two spaces between them, nothing behind the last. All rows have as many
// cells as the first.
[[nodiscard]] std::string render_table(const std::vector<Row>& rows);
// "1234" as "1.2 kB"
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);
// "75" as "1 min 15 s"
[[nodiscard]] std::string human_seconds(std::uint64_t seconds);

}  // namespace tsp::tspctl
