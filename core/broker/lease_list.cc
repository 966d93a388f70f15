// SPDX-License-Identifier: Apache-2.0
#include "core/broker/lease_list.h"

#include <algorithm>

namespace tsp::broker {

std::vector<Lease> leases_of(const AccountRecord& record) {
  std::vector<Lease> leases;
  const auto add = [&](const Claim& claim) { leases.push_back({.claim = claim, .login = record.account.login}); };
  for (const auto* address : {&record.address, &record.ipv4_address}) {
    if (*address) add(**address);
  }
  for (const auto* prefixes : {&record.prefixes, &record.ipv4_prefixes, &record.quarantined}) {
    std::ranges::for_each(*prefixes, add);
  }
  std::ranges::sort(leases, {}, [](const Lease& lease) { return lease.claim.prefix; });
  return leases;
}

const Lease* find_lease(const std::vector<Lease>& leases, const IPv6Prefix& prefix) {
  const auto found = std::ranges::find(leases, prefix, [](const Lease& lease) { return lease.claim.prefix; });
  return found == leases.end() ? nullptr : &*found;
}

}  // namespace tsp::broker
