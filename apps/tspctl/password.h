// SPDX-License-Identifier: Apache-2.0
//
// Passwords never come from the command line, which every user of the host can read.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "apps/tspctl/exit_codes.h"

namespace tsp::tspctl {

// From the descriptor, to its end without a last line end; or else asked for twice on the terminal, without echo.
[[nodiscard]] std::expected<std::string, Failure> read_password(std::optional<int> fd);

}  // namespace tsp::tspctl
