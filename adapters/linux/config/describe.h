// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "adapters/linux/config/daemon_config.h"

namespace tsp::linux_ {

// Who gets what of the prefixes (pool/layout.h), of IPv4 as well.
[[nodiscard]] std::vector<std::string> describe_pools(const BrokerConfig& config);
[[nodiscard]] std::string comma_separated(const std::vector<std::string>& parts);
// What the configuration means: the layout of the pool, and where clients are served.
[[nodiscard]] std::vector<std::string> describe_config(const DaemonConfig& config);
// What is allowed but probably not meant.
[[nodiscard]] std::vector<std::string> config_warnings(const DaemonConfig& config);

}  // namespace tsp::linux_
