// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "adapters/linux/config/settle.h"

namespace tsp::linux_ {

// The section [dns]: whether its keys agree with each other. Whether files can be read is seen at start only, so that
// a configuration can be checked by anybody.
void settle_dns(DaemonConfig& config, std::vector<ConfigFault>& faults);

}  // namespace tsp::linux_
