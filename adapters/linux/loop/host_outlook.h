// SPDX-License-Identifier: Apache-2.0
//
// Whether this host has what a configuration needs, as far as can be seen without changing anything: for
// --check-config. The user who looks may be another one than tspd will run as, and the host another one.
#pragma once

#include <string>
#include <vector>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/loop/datapath_choice.h"

namespace tsp::linux_ {

// A line for each thing that a start on this host would trip over.
[[nodiscard]] std::vector<std::string> host_outlook(const DaemonConfig& config);
[[nodiscard]] std::vector<std::string> host_outlook(const DaemonConfig& config, const FindModule& find_module);

}  // namespace tsp::linux_
