// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/answers.h"

#include <algorithm>
#include <utility>

#include "adapters/linux/control/url.h"

namespace tsp::tspctl {
namespace {

using nlohmann::json;

constexpr std::size_t kPageSize = 1000;

// The key of the last item, as it is written in the next query.
std::string cursor(const json& next) {
  return linux_::percent_encode(next.is_string() ? next.get<std::string>() : next.dump());
}

}  // namespace

Output show(const std::expected<json, Failure>& answer, bool as_json, View view) {
  if (!answer) return std::unexpected(answer.error());
  return as_json ? answer->dump(2) + '\n' : view(*answer);
}

std::string nothing(const json& /*answer*/) {
  return {};
}

std::expected<json, Failure> all_of(const ApiClient& client, const std::string& collection, std::size_t items_max,
                                    const std::string& query) {
  json items = json::array();
  std::string after;
  while (items.size() < items_max) {
    const std::size_t limit = std::min(items_max - items.size(), kPageSize);
    auto page = client.call("GET", collection + "?limit=" + std::to_string(limit) + query + after);
    if (!page) return std::unexpected(std::move(page.error()));
    for (json& item : (*page)[collection]) items.push_back(std::move(item));
    const json next = page->value("next", json());
    if (next.is_null()) break;
    after = "&after=" + cursor(next);
  }
  return items;
}

Output show_items(std::expected<json, Failure> items, const std::string& collection, bool as_json, View view) {
  if (!items) return std::unexpected(std::move(items.error()));
  return as_json ? json{{collection, std::move(*items)}}.dump(2) + '\n' : view(*items);
}

}  // namespace tsp::tspctl
