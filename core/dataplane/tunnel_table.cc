// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/tunnel_table.h"

#include <algorithm>

#include "core/base/assert.h"

namespace tsp::dataplane {
namespace {

// The spec with what it becomes by itself taken out: a tunnel is confirmed by its first packet.
TunnelSpec unconfirmed(TunnelSpec spec) {
  spec.confirmed = false;
  return spec;
}

bool is_among(const std::vector<TunnelId>& ids, TunnelId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

DatapathStatus TunnelTable::install(const TunnelSpec& spec, const std::vector<TunnelId>& replaces) {
  TunnelSpec wanted = spec;
  if (const TunnelSpec* present = find(spec.id); present && unconfirmed(*present) == unconfirmed(spec)) {
    wanted.confirmed = wanted.confirmed || present->confirmed;
  } else if (present && !is_among(replaces, spec.id)) {
    return DatapathStatus::Conflict;
  }
  const auto in_the_way = [&](std::optional<TunnelId> owner) {
    return owner && *owner != spec.id && !is_among(replaces, *owner);
  };
  if (in_the_way(owner_of(spec.path)) || in_the_way(owner_of(host_prefix(spec.inner))) ||
      (spec.delegated && in_the_way(owner_of(*spec.delegated)))) {
    return DatapathStatus::Conflict;
  }
  for (const TunnelId id : replaces) remove(id);
  remove(spec.id);
  insert(wanted);
  return DatapathStatus::Done;
}

void TunnelTable::insert(const TunnelSpec& spec) {
  tunnels_.emplace(spec.id, spec);
  by_path_.emplace(spec.path, spec.id);
  by_prefix_[128].emplace(spec.inner, spec.id);
  if (spec.delegated) by_prefix_[spec.delegated->length].emplace(spec.delegated->base, spec.id);
}

bool TunnelTable::remove(TunnelId id) {
  const auto found = tunnels_.find(id);
  if (found == tunnels_.end()) return false;
  const TunnelSpec& spec = found->second;
  by_path_.erase(spec.path);
  forget(host_prefix(spec.inner));
  if (spec.delegated) forget(*spec.delegated);
  tunnels_.erase(found);
  return true;
}

void TunnelTable::forget(const IPv6Prefix& prefix) {
  const auto table = by_prefix_.find(prefix.length);
  if (table == by_prefix_.end()) return;
  table->second.erase(prefix.base);
  if (table->second.empty()) by_prefix_.erase(table);
}

std::optional<TunnelId> TunnelTable::owner_of(const FourTuple& path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<TunnelId> TunnelTable::owner_of(const IPv6Prefix& prefix) const {
  const auto table = by_prefix_.find(prefix.length);
  if (table == by_prefix_.end()) return std::nullopt;
  const auto found = table->second.find(prefix.base);
  return found == table->second.end() ? std::nullopt : std::optional(found->second);
}

TunnelSpec* TunnelTable::find(TunnelId id) {
  const auto found = tunnels_.find(id);
  return found == tunnels_.end() ? nullptr : &found->second;
}

const TunnelSpec* TunnelTable::find(TunnelId id) const {
  const auto found = tunnels_.find(id);
  return found == tunnels_.end() ? nullptr : &found->second;
}

const TunnelSpec* TunnelTable::find_by_path(const FourTuple& path) const {
  const auto owner = owner_of(path);
  return owner ? find(*owner) : nullptr;
}

const TunnelSpec* TunnelTable::find_by_inner(const IPv6Address& destination) const {
  for (const auto& [length, table] : by_prefix_) {
    if (const auto found = table.find(make_prefix(destination, length).base); found != table.end()) {
      return find(found->second);
    }
  }
  return nullptr;
}

std::vector<TunnelSpec> TunnelTable::list() const {
  std::vector<TunnelSpec> result;
  result.reserve(tunnels_.size());
  for (const auto& [id, spec] : tunnels_) result.push_back(spec);
  return result;
}

}  // namespace tsp::dataplane
