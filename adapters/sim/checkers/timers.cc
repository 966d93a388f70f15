// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/timers.h"

#include <algorithm>
#include <chrono>

namespace tsp::sim {
namespace {

using std::chrono::seconds;

constexpr std::string_view kTimers = "18, timers";
constexpr std::string_view kKeepalive = "19, keepalive";

constexpr std::uint32_t kStepsAtInstantMax = 1000;
constexpr Duration kSlack = seconds(60);  // for orders under way

}  // namespace

// RFC 5572 leaves it to the broker; tsp/config.h says it.
Duration Timers::idle_time(const TunnelRecord& record) const {
  const BrokerConfig& config = world_.config();
  if (record.keepalive_seconds == 0) return config.idle_time_without_keepalive;
  return std::max<Duration>(config.idle_time_min, seconds(3) * record.keepalive_seconds + seconds(15));
}

void Timers::after_step() {
  if (!world_.alive()) return;
  const auto deadline = world_.broker().next_deadline();
  if (deadline && *deadline < world_.now()) report(kTimers, "the next deadline is in the past");
  if (instant_ != world_.now()) steps_at_instant_ = 0;
  instant_ = world_.now();
  if (deadline == instant_ && ++steps_at_instant_ > kStepsAtInstantMax) report(kTimers, "it is due again and again");
}

void Timers::on_order(const Order& order) {
  const auto* what = std::get_if<DatapathOrder>(&order);
  const auto* removal = what == nullptr ? nullptr : std::get_if<RemoveTunnel>(what);
  if (removal == nullptr || !removal->unless_seen_since) return;
  const TunnelRecord* record = truth_.record(removal->id);
  if (record == nullptr || *removal->unless_seen_since + idle_time(*record) <= world_.now()) return;
  report(kKeepalive, to_text(removal->id) + " is to end before its idle time is over");
}

void Timers::on_datapath(const DatapathOrder& order, DatapathStatus status) {
  const auto* removal = std::get_if<RemoveTunnel>(&order);
  if (removal == nullptr || !removal->unless_seen_since || status != DatapathStatus::Done) return;
  removed_as_idle_.insert(removal->id);
  for (const Forwarded& tunnel : truth_.removed()) {
    if (tunnel.lost || !tunnel.accepted || *tunnel.accepted < *removal->unless_seen_since) continue;
    report(kKeepalive, to_text(removal->id) + " ends although its client was heard");
  }
}

void Timers::on_commit(const std::vector<StoreChange>& /*changes*/) {
  for (const TunnelChange& change : truth_.tunnel_changes()) {
    if (change.after) {
      recorded_.try_emplace(change.after->id, world_.now());
      continue;
    }
    const TunnelId id = change.before->id;
    recorded_.erase(id);
    const bool was_idle = removed_as_idle_.erase(id) > 0;
    if (change.reason == EndReason::Idle && !was_idle) {
      report(kKeepalive, to_text(id) + " is struck as idle, and the datapath was not asked");
    }
  }
}

Instant Timers::last_life(const TunnelRecord& record) const {
  Instant last = truth_.life_began();
  if (const auto recorded = recorded_.find(record.id); recorded != recorded_.end()) {
    last = std::max(last, recorded->second);
  }
  const Forwarded* tunnel = truth_.forwarded(record.id);
  if (tunnel == nullptr) return last;
  return std::max({last, tunnel->installed, tunnel->heard.value_or(last)});
}

std::optional<std::string> Timers::find_overdue() const {
  for (const auto& [id, record] : truth_.records()) {
    if (last_life(record) + idle_time(record) + kSlack < world_.now()) {
      return to_text(id) + " has been silent for too long and was not ended";
    }
  }
  return std::nullopt;
}

}  // namespace tsp::sim
