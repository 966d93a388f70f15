// SPDX-License-Identifier: Apache-2.0
//
// Tunnels from Active to gone. Life is measured lazily: when a tunnel's time is over, the datapath is asked when it
// last saw the client, and the tunnel is removed only if that is still so at the moment of removal.
#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/assert.h"
#include "core/broker/event_names.h"
#include "core/broker/impl.h"
#include "core/tunnel/keepalive.h"

namespace tsp {
namespace {

constexpr std::size_t kBatch = 256;
constexpr Duration kRemovalRetry = std::chrono::seconds(1);

// As far as it can be told: a tunnel in protocol 41 has no port.
bool is_same_client(const Endpoint& one, const Endpoint& other) {
  return one.address == other.address && (one.port == other.port || one.port == 0 || other.port == 0);
}

}  // namespace

void Broker::Impl::arm(const Tunnel& tunnel, Instant last_seen) {
  const Instant due = last_seen + tunnel::idle_time(tunnel.record.keepalive_seconds, *config_);
  idle_deadlines_.set(tunnel.record.id, std::max(due, now_.mono + std::chrono::milliseconds(100)));
}

void Broker::Impl::expire_tunnels() {
  std::vector<TunnelId> due;
  while (due.size() < kBatch) {
    const auto id = idle_deadlines_.take_due(now_.mono);
    if (!id) break;
    if (removals_.contains(*id)) {
      order_removal(*id);
    } else {
      due.push_back(*id);
    }
  }
  if (due.empty()) return;
  ask_datapath(QueryUsage{.op = {}, .ids = due},
               [this, due](const DatapathDone& done) { on_usage_of_idle(due, done); });
}

void Broker::Impl::on_usage_of_idle(const std::vector<TunnelId>& asked, const DatapathDone& done) {
  std::map<TunnelId, Instant> last_seen;
  for (const TunnelUsage& usage : done.usages) last_seen.emplace(usage.id, usage.last_seen);
  bool some_missing = false;
  for (const TunnelId id : asked) {
    Tunnel* tunnel = tunnels_.find(id);
    if (tunnel == nullptr || tunnel->state != tunnel::TunnelState::Active) continue;
    if (idle_deadlines_.contains(id)) continue;  // installed anew since the question
    const auto seen = last_seen.find(id);
    const Duration idle = tunnel::idle_time(tunnel->record.keepalive_seconds, *config_);
    if (done.status != DatapathStatus::Done) {
      arm(*tunnel, now_.mono);  // not known: ask again later
    } else if (seen == last_seen.end()) {
      // The datapath has lost it, and with it what it knew of the client: it gets another chance.
      arm(*tunnel, now_.mono);
      some_missing = true;
    } else if (seen->second + idle > now_.mono) {
      arm(*tunnel, seen->second);
    } else {
      expire(*tunnel);
    }
  }
  if (some_missing) compare_with_datapath();
}

void Broker::Impl::expire(Tunnel& tunnel) {
  const TunnelId id = tunnel.record.id;
  if (accounts_installing_.contains(tunnel.record.account) || paths_installing_.contains(tunnel.record.path)) {
    arm(tunnel, now_.mono);  // about to be replaced
    return;
  }
  tunnels_.move_to(tunnel, tunnel::TunnelState::Removing);
  const Instant cutoff = now_.mono - tunnel::idle_time(tunnel.record.keepalive_seconds, *config_);
  const RemoveTunnel removal{.op = {}, .id = id, .unless_seen_since = cutoff};
  ask_datapath(removal, [this, id, cutoff](const DatapathDone& done) {
    Tunnel* old = tunnels_.find(id);
    if (old == nullptr) return;
    if (done.status == DatapathStatus::Done) {
      ++counters_.tunnels_expired;
      forget(*old, EndReason::Idle);
    } else {
      tunnels_.move_to(*old, tunnel::TunnelState::Active);
      // Refused: it was seen at the cutoff, as near as the datapath's clock tells, or since: when, it is asked anew.
      arm(*old, done.status == DatapathStatus::Refused ? cutoff : now_.mono);
    }
  });
}

// Struck from the store when the datapath certainly has it no more, and not before.
void Broker::Impl::remove_tunnel(TunnelId id, Removal removal) {
  Tunnel* tunnel = tunnels_.find(id);
  TSP_ASSERT(tunnel != nullptr);
  tunnels_.move_to(*tunnel, tunnel::TunnelState::Removing);
  idle_deadlines_.clear(id);
  removals_.emplace(id, std::move(removal));
  order_removal(id);
}

void Broker::Impl::order_removal(TunnelId id) {
  ask_datapath(RemoveTunnel{.op = {}, .id = id, .unless_seen_since = std::nullopt},
               [this, id](const DatapathDone& done) {
                 if (done.status != DatapathStatus::Done) {
                   report(Event{.code = EventCode::DatapathFailed, .tunnel = id, .detail = done.detail});
                   idle_deadlines_.set(id, now_.mono + kRemovalRetry);
                   return;
                 }
                 const Removal removal = std::move(removals_.extract(id).mapped());
                 // Another may have taken its place before the datapath came to this.
                 if (Tunnel* tunnel = tunnels_.find(id)) forget(*tunnel, removal.reason, nullptr, removal.by);
                 if (removal.then) removal.then();
               });
}

// The datapath does not have it any more: strike it from the store and the books.
void Broker::Impl::forget(Tunnel& tunnel, EndReason reason, const Tunnel* successor,
                          const std::optional<BrokerId>& by) {
  const TunnelRecord record = tunnel.record;
  const bool inner_free = successor == nullptr || successor->record.inner != record.inner;
  commit_for_good(end_of_record(record, reason, inner_free));
  ++ended_[reason];
  report(Event{.code = EventCode::TunnelDown,
               .login = record.login,
               .path = record.path,
               .tunnel = record.id,
               .inner = record.inner,
               .delegated = record.delegated,
               .detail = std::string(name(reason)) + (by ? " at broker " + std::to_string(by->value) : "")});
  idle_deadlines_.clear(record.id);
  const auto session_id = tunnel.session;
  tunnels_.remove(record.id);
  if (!session_id) return;
  Session* session = sessions_.find(SessionId{*session_id});
  if (session == nullptr) return;
  session->tunnel.reset();
  sessions_.set_established(*session, false);
  if (session->busy) {
    // It is at a new offer of its own and must still answer; what it accepted before is gone.
    if (session->dialogue.state() == session::State::Up) session->dialogue.withdrawn();
    sessions_.set_deadline(*session, now_.mono + config_->session_retention);
  } else {
    end_session(*session);
  }
}

// All in one commit: an anonymous address without a tunnel must not be taken for a live one's after a crash, nor a
// tunnel be found again whose address is in quarantine.
std::vector<StoreChange> Broker::Impl::end_of_record(const TunnelRecord& record, EndReason reason, bool inner_free) {
  std::vector<StoreChange> changes;
  if (record.account == kAnonymous && inner_free) {
    changes = quarantine_changes({host_prefix(record.inner)}, kAnonymous, config_->quarantine_anonymous);
  }
  changes.emplace_back(EraseTunnel{.id = record.id, .reason = reason, .ended = now_.wall});
  return changes;
}

void Broker::Impl::on(const TunnelConfirmed& fact) {
  if (Tunnel* tunnel = tunnels_.find(fact.id)) note_confirmed(*tunnel);
}

void Broker::Impl::note_confirmed(Tunnel& tunnel) {
  TunnelRecord& record = tunnel.record;
  if (std::exchange(record.confirmed, true)) return;
  report(Event{.code = EventCode::TunnelConfirmed, .login = record.login, .path = record.path, .tunnel = record.id});
  // An Installing tunnel's own record is still on its way to the store; this one follows it there.
  commit_for_good({PutTunnel{record}});
}

// Another client's replacements within a short time: two devices on one account would evict each other for ever.
void Broker::Impl::count_eviction(const Tunnel& evicted, const std::optional<FourTuple>& by) {
  if (by && is_same_client(evicted.record.path.remote, by->remote)) return;
  if (now_.wall - evicted.record.created > config_->evictions_window) return;
  std::deque<Instant>& times = evictions_[evicted.record.account];
  times.push_back(now_.mono);
  if (times.size() > config_->evictions_max) times.pop_front();
}

bool Broker::Impl::damped(AccountId account) {
  const auto entry = evictions_.find(account);
  if (entry == evictions_.end()) return false;
  std::deque<Instant>& times = entry->second;
  while (!times.empty() && times.front() + config_->evictions_window <= now_.mono) times.pop_front();
  if (times.empty()) {
    evictions_.erase(entry);
    return false;
  }
  if (times.size() < config_->evictions_max) return false;
  const Tunnel* tunnel = tunnels_.by_account(account);
  ++counters_.evictions_damped;
  report(Event{.code = EventCode::EvictionsDamped,
               .login = tunnel != nullptr ? tunnel->record.login : std::string(),
               .path = tunnel != nullptr ? std::optional(tunnel->record.path) : std::nullopt,
               .detail = "several devices use one account"});
  return true;
}

}  // namespace tsp
