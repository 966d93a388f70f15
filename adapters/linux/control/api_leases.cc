// SPDX-License-Identifier: Apache-2.0
//
// Who has which address and prefix, and who had it.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_pages.h"
#include "adapters/linux/control/api_routes.h"

namespace tsp::linux_ {
namespace {

using nlohmann::json;

// Those that live come beside.
json next_of(const std::vector<HistoryEntry>& page, std::uint32_t limit) {
  const auto ended = std::ranges::count_if(page, [](const HistoryEntry& entry) { return entry.ended.has_value(); });
  return std::cmp_less(ended, limit) ? json() : json(page.back().entry);
}

}  // namespace

ApiResponse read_history(const ApiContext& context) {
  ReadHistoryRequest command{.login = context.parameter("login"), .limit = context.limit};
  if (auto refused = read_range(context, "address", command.range)) return std::move(*refused);
  if (const auto at = context.parameter("at")) {
    command.at = parse_time(*at);
    if (!command.at) return refuse(422, "at: expected a time such as 2026-02-03T04:05:06Z");
  }
  if (!context.after.empty()) {
    command.before = parse_number(context.after);
    if (!command.before) return refuse(422, "after: expected the member next of a page");
  }
  const auto reply = ask(context, command);
  if (!reply) return reply.error();
  json page = json::array();
  for (const HistoryEntry& entry : reply->history) page.push_back(to_json(entry));
  return respond(200, {{"history", std::move(page)}, {"next", next_of(reply->history, context.limit)}});
}

ApiResponse list_leases(const ApiContext& context) {
  ListLeasesRequest command{.login = context.parameter("login"), .limit = context.limit};
  if (auto refused = read_range(context, "address", command.range)) return std::move(*refused);
  if (!context.after.empty()) {
    command.after = parse_any_prefix(context.after);
    if (!command.after) return refuse(422, "after: expected a prefix");
  }
  const auto reply = ask(context, command);
  if (!reply) return reply.error();
  return respond_page(context, "leases", reply->leases,
                      [](const Lease& lease) { return tsp::to_text(lease.claim.prefix); });
}

ApiResponse reserve_lease(const ApiContext& context) {
  BodyFields fields(context.request.body);
  ReserveLeaseRequest command{.login = fields.required_text("login")};
  const auto range = parse_range(fields.required_text("prefix"));
  if (auto refused = refuse_faulty(fields)) return std::move(*refused);
  if (!range) return refuse(422, "prefix: expected an address, or a prefix with no bit set beyond its length");
  command.prefix = *range;
  const auto reply = ask(context, std::move(command));
  if (!reply) return reply.error();
  return respond(201, reply->leases.empty() ? json::object() : to_json(reply->leases.front()));
}

ApiResponse release_lease(const ApiContext& context) {
  const auto range = parse_range(context.argument);
  if (!range) return refuse(404, "prefix: this is no address or prefix");
  const auto reply = ask(context, ReleaseLeaseRequest{*range});
  if (!reply) return reply.error();
  return respond(200, {{"lease", reply->leases.empty() ? json() : to_json(reply->leases.front())}});
}

ApiResponse show_pools(const ApiContext& context) {
  const auto reply = ask(context, StatusRequest{});
  if (!reply) return reply.error();
  const StatusView state = reply->state.value_or(StatusView{});
  json pools = json::array({to_json(state.ipv6_pool)});
  if (state.ipv4_pool) pools.push_back(to_json(*state.ipv4_pool));
  return respond(200, {{"pools", std::move(pools)}});
}

}  // namespace tsp::linux_
