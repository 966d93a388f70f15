// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/config/load.h"

namespace tsp::linux_ {

// What a reload of the file would do to a daemon that runs with another configuration.
struct ReloadPlan {
  struct ChangedKey {
    std::string key;   // "tunnel.mtu"
    std::string from;  // as it is written in the file; empty if it is not set
    std::string to;    // likewise
    bool needs_restart = false;
  };

  std::string file;
  std::vector<ConfigError> errors{};  // faults of the file, for which nothing else is told
  std::vector<ChangedKey> changes{};
  std::vector<ConfigError> needing_restart{};
  std::optional<DaemonConfig> wanted{};  // what can take the place of the other; none: nothing can

  // Why it cannot, lines for people: the errors, or the keys that need a restart.
  [[nodiscard]] std::vector<std::string> obstacles() const;
  // "tunnel.mtu, log.level", or "nothing".
  [[nodiscard]] std::string names_of_changes() const;
};

// Reads the file again for a daemon that runs with `running`.
[[nodiscard]] ReloadPlan plan_reload(const std::string& path, const DaemonConfig& running);

}  // namespace tsp::linux_
