// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "adapters/linux/loop/daemon_parts.h"

namespace tsp::linux_ {

// Puts the store that the configuration names into `parts`.
[[nodiscard]] std::optional<StartError> open_store(const DaemonConfig& config, const port::Store::Sink& sink,
                                                   DaemonParts& parts);

}  // namespace tsp::linux_
