// SPDX-License-Identifier: Apache-2.0
//
// The two pools of a broker: IPv6 for what is inside of most tunnels, IPv4 for v4v6. A claim is of one family and
// concerns one of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <tsp/address.h>
#include <tsp/config.h>
#include <tsp/store.h>
#include <tsp/time.h>

#include "core/base/state_hash.h"
#include "core/pool/pool.h"

namespace tsp::pool {

class Pools {
 public:
  // No layout for IPv4: there is nothing of it to give out.
  Pools(const PoolLayout& ipv6, const std::optional<PoolLayout>& ipv4);

  // What a tunnel of this type has inside.
  [[nodiscard]] const Pool& of(TunnelType type) const { return carries_ipv4(type) ? ipv4_ : ipv6_; }

  // As in pool.h.
  void claim(const IPv6Prefix& prefix) { holding(prefix).claim(prefix); }
  void quarantine(const IPv6Prefix& prefix, WallTime until) { holding(prefix).quarantine(prefix, until); }
  void release(const IPv6Prefix& prefix) { holding(prefix).release(prefix); }
  [[nodiscard]] std::vector<IPv6Prefix> ended_quarantines(WallTime now, std::size_t limit) const;
  [[nodiscard]] std::optional<WallTime> next_quarantine_end() const;
  [[nodiscard]] std::optional<WallTime> quarantine_end(const IPv6Prefix& prefix) const {
    return holding(prefix).quarantine_end(prefix);
  }
  void change_layouts(const PoolLayout& ipv6, const std::optional<PoolLayout>& ipv4);
  [[nodiscard]] std::uint64_t claims() const { return ipv6_.claims() + ipv4_.claims(); }
  [[nodiscard]] std::uint64_t quarantined() const { return ipv6_.quarantined() + ipv4_.quarantined(); }
  [[nodiscard]] bool is_claimed(const IPv6Prefix& prefix) const { return holding(prefix).is_claimed(prefix); }
  [[nodiscard]] bool is_unclaimed(const IPv6Prefix& prefix) const { return holding(prefix).is_unclaimed(prefix); }
  void check_invariants() const;
  void add_to(StateHash& hash) const;

 private:
  [[nodiscard]] Pool& holding(const IPv6Prefix& prefix) { return is_mapped(prefix) ? ipv4_ : ipv6_; }
  [[nodiscard]] const Pool& holding(const IPv6Prefix& prefix) const { return is_mapped(prefix) ? ipv4_ : ipv6_; }

  Pool ipv6_;
  Pool ipv4_;
};

}  // namespace tsp::pool
