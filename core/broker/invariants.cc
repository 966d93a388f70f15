// SPDX-License-Identifier: Apache-2.0
//
// What must hold after every step, whatever the world did.
#include "core/base/assert.h"
#include "core/base/state_hash.h"
#include "core/broker/impl.h"

namespace tsp {

void Broker::Impl::check_invariants() const {
  pools_.check_invariants();
  sessions_.check_invariants();
  tunnels_.check_invariants();
  std::map<IPv6Prefix, std::uint32_t> offers;
  std::set<IPv6Address> inner;
  for (const auto& [id, session] : sessions_.all()) {
    if (session.tunnel) {
      const Tunnel* tunnel = tunnels_.find(*session.tunnel);
      TSP_ASSERT(tunnel != nullptr && tunnel->session == id.value);
    }
    TSP_ASSERT(session.offer || session.busy || session.dialogue.state() != session::State::Offered);
    if (!session.offer) continue;
    TSP_ASSERT(session.dialogue.authenticated());
    // The lease of an anonymous client's own tunnel has no claim beside the tunnel's, and may have ended with it.
    const bool without_claim = session.offer->tunnel.account == kAnonymous && session.offer->claims.empty();
    TSP_ASSERT(without_claim || pools_.is_claimed(host_prefix(session.offer->tunnel.inner)));
    for (const IPv6Prefix& prefix : session.offer->claims) {
      if (offered_claims_.contains(prefix)) ++offers[prefix];
    }
  }
  for (const auto& [id, claims] : claims_installing_) {
    TSP_ASSERT(tunnels_.find(id) != nullptr && tunnels_.find(id)->state == tunnel::TunnelState::Installing);
    for (const IPv6Prefix& prefix : claims) {
      if (offered_claims_.contains(prefix)) ++offers[prefix];
    }
  }
  // More, if one is just being written down in the store.
  for (const auto& [prefix, count] : offers) TSP_ASSERT(offered_claims_.at(prefix).offers >= count);
  for (const auto& [id, tunnel] : tunnels_.all()) {
    const TunnelRecord& record = tunnel.record;
    TSP_ASSERT(pools_.is_claimed(host_prefix(record.inner)));
    if (record.delegated) TSP_ASSERT(pools_.is_claimed(*record.delegated));
    const bool installing = tunnel.state == tunnel::TunnelState::Installing;
    TSP_ASSERT(!installing || paths_installing_.contains(record.path));
    // Each live tunnel has one deadline, or is being asked about.
    TSP_ASSERT(!installing || !idle_deadlines_.contains(id));
    if (!installing) TSP_ASSERT(inner.insert(record.inner).second);
    if (tunnel.session) TSP_ASSERT(sessions_.all().contains(session::SessionId{*tunnel.session}));
  }
  TSP_ASSERT(accounts_installing_.size() <= paths_installing_.size());
  TSP_ASSERT(!stopped_ || ledger_.in_flight() == 0);
}

std::uint64_t Broker::Impl::state_hash() const {
  StateHash hash;
  sessions_.add_to(hash);
  tunnels_.add_to(hash);
  pools_.add_to(hash);
  ledger_.add_to(hash);
  hash.add(now_.mono.since_boot.count()).add(ready_).add(store_available_).add(stopping_).add(drain_.has_value());
  hash.add(probe_.has_value()).add(erasing_.size()).add(known_brokers_.all().size()).add(announcing_);
  hash.add(offered_claims_.size()).add(deferred_.size()).add(orders_.size()).add(updates_.size());
  hash.add(published_.size()).add(following_);
  hash.add(counters_.sessions_started).add(counters_.auth_failed).add(counters_.offers_made);
  return hash.value();
}

}  // namespace tsp
