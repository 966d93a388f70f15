// SPDX-License-Identifier: Apache-2.0
//
// What is not free, of all of one family that a broker may give out. Who owns what is the store's knowledge; the pool
// only chooses among what is free, and remembers when quarantines end. Claims outside the layout (an imported
// account's, or of an earlier configuration) are remembered and never offered to anybody else.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <tsp/address.h>
#include <tsp/config.h>
#include <tsp/store.h>
#include <tsp/time.h>

#include "core/base/random.h"
#include "core/base/state_hash.h"
#include "core/pool/address_pool.h"
#include "core/pool/prefix_pool.h"

namespace tsp::pool {

class Pool {
 public:
  // Here and below: a layout without a fault (layout.h).
  explicit Pool(const PoolLayout& layout);

  [[nodiscard]] std::optional<IPv6Address> choose_host(Random& random) const;
  [[nodiscard]] std::optional<IPv6Address> choose_anonymous(Random& random) const;
  [[nodiscard]] std::optional<IPv6Prefix> choose_delegation(unsigned length) const;

  // The prefix (or /128) is claimed from now on. Claiming what is claimed is harmless; a quarantine ends.
  void claim(const IPv6Prefix& prefix);
  // Not free before `until`.
  void quarantine(const IPv6Prefix& prefix, WallTime until);
  // Free at once, as far as no other claim covers it. Releasing what is not claimed is harmless.
  void release(const IPv6Prefix& prefix);

  // Quarantines that have ended, at most `limit`. They stay claimed until release(), so that the store can be told
  // first. The one that ended first comes first.
  [[nodiscard]] std::vector<IPv6Prefix> ended_quarantines(WallTime now, std::size_t limit) const;
  [[nodiscard]] std::optional<WallTime> next_quarantine_end() const;
  // None: it is not in quarantine.
  [[nodiscard]] std::optional<WallTime> quarantine_end(const IPv6Prefix& prefix) const;

  // The same claims under another layout. O(n log n).
  void change_layout(const PoolLayout& layout);

  [[nodiscard]] const PoolLayout& layout() const { return space_.layout; }
  // How many are left to give out; these saturate at 2^64 - 1 and 2^63.
  [[nodiscard]] std::uint64_t hosts_available() const { return space_.hosts.available(); }
  [[nodiscard]] std::uint64_t anonymous_available() const;
  [[nodiscard]] std::uint64_t delegations_available(unsigned length) const;

  // Whether an account can be given this address or prefix: at all, whoever has it now, and now.
  [[nodiscard]] bool gives_out(const IPv6Prefix& prefix) const;
  [[nodiscard]] bool is_free(const IPv6Prefix& prefix) const;

  [[nodiscard]] std::uint64_t claims() const { return claims_.size(); }
  [[nodiscard]] std::uint64_t quarantined() const { return quarantine_ends_.size(); }
  [[nodiscard]] bool is_claimed(const IPv6Prefix& prefix) const { return claims_.contains(prefix); }
  // Whether no claim is it, holds it or lies in it.
  [[nodiscard]] bool is_unclaimed(const IPv6Prefix& prefix) const {
    return !is_claimed(prefix) && !inside_claim(prefix) && !holds_claim(prefix);
  }
  void check_invariants() const;
  void add_to(StateHash& hash) const;

 private:
  // What a layout has to give, less what is claimed.
  struct Space {
    explicit Space(const PoolLayout& given);
    void take(const IPv6Prefix& prefix);

    PoolLayout layout;
    AddressPool hosts;
    std::optional<AddressPool> anonymous;
    PrefixPool delegations;

    friend bool operator==(const Space&, const Space&) = default;
  };
  using Claims = std::map<IPv6Prefix, std::optional<WallTime>>;  // with the end of a quarantine

  [[nodiscard]] Space space_under(const PoolLayout& layout) const;
  // Sets when the claim's quarantine ends, and makes the claim if there is none.
  void set_claim(const IPv6Prefix& prefix, std::optional<WallTime> until);
  void give_back(const IPv6Prefix& prefix);
  void take_inner_claims(const IPv6Prefix& prefix);
  [[nodiscard]] bool inside_claim(const IPv6Prefix& prefix) const;
  [[nodiscard]] bool holds_claim(const IPv6Prefix& prefix) const;

  Space space_;
  Claims claims_;
  std::array<std::uint64_t, 129> claims_of_length_{};  // spares searching for lengths that nobody has
  std::set<std::pair<WallTime, IPv6Prefix>> quarantine_ends_;
};

}  // namespace tsp::pool
