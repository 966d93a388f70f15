// SPDX-License-Identifier: Apache-2.0
//
// What is looked at before anything is touched, so that a host on which tspd cannot work is left as it was.
#pragma once

#include <optional>
#include <string>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/loop/exit_codes.h"

namespace tsp::linux_ {

// Privileges. None: go on.
[[nodiscard]] std::optional<StartError> find_obstacle();
// /dev/net/tun, for a datapath that needs it.
[[nodiscard]] std::optional<StartError> find_tun_fault();

// As many descriptors as the host allows; returns how many that is.
std::size_t raise_descriptor_limit();

// The host's name, if it can be one: two brokers should not share a realm by accident, since a stored verifier of one
// would be as good as the password for the other.
[[nodiscard]] std::string default_realm();

}  // namespace tsp::linux_
