// SPDX-License-Identifier: Apache-2.0
#include "core/pool/pools.h"

#include <algorithm>

namespace tsp::pool {
namespace {

// A range of one address has none to give.
PoolLayout nothing() {
  const IPv6Prefix none = map_ipv4(IPv4Address{}, 32);
  return {.prefix = none, .server_address = none.base, .hosts = none};
}

}  // namespace

Pools::Pools(const PoolLayout& ipv6, const std::optional<PoolLayout>& ipv4)
    : ipv6_(ipv6), ipv4_(ipv4.value_or(nothing())) {}

std::vector<IPv6Prefix> Pools::ended_quarantines(WallTime now, std::size_t limit) const {
  std::vector<IPv6Prefix> ended = ipv6_.ended_quarantines(now, limit);
  const std::vector<IPv6Prefix> more = ipv4_.ended_quarantines(now, limit - ended.size());
  ended.insert(ended.end(), more.begin(), more.end());
  return ended;
}

std::optional<WallTime> Pools::next_quarantine_end() const {
  const auto first = ipv6_.next_quarantine_end();
  const auto second = ipv4_.next_quarantine_end();
  return first && second ? std::min(first, second) : std::max(first, second);
}

void Pools::change_layouts(const PoolLayout& ipv6, const std::optional<PoolLayout>& ipv4) {
  if (ipv6 != ipv6_.layout()) ipv6_.change_layout(ipv6);
  if (const PoolLayout layout = ipv4.value_or(nothing()); layout != ipv4_.layout()) ipv4_.change_layout(layout);
}

void Pools::check_invariants() const {
  ipv6_.check_invariants();
  ipv4_.check_invariants();
}

void Pools::add_to(StateHash& hash) const {
  ipv6_.add_to(hash);
  ipv4_.add_to(hash);
}

}  // namespace tsp::pool
