// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/reload.h"

#include <utility>

#include "adapters/linux/config/keys.h"
#include "adapters/linux/config/load.h"

namespace tsp::linux_ {

std::expected<DaemonConfig, std::vector<std::string>> reload_config(const std::string& path,
                                                                    const DaemonConfig& running) {
  auto wanted = load_config(path);
  if (!wanted) return wanted;
  std::vector<std::string> lines;
  for (const std::string& key : changes_needing_restart(running, *wanted)) {
    lines.push_back(to_text(path, {line_of(*wanted, key), key, "cannot change without a restart"}));
  }
  if (!lines.empty()) return std::unexpected(std::move(lines));
  return wanted;
}

}  // namespace tsp::linux_
