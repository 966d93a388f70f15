// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "apps/tspctl/exit_codes.h"

namespace tsp::tspctl {

// From the descriptor, or asked for twice on the terminal.
[[nodiscard]] std::expected<std::string, Failure> new_password(std::optional<int> fd);

}  // namespace tsp::tspctl
