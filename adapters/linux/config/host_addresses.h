// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tsp/address.h>

namespace tsp::linux_ {

// The host's IPv4 addresses except 127.0.0.0/8, from which nobody but the host itself can send. Empty if the host
// does not tell.
[[nodiscard]] std::vector<IPv4Address> host_ipv4_addresses();

}  // namespace tsp::linux_
