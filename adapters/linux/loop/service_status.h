// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/linux/control/api.h"
#include "adapters/linux/datapath/datapath_counters.h"

namespace tsp::linux_ {

// Fills in what the datapath has counted, under stable names.
void add_counters(const DatapathCounters& counters, ServiceStatus& status);

}  // namespace tsp::linux_
