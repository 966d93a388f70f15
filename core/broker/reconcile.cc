// SPDX-License-Identifier: Apache-2.0
//
// The only start-up path, and the repair after the datapath lost track: list what should be, list what is, apply
// the difference.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "core/broker/impl.h"

namespace tsp {
namespace {

constexpr std::uint32_t kRepairsInFlight = 256;
constexpr Duration kRepairRetry = std::chrono::seconds(2);

}  // namespace

void Broker::Impl::load() {
  ask_store(
      LoadStore{.op = {}, .broker = config_->broker}, [this](const StoreDone& done) { on_loaded(done); }, std::nullopt);
}

// IPv4 without a pool of it is in no tunnel.
bool Broker::Impl::is_routed_here(const IPv6Prefix& prefix) const {
  if (config_->route_all_leases || (is_mapped(prefix) && !config_->ipv4_pool)) return true;
  const PoolLayout& layout = is_mapped(prefix) ? *config_->ipv4_pool : config_->pool;
  return layout.prefix.contains(prefix) ||
         std::ranges::any_of(config_->other_pools, [&](const IPv6Prefix& other) { return other.contains(prefix); });
}

// After a change of the prefix accounts keep what they have, which then leads nowhere unless it is still routed here.
void Broker::Impl::report_claims_outside(const std::vector<Claim>& claims) {
  const auto is_outside = [this](const Claim& claim) {
    return claim.state == ClaimState::Held && claim.owner != kAnonymous && !is_routed_here(claim.prefix);
  };
  const auto count = std::ranges::count_if(claims, is_outside);
  if (count == 0) return;
  report(Event{.code = EventCode::Reconciled,
               .detail = std::to_string(count) + " addresses and prefixes of accounts lie outside of the prefix that "
                                                 "is configured: nothing reaches them"});
}

void Broker::Impl::on_loaded(const StoreDone& done) {
  if (!done.detail.empty()) report(Event{.code = EventCode::Reconciled, .detail = done.detail});
  report_claims_outside(done.snapshot.claims);
  learn_brokers(done.snapshot.brokers);
  take_in_claims(done.snapshot.claims);
  take_in_tunnels(done.snapshot.tunnels);
  quarantine_orphans(done.snapshot.claims);
  loaded_ = true;
  compare_with_datapath();
  withdraw_quarantined(done.snapshot.claims);
  publish_page_after("");
}

void Broker::Impl::take_in_claims(const std::vector<Claim>& claims) {
  std::vector<IPv6Prefix> never_accepted;
  for (const Claim& claim : claims) {
    switch (claim.state) {
      case ClaimState::Held:
        pools_.claim(claim.prefix);
        break;
      case ClaimState::Offered:
        pools_.claim(claim.prefix);
        if (claim.broker == config_->broker) never_accepted.push_back(claim.prefix);
        break;
      case ClaimState::Quarantined:
        pools_.quarantine(claim.prefix, claim.until);
        break;
    }
  }
  free_claims(never_accepted);
}

// Where two records stand in each other's way, a crash has come between the younger's installation and the older's
// end: the younger one is right.
void Broker::Impl::take_in_tunnels(const std::vector<TunnelRecord>& tunnels) {
  std::vector<const TunnelRecord*> youngest_first;
  youngest_first.reserve(tunnels.size());
  for (const TunnelRecord& record : tunnels) youngest_first.push_back(&record);
  std::ranges::sort(youngest_first, [](const TunnelRecord* a, const TunnelRecord* b) {
    return std::pair(a->created, a->id) > std::pair(b->created, b->id);
  });
  // Nothing depends on the order in these.
  std::unordered_set<IPv6Address> inner_taken(tunnels.size());
  std::unordered_set<FourTuple> paths_taken(tunnels.size());
  std::unordered_set<AccountId> served(tunnels.size());
  std::vector<const TunnelRecord*> right;
  right.reserve(tunnels.size());
  for (const TunnelRecord* record : youngest_first) {
    const bool type_served = config_->serves(record->type);
    if (!type_served || record->evicted || served.contains(record->account) || paths_taken.contains(record->path) ||
        inner_taken.contains(record->inner)) {
      outdated_records_.push_back(*record);
      continue;
    }
    inner_taken.insert(record->inner);
    paths_taken.insert(record->path);
    if (record->account != kAnonymous) served.insert(record->account);
    right.push_back(record);
  }
  // The books are trees of ids, and quickest to fill in the order of ids.
  std::ranges::sort(right, {}, &TunnelRecord::id);
  for (const TunnelRecord* record : right) {
    Tunnel& tunnel = tunnels_.add(Tunnel{.record = *record, .session = std::nullopt});
    tunnels_.activate(tunnel);
    arm(tunnel, now_.mono);
  }
}

// Anonymous leases of this broker whose tunnel is gone.
void Broker::Impl::quarantine_orphans(const std::vector<Claim>& claims) {
  std::vector<IPv6Address> in_use;
  in_use.reserve(tunnels_.size());
  for (const auto& [id, tunnel] : tunnels_.all()) in_use.push_back(tunnel.record.inner);
  for (const TunnelRecord& record : outdated_records_) in_use.push_back(record.inner);
  std::ranges::sort(in_use);
  std::vector<IPv6Prefix> orphans;
  for (const Claim& claim : claims) {
    if (claim.owner != kAnonymous || claim.state != ClaimState::Held || claim.broker != config_->broker) continue;
    if (!std::ranges::binary_search(in_use, claim.prefix.base)) orphans.push_back(claim.prefix);
  }
  quarantine(orphans, config_->quarantine_anonymous);
}

void Broker::Impl::on(const DatapathReset& /*fact*/) {
  compare_with_datapath();
}

void Broker::Impl::compare_with_datapath() {
  if (!loaded_) return;
  compare_again_at_.reset();
  if (std::exchange(listing_, true)) {
    list_again_ = true;
    return;
  }
  ask_datapath(ListTunnels{}, [this](const DatapathDone& done) { on_listed(done); });
}

void Broker::Impl::compare_again_if_due() {
  if (compare_again_at_ && *compare_again_at_ <= now_.mono && !stopping_) compare_with_datapath();
}

void Broker::Impl::on_listed(const DatapathDone& done) {
  if (done.status != DatapathStatus::Done) {  // perhaps cut short
    report(Event{.code = EventCode::DatapathFailed, .detail = done.detail});
    listing_ = false;
    list_again_ = false;
    repair_failed_ = true;
    compare_again_at_ = now_.mono + kRepairRetry;
    return;
  }
  repair_failed_ = false;
  std::map<TunnelId, const TunnelSpec*> present;
  for (const TunnelSpec& spec : done.tunnels) present.emplace(spec.id, &spec);
  to_install_.clear();
  to_uninstall_.clear();
  for (const auto& [id, spec] : present) {
    if (tunnels_.find(id) == nullptr) to_uninstall_.push_back(id);
  }
  for (const auto& [id, spec] : present) {
    // The report may have been lost.
    Tunnel* tunnel = spec->confirmed ? tunnels_.find(id) : nullptr;
    if (tunnel != nullptr && tunnel->state == tunnel::TunnelState::Active) note_confirmed(*tunnel);
  }
  for (const auto& [id, tunnel] : tunnels_.all()) {
    if (tunnel.state != tunnel::TunnelState::Active) continue;
    const auto found = present.find(id);
    if (found == present.end() || *found->second != tunnel::spec_of(tunnel.record)) to_install_.push_back(id);
  }
  report(Event{.code = EventCode::Reconciled,
               .detail = std::to_string(tunnels_.size()) + " tunnels known, " + std::to_string(present.size()) +
                         " in the datapath, " + std::to_string(to_install_.size()) + " to install, " +
                         std::to_string(to_uninstall_.size()) + " to remove"});
  repair_some();
}

// What must go, goes first: it may stand in the way of what is to come.
void Broker::Impl::repair_some() {
  const auto then = [this](const DatapathDone& done) {
    --repairs_in_flight_;
    if (done.status != DatapathStatus::Done) {
      report(Event{.code = EventCode::DatapathFailed, .detail = done.detail});
      repair_failed_ = true;
    }
    repair_some();
  };
  while (repairs_in_flight_ < kRepairsInFlight && !to_uninstall_.empty()) {
    const TunnelId id = to_uninstall_.back();
    to_uninstall_.pop_back();
    ++repairs_in_flight_;
    ask_datapath(RemoveTunnel{.op = {}, .id = id, .unless_seen_since = std::nullopt}, then);
  }
  while (repairs_in_flight_ < kRepairsInFlight && !to_install_.empty()) {
    const Tunnel* tunnel = tunnels_.find(to_install_.back());
    to_install_.pop_back();
    if (tunnel == nullptr || tunnel->state != tunnel::TunnelState::Active) continue;
    ++repairs_in_flight_;
    arm(*tunnel, now_.mono);  // when it was seen last, the datapath does not know any more
    ask_datapath(InstallTunnel{.op = {}, .spec = tunnel::spec_of(tunnel->record), .replaces = {tunnel->record.id}},
                 then);
  }
  if (repairs_in_flight_ > 0) return;
  listing_ = false;
  if (std::exchange(list_again_, false)) {
    compare_with_datapath();
    return;
  }
  if (repair_failed_) {
    compare_again_at_ = now_.mono + kRepairRetry;
  } else {
    strike_outdated_records();
  }
  if (!std::exchange(ready_, true)) report(Event{.code = EventCode::BrokerReady});
}

void Broker::Impl::strike_outdated_records() {
  for (const TunnelRecord& record : std::exchange(outdated_records_, {})) {
    const EndReason reason =
        record.evicted.value_or(config_->serves(record.type) ? EndReason::Replaced : EndReason::Failed);
    commit_for_good(end_of_record(record, reason, !has_tunnel_with(record)));
  }
}

}  // namespace tsp
