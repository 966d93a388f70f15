// SPDX-License-Identifier: Apache-2.0
//
// The list of brokers on the store: each tells of itself there and reads what the others tell, as often as it asks
// whether accounts were taken over. Who is not heard of any more, drains, has stopped or is full gets no clients.
#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/seconds.h"
#include "core/broker/impl.h"

namespace tsp {
BrokerState Broker::Impl::own_state() const {
  if (stopping_) return BrokerState::Stopped;
  return drain_ ? BrokerState::Draining : BrokerState::Up;
}

BrokerRecord Broker::Impl::own_record() const {
  BrokerRecord record;
  record.id = config_->broker;
  if (config_->announcement) {
    record.addresses = config_->announcement->addresses;
    record.region = config_->announcement->region;
    record.weight = config_->announcement->weight;
  }
  record.capacity = config_->tunnels_max;
  record.tunnels = static_cast<std::uint32_t>(tunnels_.size());
  record.state = own_state();
  record.pools.push_back(config_->pool.prefix);
  if (config_->ipv4_pool) record.pools.push_back(config_->ipv4_pool->prefix);
  record.interval_seconds = static_cast<std::uint32_t>(whole_seconds(config_->takeover_check_interval));
  record.heard = WallTime{std::chrono::seconds(whole_seconds(now_.wall.since_epoch))};
  return record;
}

// The one before may still be on its way: commits of one broker's record follow each other.
void Broker::Impl::announce(std::optional<Instant> give_up) {
  if (!is_announced() || (announcing_ && !stopping_)) return;
  announcing_ = true;
  ask_store(
      CommitChanges{.op = {}, .changes = {PutBroker{own_record()}}},
      [this](const StoreDone& /*done*/) { announcing_ = false; }, give_up);
}

// What has changed so that the others should know.
void Broker::Impl::announce_soon() {
  if (is_announced()) takeover_check_at_ = now_.mono;
}

void Broker::Impl::learn_brokers(const std::vector<BrokerRecord>& records) {
  if (!is_announced()) return;
  auto news = known_brokers_.update(records, config_->broker, now_, 2 * config_->takeover_check_interval);
  for (std::string& line : news.lines) report(Event{.code = EventCode::OtherBroker, .detail = std::move(line)});
  for (const BrokerId id : news.other_pools) report_overlaps(known_brokers_.find(id)->record);
}

// Both go on: the store sees to it that nothing is given out twice. But only one of the two can be reached.
void Broker::Impl::report_overlaps(const BrokerRecord& other) {
  for (const IPv6Prefix& own : own_record().pools) {
    for (const IPv6Prefix& theirs : other.pools) {
      if (!own.overlaps(theirs)) continue;
      report(Event{.code = EventCode::PoolsOverlap,
                   .detail = "broker " + std::to_string(other.id.value) + " gives out " + to_text(theirs) +
                             ", which overlaps this broker's own " + to_text(own) +
                             ": each needs a prefix of its own, unless every lease is routed by itself"});
    }
  }
}

std::optional<std::string> Broker::Impl::unknown_home_fault(const std::optional<BrokerId>& home, bool force) const {
  if (!home || force) return std::nullopt;
  std::set<BrokerId> known{config_->broker};
  for (const OtherBroker& broker : config_->other_brokers) {
    if (broker.id) known.insert(*broker.id);
  }
  for (const auto& [id, broker] : known_brokers_.all()) known.insert(id);
  if (known.contains(*home)) return std::nullopt;
  std::string ids;
  for (const BrokerId id : known) ids += (ids.empty() ? "" : ", ") + std::to_string(id.value);
  return "home: no broker " + std::to_string(home->value) + " is known, only " + ids +
         "; `force` (tspctl: --force) sets it all the same";
}

void Broker::Impl::run(RequestId request, const ListBrokersRequest& /*command*/) {
  AdminReply reply{.request = request};
  for (const auto& [id, known] : known_brokers_.all()) {
    BrokerView& view = reply.brokers.emplace_back();
    view.record = known.record;
    view.heard = !is_silent(known);
    view.silence = known.silence;
  }
  BrokerView& own = reply.brokers.emplace_back();
  own.record = own_record();
  own.own = true;
  own.heard = true;
  std::ranges::sort(reply.brokers, {}, [](const BrokerView& view) { return view.record.id; });
  order(std::move(reply));
}

void Broker::Impl::run(RequestId request, const ForgetBrokerRequest& command) {
  if (command.id == config_->broker) return fail(request, AdminStatus::Invalid, "id: this is this broker itself");
  const broker::KnownBroker* known = known_brokers_.find(command.id);
  if (known == nullptr) return fail(request, AdminStatus::NotFound, "id: no such broker on the store");
  if (known->record.state != BrokerState::Stopped && !is_silent(*known)) {
    return fail(request, AdminStatus::Invalid, "id: this broker is there; it would be on the store again at once");
  }
  commit_for(request, {EraseBroker{command.id}}, [this, request] {
    announce_soon();
    done(request);
  });
}

}  // namespace tsp
