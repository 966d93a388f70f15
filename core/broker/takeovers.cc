// SPDX-License-Identifier: Apache-2.0
//
// Several brokers on one store. An account has its tunnel at one of them: who makes it a tunnel evicts the account's
// tunnels at all others in the same commit, and they find that out by asking the store again and again. A broker that
// the store is away from keeps its tunnels, whoever has been evicted meanwhile, until it can ask.
#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/broker/impl.h"

namespace tsp {

std::optional<Instant> Broker::Impl::next_takeover_check() const {
  if (!shares_store() || !ready_ || stopping_ || checking_takeovers_ || !store_available_) return std::nullopt;
  return takeover_check_at_;
}

void Broker::Impl::check_takeovers() {
  const auto due = next_takeover_check();
  if (!due || *due > now_.mono) return;
  checking_takeovers_ = true;
  announce(now_.mono + config_->store_patience);
  ask_store(
      FindEvicted{.op = {}, .broker = config_->broker}, [this](const StoreDone& done) { on_evicted(done); },
      now_.mono + config_->store_patience);
}

void Broker::Impl::on_evicted(const StoreDone& done) {
  checking_takeovers_ = false;
  takeover_check_at_ = now_.mono + config_->takeover_check_interval;
  if (done.status != StoreStatus::Done) return;
  learn_brokers(done.snapshot.brokers);
  for (const TunnelRecord& evicted : done.snapshot.tunnels) give_way(evicted);
  follow_accounts();
}

// Its record is struck when the datapath has removed it, as always.
void Broker::Impl::give_way(const TunnelRecord& evicted) {
  TSP_ASSERT(evicted.evicted);
  const bool from_before =
      std::ranges::find(outdated_records_, evicted.id, &TunnelRecord::id) != outdated_records_.end();
  if (from_before) return;
  const Tunnel* tunnel = tunnels_.find(evicted.id);
  if (tunnel == nullptr) {  // it ended by itself, as the store is just being told
    commit_for_good(end_of_record(evicted, *evicted.evicted, false));
    return;
  }
  // Otherwise it is on its way out, or the account is on its way back.
  if (tunnel->state != tunnel::TunnelState::Active || accounts_installing_.contains(evicted.account)) return;
  if (evicted.evicted == EndReason::Replaced) {
    count_eviction(*tunnel, std::nullopt);
    ++counters_.tunnels_replaced;
  }
  remove_tunnel(evicted.id, {.reason = *evicted.evicted, .then = nullptr, .by = evicted.evicted_by});
}

const TunnelRecord* Broker::Impl::tunnel_elsewhere(const std::vector<TunnelRecord>& tunnels) const {
  const auto found = std::ranges::find_if(
      tunnels, [this](const TunnelRecord& tunnel) { return tunnel.broker != config_->broker && !tunnel.evicted; });
  return found == tunnels.end() ? nullptr : &*found;
}

void Broker::Impl::evict_elsewhere(AccountId account, EndReason reason, std::vector<StoreChange>& changes) const {
  if (!shares_store() || account == kAnonymous) return;
  changes.emplace_back(EvictTunnels{.account = account, .by = config_->broker, .reason = reason});
}

}  // namespace tsp
