// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/collections.h"

#include <utility>

#include "adapters/linux/control/url.h"

namespace tsp::tspctl {
namespace {

using nlohmann::json;

// The key of the last item, as it is written in the next query.
std::string cursor(const json& next) {
  return linux_::percent_encode(next.is_string() ? next.get<std::string>() : next.dump());
}

}  // namespace

std::expected<json, Failure> all_of(const ApiClient& client, const std::string& collection) {
  json items = json::array();
  std::string query = "?limit=1000";
  while (true) {
    auto page = client.call("GET", collection + query);
    if (!page) return std::unexpected(std::move(page.error()));
    for (json& item : (*page)[collection]) items.push_back(std::move(item));
    const json next = page->value("next", json());
    if (next.is_null()) return items;
    query = "?limit=1000&after=" + cursor(next);
  }
}

}  // namespace tsp::tspctl
