// SPDX-License-Identifier: Apache-2.0
//
// What an operator forgets: settings of the host without which tunnels come up but carry nothing.
#pragma once

#include <string>
#include <vector>

namespace tsp::linux_ {

// One line for each thing that is wrong, with the command that sets it right; empty: all is well. Changes nothing. A
// host that cannot be asked gives a warning that says so.
[[nodiscard]] std::vector<std::string> host_warnings();
// The same of IPv4, for a host that serves v4v6 tunnels.
[[nodiscard]] std::vector<std::string> ipv4_host_warnings();

}  // namespace tsp::linux_
