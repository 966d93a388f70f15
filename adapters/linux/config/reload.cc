// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/reload.h"

#include <algorithm>
#include <utility>

#include "adapters/linux/config/describe.h"
#include "adapters/linux/config/keys.h"

namespace tsp::linux_ {

std::vector<std::string> ReloadPlan::obstacles() const {
  std::vector<std::string> lines;
  for (const auto* all : {&errors, &needing_restart}) {
    for (const ConfigError& error : *all) lines.push_back(to_text(file, error));
  }
  return lines;
}

std::string ReloadPlan::names_of_changes() const {
  std::vector<std::string> names;
  for (const ChangedKey& change : changes) names.push_back(change.key);
  return names.empty() ? "nothing" : comma_separated(names);
}

ReloadPlan plan_reload(const std::string& path, const DaemonConfig& running) {
  ReloadPlan plan{.file = path};
  auto wanted = read_config(path);
  if (!wanted) {
    plan.errors = std::move(wanted.error());
    return plan;
  }
  const std::vector<std::string> changed = changed_keys(running, *wanted);
  const std::vector<std::string> at_restart = changes_needing_restart(running, *wanted);
  for (const Key& key : all_keys()) {
    const std::string name = full_name(key);
    const bool needs_restart = std::ranges::find(at_restart, name) != at_restart.end();
    if (!needs_restart && std::ranges::find(changed, name) == changed.end()) continue;
    plan.changes.push_back(
        {.key = name, .from = key.show(running), .to = key.show(*wanted), .needs_restart = needs_restart});
  }
  for (const std::string& key : at_restart) {
    plan.needing_restart.push_back({line_of(*wanted, key), key, "cannot change without a restart"});
  }
  if (at_restart.empty()) plan.wanted = std::move(*wanted);
  return plan;
}

}  // namespace tsp::linux_
