// SPDX-License-Identifier: Apache-2.0
//
// Who has what, and had.
#include <algorithm>
#include <ranges>

#include "adapters/sim/store_contents.h"

namespace tsp::sim {
namespace {

bool is_wanted(const HistoryEntry& entry, const ReadHistory& wanted) {
  const TunnelRecord& tunnel = entry.tunnel;
  const bool in_range = !wanted.range || wanted.range->contains(tunnel.inner) ||
                        (tunnel.delegated && tunnel.delegated->overlaps(*wanted.range));
  const bool at_that_time = !wanted.at || (tunnel.created <= *wanted.at && (!entry.ended || *entry.ended > *wanted.at));
  return in_range && at_that_time && (!wanted.login || *wanted.login == tunnel.login);
}

}  // namespace

std::vector<HistoryEntry> StoreContents::read(const ReadHistory& wanted) const {
  std::vector<HistoryEntry> found;
  if (!wanted.before && (wanted.range || wanted.login)) {
    for (const auto& [id, tunnel] : tunnels_) {
      const HistoryEntry live{.tunnel = tunnel};
      if (is_wanted(live, wanted)) found.push_back(live);
    }
  }
  std::uint32_t ended = 0;
  for (const HistoryEntry& entry : history_ | std::views::reverse) {
    if (ended == wanted.limit) break;
    if ((wanted.before && entry.entry >= *wanted.before) || !is_wanted(entry, wanted)) continue;
    found.push_back(entry);
    ++ended;
  }
  return found;
}

std::vector<Lease> StoreContents::read(const ListLeases& wanted) const {
  std::vector<Lease> found;
  for (const auto& [prefix, claim] : claims_) {
    if (found.size() == wanted.limit) break;
    if (wanted.after && prefix <= *wanted.after) continue;
    if (wanted.range && !prefix.overlaps(*wanted.range)) continue;
    const auto owner = accounts_.find(claim.owner);
    found.push_back({.claim = claim, .login = owner == accounts_.end() ? "" : owner->second.login});
  }
  return found;
}

}  // namespace tsp::sim
