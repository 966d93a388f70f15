// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_routes.h"

namespace tsp::linux_ {
namespace {

using nlohmann::json;

json plan_json(const ReloadPlan& plan, bool applied) {
  json changes = json::array();
  for (const ReloadPlan::ChangedKey& change : plan.changes) {
    changes.push_back({{"key", change.key},
                       {"from", change.from.empty() ? json() : json(change.from)},
                       {"to", change.to.empty() ? json() : json(change.to)},
                       {"needs_restart", change.needs_restart}});
  }
  json errors = json::array();
  for (const ConfigError& error : plan.errors) {
    errors.push_back({{"file", plan.file},
                      {"line", error.line > 0 ? json(error.line) : json()},
                      {"key", error.key.empty() ? json() : json(error.key)},
                      {"message", error.message}});
  }
  return {{"applied", applied},
          {"possible", plan.wanted.has_value()},
          {"changes", std::move(changes)},
          {"errors", std::move(errors)}};
}

ApiResponse no_answer() {
  return refuse(503, "tspd did not answer in time");
}

std::string first_obstacle(const ReloadPlan& plan) {
  const std::vector<std::string> obstacles = plan.obstacles();
  if (obstacles.empty()) return "the configuration cannot be taken over";
  const std::size_t others = obstacles.size() - 1;
  return obstacles.front() + (others > 0 ? " (and " + std::to_string(others) + " more; dry_run=true tells them)" : "");
}

}  // namespace

// The entry of the audit log comes first, as for all that is no change of the store.
ApiResponse reload_configuration(const ApiContext& context) {
  const std::string dry_run = context.parameter("dry_run").value_or("false");
  if (dry_run != "true" && dry_run != "false") return refuse(422, "dry_run: expected true or false");
  if (!context.daemon.reload) return refuse(404, "there is no configuration here");
  const auto plan = context.daemon.reload(Reload::Plan);
  if (!plan) return no_answer();
  if (dry_run == "true") return respond(200, plan_json(*plan, false));
  const std::string what = plan->wanted ? plan->names_of_changes() : "refused: " + first_obstacle(*plan);
  const auto noted = ask(context, NoteRequest{.action = "config.reload", .subject = {}, .detail = what});
  if (!noted) return noted.error();
  if (!plan->wanted) return respond(409, {{"error", {{"message", first_obstacle(*plan)}}}});
  const auto done = context.daemon.reload(Reload::Apply);
  if (!done) return no_answer();
  // The file may have become another one meanwhile.
  if (!done->wanted) return respond(409, {{"error", {{"message", first_obstacle(*done)}}}});
  return respond(200, plan_json(*done, true));
}

}  // namespace tsp::linux_
