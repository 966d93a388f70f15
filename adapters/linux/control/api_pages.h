// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include <tsp/address.h>

#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_routes.h"

namespace tsp::linux_ {

// A page of a list. There may be more if it is full: then `key` of the last item is where the next one begins.
template <class Items, class Key>
[[nodiscard]] ApiResponse respond_page(const ApiContext& context, const char* collection, const Items& items,
                                       const Key& key) {
  nlohmann::json page = nlohmann::json::array();
  for (const auto& item : items) page.push_back(to_json(item));
  const bool is_full = items.size() >= context.limit;
  const nlohmann::json next = is_full ? nlohmann::json(key(items.back())) : nlohmann::json();
  return respond(200, {{collection, std::move(page)}, {"next", next}});
}

// An address, of IPv4 too, or a prefix.
[[nodiscard]] std::optional<IPv6Prefix> parse_range(const std::string& text);
// The parameter of this name, if it is there; what it is told if it is none.
[[nodiscard]] std::optional<ApiResponse> read_range(const ApiContext& context, const char* name,
                                                    std::optional<IPv6Prefix>& range);

}  // namespace tsp::linux_
