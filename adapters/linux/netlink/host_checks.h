// SPDX-License-Identifier: Apache-2.0
//
// What an operator forgets: settings of the host without which tunnels come up but carry nothing.
#pragma once

#include <string>
#include <vector>

#include "adapters/linux/netlink/route_socket.h"

namespace tsp::linux_ {

// One line for each thing that is wrong, with the command that sets it right; empty: all is well. Changes nothing.
[[nodiscard]] std::vector<std::string> host_warnings(const RouteSocket& socket);
// The same with a socket of its own. A host that cannot be asked gives a warning that says so.
[[nodiscard]] std::vector<std::string> host_warnings();

}  // namespace tsp::linux_
