// SPDX-License-Identifier: Apache-2.0
//
// A pool beside a list of claims, which is asked the same by brute force: for tests, which choose what happens to both.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/pool/number.h"
#include "core/pool/pool.h"

namespace tsp::pool {

[[nodiscard]] inline std::vector<PoolLayout> model_layouts() {
  const auto prefix = [](std::string_view text) { return *parse_prefix(text); };
  const PoolLayout first{.prefix = prefix("2001:db8::/56"),
                         .server_address = *parse_ipv6("2001:db8::1"),
                         .hosts = prefix("2001:db8::/123"),
                         .anonymous = prefix("2001:db8::20/123"),
                         .delegations = {prefix("2001:db8:0:10::/60"), prefix("2001:db8:0:20::/59")}};
  PoolLayout without_anonymous = first;
  without_anonymous.anonymous.reset();
  without_anonymous.hosts = prefix("2001:db8::/122");
  PoolLayout moved = first;
  moved.server_address = *parse_ipv6("2001:db8:0:10::7");
  moved.hosts = prefix("2001:db8:0:10::/124");
  moved.delegations = {prefix("2001:db8::/61"), prefix("2001:db8:0:2c::/62")};
  moved.anonymous = prefix("2001:db8:0:11::/125");
  return {first, without_anonymous, moved};
}

class PoolModel {
 public:
  explicit PoolModel(PoolLayout layout) : layout_(std::move(layout)) {}

  void set(const IPv6Prefix& prefix, std::optional<WallTime> until) { claims_[prefix] = until; }
  void release(const IPv6Prefix& prefix) { claims_.erase(prefix); }
  void change_layout(const PoolLayout& layout) { layout_ = layout; }

  [[nodiscard]] const PoolLayout& layout() const { return layout_; }
  [[nodiscard]] std::size_t claims() const { return claims_.size(); }
  [[nodiscard]] IPv6Prefix claim_at(std::size_t index) const {
    return std::next(claims_.begin(), static_cast<std::ptrdiff_t>(index))->first;
  }
  [[nodiscard]] bool is_free(const IPv6Prefix& prefix) const {
    return !prefix.contains(layout_.server_address) &&
           std::ranges::none_of(claims_, [&](const auto& claim) { return claim.first.overlaps(prefix); });
  }
  [[nodiscard]] std::uint64_t free_addresses(const IPv6Prefix& range) const {
    return count_free(range, 128) - is_free(host_prefix(range.base));
  }
  [[nodiscard]] std::uint64_t free_delegations(unsigned length) const {
    std::uint64_t count = 0;
    for (const IPv6Prefix& range : layout_.delegations) {
      if (range.length <= length) count += count_free(range, length);
    }
    return count;
  }
  [[nodiscard]] std::vector<IPv6Prefix> ended(WallTime now) const {
    std::vector<std::pair<WallTime, IPv6Prefix>> ends;
    for (const auto& [prefix, until] : claims_) {
      if (until && *until <= now) ends.emplace_back(*until, prefix);
    }
    std::ranges::sort(ends);
    std::vector<IPv6Prefix> prefixes;
    for (const auto& [until, prefix] : ends) prefixes.push_back(prefix);
    return prefixes;
  }

 private:
  [[nodiscard]] std::uint64_t count_free(const IPv6Prefix& range, unsigned length) const {
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < std::uint64_t{1} << (length - range.length); ++i) {
      const Number base = to_number(range.base) | (Number{i} << (128 - length));
      count += is_free({to_address(base), static_cast<std::uint8_t>(length)});
    }
    return count;
  }

  PoolLayout layout_;
  std::map<IPv6Prefix, std::optional<WallTime>> claims_;
};

class PoolAndModel {
 public:
  void claim(const IPv6Prefix& prefix) {
    pool_.claim(prefix);
    model_.set(prefix, std::nullopt);
  }
  void quarantine(const IPv6Prefix& prefix, WallTime until) {
    pool_.quarantine(prefix, until);
    model_.set(prefix, until);
  }
  void release(const IPv6Prefix& prefix) {
    pool_.release(prefix);
    model_.release(prefix);
  }
  // What the pool would give out now.
  void claim_choices(Random& random, unsigned length) {
    if (const auto address = pool_.choose_host(random)) claim(host_prefix(*address));
    if (const auto address = pool_.choose_anonymous(random)) claim(host_prefix(*address));
    if (const auto delegation = pool_.choose_delegation(length)) claim(*delegation);
  }
  void change_layout(const PoolLayout& layout) {
    pool_.change_layout(layout);
    model_.change_layout(layout);
  }

  [[nodiscard]] const PoolModel& model() const { return model_; }
  // In what the two are not alike; none if in nothing.
  [[nodiscard]] std::optional<std::string> find_difference(WallTime now, Random& random) const;

 private:
  [[nodiscard]] bool sound(const IPv6Prefix& range, const std::optional<IPv6Address>& choice) const {
    if (!choice) return model_.free_addresses(range) == 0;
    return range.contains(*choice) && *choice != range.base && model_.is_free(host_prefix(*choice));
  }
  [[nodiscard]] bool delegations_alike(unsigned length) const {
    const std::uint64_t free = model_.free_delegations(length);
    const auto choice = pool_.choose_delegation(length);
    return pool_.delegations_available(length) == free && choice.has_value() == (free > 0) &&
           (!choice || model_.is_free(*choice));
  }

  Pool pool_{model_layouts().front()};
  PoolModel model_{model_layouts().front()};
};

inline std::optional<std::string> PoolAndModel::find_difference(WallTime now, Random& random) const {
  pool_.check_invariants();
  const PoolLayout& layout = model_.layout();
  if (pool_.claims() != model_.claims()) return "number of claims";
  if (pool_.hosts_available() != model_.free_addresses(layout.hosts)) return "number of free hosts";
  if (!sound(layout.hosts, pool_.choose_host(random))) return "choice of a host";
  if (layout.anonymous && pool_.anonymous_available() != model_.free_addresses(*layout.anonymous)) {
    return "number of free anonymous addresses";
  }
  if (layout.anonymous && !sound(*layout.anonymous, pool_.choose_anonymous(random)))
    return "choice of an anonymous one";
  for (unsigned length = 58; length <= 64; ++length) {
    if (!delegations_alike(length)) return "delegations of length " + std::to_string(length);
  }
  if (pool_.ended_quarantines(now, 1000) != model_.ended(now)) return "ended quarantines";
  return std::nullopt;
}

}  // namespace tsp::pool
