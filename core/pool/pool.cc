// SPDX-License-Identifier: Apache-2.0
#include "core/pool/pool.h"

#include <algorithm>

#include "core/base/assert.h"

namespace tsp::pool {
namespace {

// What cannot be delegated to anybody else because of a claim: at least a /64.
IPv6Prefix delegation_around(const PrefixPool& delegations, const IPv6Prefix& claim) {
  return make_prefix(claim.base, std::min<unsigned>(claim.length, delegations.length_max()));
}

std::optional<AddressPool> make_anonymous(const PoolLayout& layout) {
  return layout.anonymous ? std::optional<AddressPool>(*layout.anonymous) : std::nullopt;
}

}  // namespace

Pool::Space::Space(const PoolLayout& given)
    : layout(given), hosts(given.hosts), anonymous(make_anonymous(given)), delegations(given.delegations) {
  take(host_prefix(layout.server_address));
}

void Pool::Space::take(const IPv6Prefix& prefix) {
  hosts.take_all(prefix);
  if (anonymous) anonymous->take_all(prefix);
  delegations.take_all(delegation_around(delegations, prefix));
}

Pool::Pool(const PoolLayout& layout) : space_(layout) {}

std::optional<IPv6Address> Pool::choose_host(Random& random) const {
  return space_.hosts.choose(random);
}

std::optional<IPv6Address> Pool::choose_anonymous(Random& random) const {
  return space_.anonymous ? space_.anonymous->choose(random) : std::nullopt;
}

std::optional<IPv6Prefix> Pool::choose_delegation(unsigned length) const {
  return space_.delegations.choose(length);
}

void Pool::claim(const IPv6Prefix& prefix) {
  set_claim(prefix, std::nullopt);
}

void Pool::quarantine(const IPv6Prefix& prefix, WallTime until) {
  set_claim(prefix, until);
}

void Pool::release(const IPv6Prefix& prefix) {
  const auto claim = claims_.find(prefix);
  if (claim == claims_.end()) return;
  if (claim->second) quarantine_ends_.erase({*claim->second, prefix});
  claims_.erase(claim);
  --claims_of_length_[prefix.length];
  give_back(prefix);
}

std::vector<IPv6Prefix> Pool::ended_quarantines(WallTime now, std::size_t limit) const {
  std::vector<IPv6Prefix> ended;
  for (const auto& [until, prefix] : quarantine_ends_) {
    if (until > now || ended.size() >= limit) break;
    ended.push_back(prefix);
  }
  return ended;
}

std::optional<WallTime> Pool::next_quarantine_end() const {
  return quarantine_ends_.empty() ? std::nullopt : std::optional(quarantine_ends_.begin()->first);
}

std::optional<WallTime> Pool::quarantine_end(const IPv6Prefix& prefix) const {
  const auto claim = claims_.find(prefix);
  return claim == claims_.end() ? std::nullopt : claim->second;
}

void Pool::change_layout(const PoolLayout& layout) {
  space_ = space_under(layout);
}

std::uint64_t Pool::anonymous_available() const {
  return space_.anonymous ? space_.anonymous->available() : 0;
}

std::uint64_t Pool::delegations_available(unsigned length) const {
  return space_.delegations.available(length);
}

bool Pool::gives_out(const IPv6Prefix& prefix) const {
  const PoolLayout& layout = space_.layout;
  if (prefix.length == 128) {
    return layout.hosts.contains(prefix.base) && prefix.base != layout.hosts.base &&
           prefix.base != layout.server_address;
  }
  return prefix.length <= space_.delegations.length_max() &&
         std::ranges::any_of(layout.delegations, [&](const IPv6Prefix& block) { return block.contains(prefix); });
}

bool Pool::is_free(const IPv6Prefix& prefix) const {
  if (prefix.length == 128) return space_.hosts.is_free(prefix.base);
  return space_.delegations.is_free(prefix);
}

Pool::Space Pool::space_under(const PoolLayout& layout) const {
  Space space(layout);
  for (const auto& [prefix, until] : claims_) space.take(prefix);
  return space;
}

void Pool::set_claim(const IPv6Prefix& prefix, std::optional<WallTime> until) {
  const auto claim = claims_.lower_bound(prefix);
  if (claim == claims_.end() || claim->first != prefix) {
    claims_.emplace_hint(claim, prefix, until);
    ++claims_of_length_[prefix.length];
    space_.take(prefix);
  } else {
    if (claim->second) quarantine_ends_.erase({*claim->second, prefix});
    claim->second = until;
  }
  if (until) quarantine_ends_.emplace(*until, prefix);
}

// Frees what was claimed by `prefix`, then takes again what others claim of it.
void Pool::give_back(const IPv6Prefix& prefix) {
  if (inside_claim(prefix)) return;
  space_.hosts.release_all(prefix);
  if (space_.anonymous) space_.anonymous->release_all(prefix);
  const IPv6Prefix delegation = delegation_around(space_.delegations, prefix);
  if (delegation == prefix || !holds_claim(delegation)) space_.delegations.release_all(delegation);
  take_inner_claims(prefix);
  if (prefix.contains(space_.layout.server_address)) space_.take(host_prefix(space_.layout.server_address));
}

void Pool::take_inner_claims(const IPv6Prefix& prefix) {
  if (prefix.length == 128) return;
  for (auto inner = claims_.lower_bound(prefix); inner != claims_.end() && prefix.contains(inner->first); ++inner) {
    space_.take(inner->first);
  }
}

// Whether another claim covers all of it.
bool Pool::inside_claim(const IPv6Prefix& prefix) const {
  for (unsigned length = 0; length < prefix.length; ++length) {
    if (claims_of_length_[length] > 0 && claims_.contains(make_prefix(prefix.base, length))) return true;
  }
  return false;
}

// Whether a claim lies in it.
bool Pool::holds_claim(const IPv6Prefix& prefix) const {
  const auto first = claims_.lower_bound(prefix);
  return first != claims_.end() && prefix.contains(first->first);
}

void Pool::check_invariants() const {
  space_.hosts.check_invariants();
  if (space_.anonymous) space_.anonymous->check_invariants();
  space_.delegations.check_invariants();
  // What is free follows from the claims alone, however they came about.
  TSP_ASSERT(space_ == space_under(space_.layout));

  std::size_t quarantined = 0;
  std::array<std::uint64_t, 129> of_length{};
  for (const auto& [prefix, until] : claims_) {
    ++of_length[prefix.length];
    if (!until) continue;
    ++quarantined;
    TSP_ASSERT(quarantine_ends_.contains({*until, prefix}));
  }
  TSP_ASSERT(of_length == claims_of_length_);
  TSP_ASSERT(quarantined == quarantine_ends_.size());
}

void Pool::add_to(StateHash& hash) const {
  hash.add(claims_.size());
  for (const auto& [prefix, until] : claims_) {
    hash.add(ByteView(prefix.base.octets)).add(prefix.length);
    hash.add(until ? until->since_epoch.count() : 0).add(until.has_value());
  }
}

}  // namespace tsp::pool
