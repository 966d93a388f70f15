// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <tsp/store.h>

namespace tsp::broker {

// To ask for at one prefix: more than an account can have of different lengths.
inline constexpr std::uint32_t kLeasesAround = 32;

// What an account has, in the order of the prefixes.
[[nodiscard]] std::vector<Lease> leases_of(const AccountRecord& record);
// The one of exactly this prefix, or null.
[[nodiscard]] const Lease* find_lease(const std::vector<Lease>& leases, const IPv6Prefix& prefix);

}  // namespace tsp::broker
