// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/tunnel_book.h"

#include <utility>

#include "core/base/assert.h"
#include "core/base/source.h"

namespace tsp::tunnel {
namespace {

using Counts = std::map<IPv6Address, std::uint32_t>;

std::uint32_t count_of(const Counts& counts, const IPv6Address& source) {
  const auto entry = counts.find(source);
  return entry == counts.end() ? 0 : entry->second;
}

void count_down(Counts& counts, const IPv6Address& source) {
  const auto entry = counts.find(source);
  TSP_ASSERT(entry != counts.end());
  if (--entry->second == 0) counts.erase(entry);
}

}  // namespace

TunnelSpec spec_of(const TunnelRecord& record) {
  return {.id = record.id,
          .type = record.type,
          .path = record.path,
          .inner = record.inner,
          .delegated = record.delegated,
          .server_address = record.server_address,
          .mtu = record.mtu,
          .confirmed = record.confirmed};
}

Tunnel& TunnelBook::add(Tunnel tunnel) {
  const TunnelId id = tunnel.record.id;
  TSP_ASSERT(id.value != 0);
  TSP_ASSERT(tunnel.state == TunnelState::Installing);
  const auto [entry, inserted] = tunnels_.emplace(id, std::move(tunnel));
  TSP_ASSERT(inserted);
  const TunnelRecord& record = entry->second.record;
  const IPv6Address source = source_of(record.path.remote.address);
  if (record.account == kAnonymous) ++anonymous_by_source_[source];
  ++all_by_source_[source];
  ++counts_[{record.type, TunnelState::Installing}];
  return entry->second;
}

void TunnelBook::move_to(Tunnel& tunnel, TunnelState next) {
  TSP_ASSERT(has_edge(kEdges, tunnel.state, next));
  --counts_[{tunnel.record.type, tunnel.state}];
  ++counts_[{tunnel.record.type, next}];
  tunnel.state = next;
}

std::uint64_t TunnelBook::count(TunnelType type, TunnelState state) const {
  const auto entry = counts_.find({type, state});
  return entry == counts_.end() ? 0 : entry->second;
}

void TunnelBook::activate(Tunnel& tunnel) {
  move_to(tunnel, TunnelState::Active);
  const TunnelRecord& record = tunnel.record;
  if (record.account != kAnonymous) {
    const bool free = by_account_.emplace(record.account, record.id).second;
    TSP_ASSERT(free);
  }
  const bool free = by_path_.emplace(record.path, record.id).second;
  TSP_ASSERT(free);
}

void TunnelBook::remove(TunnelId id) {
  const auto entry = tunnels_.find(id);
  TSP_ASSERT(entry != tunnels_.end());
  const TunnelRecord& record = entry->second.record;
  const IPv6Address source = source_of(record.path.remote.address);
  if (record.account == kAnonymous) count_down(anonymous_by_source_, source);
  count_down(all_by_source_, source);
  if (entry->second.state != TunnelState::Installing) {
    if (record.account != kAnonymous) by_account_.erase(record.account);
    by_path_.erase(record.path);
  }
  move_to(entry->second, TunnelState::Gone);
  counts_.erase({record.type, TunnelState::Gone});
  tunnels_.erase(entry);
}

Tunnel* TunnelBook::find(TunnelId id) {
  const auto entry = tunnels_.find(id);
  return entry == tunnels_.end() ? nullptr : &entry->second;
}

const Tunnel* TunnelBook::find(TunnelId id) const {
  const auto entry = tunnels_.find(id);
  return entry == tunnels_.end() ? nullptr : &entry->second;
}

Tunnel* TunnelBook::by_account(AccountId account) {
  const auto entry = by_account_.find(account);
  return entry == by_account_.end() ? nullptr : find(entry->second);
}

Tunnel* TunnelBook::by_path(const FourTuple& path) {
  const auto entry = by_path_.find(path);
  return entry == by_path_.end() ? nullptr : find(entry->second);
}

std::uint32_t TunnelBook::anonymous_from(const IPv6Address& address) const {
  return count_of(anonymous_by_source_, source_of(address));
}

std::uint32_t TunnelBook::all_from(const IPv6Address& address) const {
  return count_of(all_by_source_, source_of(address));
}

void TunnelBook::check_invariants() const {
  std::size_t counted = 0;
  for (const auto& [source, count] : all_by_source_) counted += count;
  TSP_ASSERT(counted == tunnels_.size());
  std::size_t indexed = 0;
  auto uncounted = counts_;
  for (const auto& [id, tunnel] : tunnels_) {
    std::uint64_t& left = uncounted[{tunnel.record.type, tunnel.state}];
    TSP_ASSERT(left > 0);
    --left;
    TSP_ASSERT(id == tunnel.record.id);
    if (tunnel.state == TunnelState::Installing) continue;
    ++indexed;
    const auto path = by_path_.find(tunnel.record.path);
    TSP_ASSERT(path != by_path_.end() && path->second == id);
    if (tunnel.record.account == kAnonymous) continue;
    const auto account = by_account_.find(tunnel.record.account);
    TSP_ASSERT(account != by_account_.end() && account->second == id);
  }
  TSP_ASSERT(by_path_.size() == indexed);
  for (const auto& [kind, count] : uncounted) TSP_ASSERT(count == 0);
}

void TunnelBook::add_to(StateHash& hash) const {
  hash.add(tunnels_.size());
  for (const auto& [id, tunnel] : tunnels_) {
    const TunnelRecord& record = tunnel.record;
    hash.add(id.value).add(record.account.value).add(tunnel.state).add(ByteView(record.inner.octets));
    hash.add(ByteView(record.path.remote.address.octets)).add(record.path.remote.port).add(record.confirmed);
    hash.add(record.keepalive_seconds).add(record.delegated ? record.delegated->length : 0);
  }
}

}  // namespace tsp::tunnel
