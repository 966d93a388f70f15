// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_pages.h"
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
  return respond_page(context, "audit", reply->audit, &cursor_of);
}

}  // namespace tsp::linux_
