// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include <tsp/address.h>

namespace tsp::linux_ {

// The host's addresses of both families, IPv4 first and mapped, except those from which nobody but the host itself or
// its neighbours can send: 127.0.0.0/8, ::1 and fe80::/10. Empty if the host does not tell.
[[nodiscard]] std::vector<IPv6Address> host_addresses();

// By which strangers may reach the host, of its addresses of one family: the first that the Internet routes, or else
// the first. What lies in `pool` is the broker's end inside of tunnels. None: there is none.
[[nodiscard]] std::optional<IPv6Address> most_public(const std::vector<IPv6Address>& addresses, bool ipv4,
                                                     const IPv6Prefix& pool);

}  // namespace tsp::linux_
