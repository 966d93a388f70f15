// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/tspctl/api_client.h"
#include "apps/tspctl/exit_codes.h"

namespace tsp::tspctl {

// All items of a collection of the API, page by page.
[[nodiscard]] std::expected<nlohmann::json, Failure> all_of(const ApiClient& client, const std::string& collection);

}  // namespace tsp::tspctl
