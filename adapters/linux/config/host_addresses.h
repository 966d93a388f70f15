// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tsp/address.h>

namespace tsp::linux_ {

// The host's addresses of both families, IPv4 first and mapped, except those from which nobody but the host itself or
// its neighbours can send: 127.0.0.0/8, ::1 and fe80::/10. Empty if the host does not tell.
[[nodiscard]] std::vector<IPv6Address> host_addresses();

}  // namespace tsp::linux_
