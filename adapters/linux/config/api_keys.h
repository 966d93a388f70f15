// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "adapters/linux/config/keys.h"
#include "adapters/linux/config/settle.h"

namespace tsp::linux_ {

// The section [api]: whether its keys agree with each other.
void settle_api(const DaemonConfig& config, std::vector<ConfigFault>& faults);
void add_api_keys(std::vector<Key>& keys);

}  // namespace tsp::linux_
