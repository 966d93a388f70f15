// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_routes.h"

namespace tsp::linux_ {

using nlohmann::json;

ApiResponse read_audit(const ApiContext& context) {
  ReadAuditRequest command{.before = std::nullopt, .limit = context.limit};
  if (!context.after.empty()) {
    command.before = parse_cursor(context.after);
    if (!command.before) return refuse(422, "after: expected the id of an entry");
  }
  const auto reply = ask(context, command);
  if (!reply) return reply.error();
  json entries = json::array();
  for (const AuditEntry& entry : reply->audit) entries.push_back(to_json(entry));
  const bool is_full = reply->audit.size() >= context.limit;
  const json next = is_full ? json(cursor_of(reply->audit.back())) : json();
  return respond(200, {{"audit", std::move(entries)}, {"next", next}});
}

}  // namespace tsp::linux_
