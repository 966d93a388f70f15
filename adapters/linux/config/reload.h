// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "adapters/linux/config/daemon_config.h"

namespace tsp::linux_ {

// Reads the file again for a daemon that runs with `running`. The errors, lines for people, say why it cannot take
// its place: faults of the file, or keys that need a restart.
[[nodiscard]] std::expected<DaemonConfig, std::vector<std::string>> reload_config(const std::string& path,
                                                                                  const DaemonConfig& running);

}  // namespace tsp::linux_
