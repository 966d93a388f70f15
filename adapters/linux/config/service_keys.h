// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "adapters/linux/config/keys.h"

namespace tsp::linux_ {

// The sections about what surrounds the core: update, datapath, dns, api, metrics, log.
void add_service_keys(std::vector<Key>& keys);

}  // namespace tsp::linux_
