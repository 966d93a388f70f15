// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/tspctl/api_client.h"
#include "apps/tspctl/exit_codes.h"

namespace tsp::tspctl {

// What a command returns to be printed.
using Output = std::expected<std::string, Failure>;
using View = std::string (*)(const nlohmann::json&);

// The answer as JSON or, for people, as `view` shows it.
[[nodiscard]] Output show(const std::expected<nlohmann::json, Failure>& answer, bool as_json, View view);
// Nothing, for people.
[[nodiscard]] std::string nothing(const nlohmann::json& answer);

// The first items of a collection of the API, page by page. `query`: "&name=value" of further parameters.
[[nodiscard]] std::expected<nlohmann::json, Failure> all_of(const ApiClient& client, const std::string& collection,
                                                            std::size_t items_max = SIZE_MAX,
                                                            const std::string& query = "");
// Items of it, as the API has them or as `view` shows them.
[[nodiscard]] Output show_items(std::expected<nlohmann::json, Failure> items, const std::string& collection,
                                bool as_json, View view);

}  // namespace tsp::tspctl
