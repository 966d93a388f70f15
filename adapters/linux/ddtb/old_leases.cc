// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/ddtb/old_leases.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

namespace tsp::linux_::ddtb {
namespace {

// Those of the account's rows that are prefixes, the newest last, each once.
std::vector<IPv6Prefix> prefixes_of(const std::vector<const OldPrefix*>& rows, OldLease& lease) {
  std::vector<IPv6Prefix> prefixes;
  for (const OldPrefix* row : rows) {
    const auto prefix = parse_prefix(row->prefix);
    if (!prefix) {
      lease.notes.push_back("its prefix '" + row->prefix + "' is not kept: it is not one of IPv6");
    } else if (std::ranges::find(prefixes, *prefix) == prefixes.end()) {
      prefixes.push_back(*prefix);
    }
  }
  return prefixes;
}

std::optional<IPv6Address> at(const IPv6Prefix& prefix, pool::Number place) {
  const IPv6Address address = pool::to_address(pool::to_number(prefix.base) + place);
  return prefix.contains(address) ? std::optional(address) : std::nullopt;
}

}  // namespace

OldLeases::OldLeases(const OldBase& base) : base_(base) {
  for (const OldClient& client : base.clients) rows_.try_emplace(client.id);
  for (const OldPrefix& prefix : base.prefixes) {
    const auto rows = prefix.client ? rows_.find(*prefix.client) : rows_.end();
    if (rows != rows_.end()) rows->second.prefixes.push_back(&prefix);
  }
  for (std::size_t i = 0; i < base.tunnels.size(); ++i) {
    const OldTunnel& tunnel = base.tunnels[i];
    const auto rows = tunnel.client ? rows_.find(*tunnel.client) : rows_.end();
    if (rows != rows_.end()) rows->second.tunnels.push_back(i);
    if (const auto places = places_in(tunnel)) places_ = *places;
  }
}

OldLease OldLeases::of(const OldClient& client) const {
  OldLease lease;
  const Rows& rows = rows_.at(client.id);
  const std::vector<IPv6Prefix> prefixes = prefixes_of(rows.prefixes, lease);
  if (!prefixes.empty()) lease.prefix = prefixes.back();
  const OldTunnel* newest = rows.tunnels.empty() ? nullptr : &base_.tunnels[rows.tunnels.back()];
  for (const std::size_t i : rows.tunnels | std::views::reverse) {
    const auto prefix = parse_prefix(base_.tunnels[i].prefix);
    if (!prefix || std::ranges::find(prefixes, *prefix) == prefixes.end()) continue;
    lease.prefix = prefix;
    newest = &base_.tunnels[i];
    break;
  }
  for (const IPv6Prefix& other : prefixes) {
    if (other == *lease.prefix) continue;
    lease.notes.push_back("its prefix " + to_text(other) + " is not kept: an account has one here, and " +
                          to_text(*lease.prefix) + " is the one that it had last");
  }
  if (newest != nullptr) {
    read_ends(*newest, lease);
  } else if (lease.prefix) {
    place_ends(lease);
  }
  return lease;
}

std::size_t OldLeases::recency(const OldClient& client) const {
  const Rows& rows = rows_.at(client.id);
  return rows.tunnels.empty() ? 0 : rows.tunnels.back() + 1;
}

std::vector<std::string> OldLeases::orphans() const {
  std::vector<std::string> prefixes;
  for (const OldPrefix& prefix : base_.prefixes) {
    if (prefix.client && !rows_.contains(*prefix.client)) prefixes.push_back(prefix.prefix);
  }
  return prefixes;
}

std::optional<OldLeases::Places> OldLeases::places_in(const OldTunnel& tunnel) const {
  const auto prefix = parse_prefix(tunnel.prefix);
  const auto client = parse_ipv6(tunnel.client_address);
  const auto server = parse_ipv6(tunnel.server_address);
  if (!prefix || !client || !server || !prefix->contains(*client) || !prefix->contains(*server)) return std::nullopt;
  const pool::Number base = pool::to_number(prefix->base);
  return Places{.server = pool::to_number(*server) - base, .client = pool::to_number(*client) - base};
}

void OldLeases::read_ends(const OldTunnel& tunnel, OldLease& lease) const {
  lease.address = parse_ipv6(tunnel.client_address);
  lease.server_address = parse_ipv6(tunnel.server_address);
  if (!lease.address) {
    lease.notes.push_back("its address '" + tunnel.client_address + "' is not kept: it is not one of IPv6");
  }
}

void OldLeases::place_ends(OldLease& lease) const {
  lease.address = at(*lease.prefix, places_.client);
  lease.server_address = at(*lease.prefix, places_.server);
}

}  // namespace tsp::linux_::ddtb
