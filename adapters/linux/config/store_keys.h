// SPDX-License-Identifier: Apache-2.0
//
// Whether the keys of the store agree with each other; part of settle().
#pragma once

#include <string>
#include <vector>

#include "adapters/linux/config/settle.h"

namespace tsp::linux_ {

void check_store(const DaemonConfig& config, std::vector<ConfigFault>& faults);
// What is probably not meant.
[[nodiscard]] std::vector<std::string> store_warnings(const DaemonConfig& config);

}  // namespace tsp::linux_
