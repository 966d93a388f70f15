// SPDX-License-Identifier: Apache-2.0
#include "core/client/lan_prefix.h"

#include <algorithm>

namespace tsp::client {

// One of IPv4 is mapped, longer than 96.
IPv6Prefix lan_prefix(const IPv6Prefix& delegated) {
  return make_prefix(delegated.base, std::max<unsigned>(delegated.length, 64));
}

}  // namespace tsp::client
