// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tsp/address.h>

namespace tsp::client {

// What a router's LAN gets of a delegated prefix: the first /64, or all of a longer one and of one of IPv4.
[[nodiscard]] IPv6Prefix lan_prefix(const IPv6Prefix& delegated);

}  // namespace tsp::client
