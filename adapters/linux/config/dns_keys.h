// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "adapters/linux/config/keys.h"
#include "adapters/linux/config/settle.h"

namespace tsp::linux_ {

// The section [dns]: whether its keys agree with each other. Whether files can be read is seen at start only, so that
// a configuration can be checked by anybody.
void settle_dns(DaemonConfig& config, std::vector<ConfigFault>& faults);
void add_dns_keys(std::vector<Key>& keys);
// What is probably not meant.
[[nodiscard]] std::vector<std::string> dns_warnings(const DaemonConfig& config);

}  // namespace tsp::linux_
