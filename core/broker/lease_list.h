// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tsp/store.h>

namespace tsp::broker {

// What an account has, in the order of the prefixes.
[[nodiscard]] std::vector<Lease> leases_of(const AccountRecord& record);
// The one of exactly this prefix, or null.
[[nodiscard]] const Lease* find_lease(const std::vector<Lease>& leases, const IPv6Prefix& prefix);

}  // namespace tsp::broker
