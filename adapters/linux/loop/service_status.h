// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/control/api.h"
#include "adapters/linux/datapath/datapath_counters.h"

namespace tsp::linux_ {

// What the configuration tells; the rest is still to be filled in.
[[nodiscard]] ServiceStatus configured_status(const DaemonConfig& config);

// Fills in what the datapath has counted, under stable names.
void add_counters(const DatapathCounters& counters, ServiceStatus& status);

}  // namespace tsp::linux_
