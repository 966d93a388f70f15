// SPDX-License-Identifier: Apache-2.0
//
// What follows from the keys that are set, and whether they agree with each other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <tsp/address.h>

#include "adapters/linux/config/daemon_config.h"

namespace tsp::linux_ {

struct ConfigFault {
  std::string key;
  std::string message;
};

// Whether an entry of a list is one more of an entry before it.
template <class T>
[[nodiscard]] bool is_repeated(const std::vector<T>& list, std::size_t place) {
  const auto entry = list.begin() + static_cast<std::ptrdiff_t>(place);
  return std::find(list.begin(), entry, *entry) != entry;
}

// Fills in what is derived. The configuration may be used only if no fault is returned.
[[nodiscard]] std::vector<ConfigFault> settle(DaemonConfig& config, const std::vector<IPv6Address>& host_addresses);

}  // namespace tsp::linux_
