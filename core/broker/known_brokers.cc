// SPDX-License-Identifier: Apache-2.0
#include "core/broker/known_brokers.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/seconds.h"

namespace tsp::broker {
namespace {

constexpr std::int64_t kTurnsMissedMax = 3;
constexpr Duration kLatenessMax = std::chrono::seconds(1);

std::string name_of(BrokerId id) {
  return "broker " + std::to_string(id.value);
}

// What an operator is told of a broker, without what changes all the time.
std::string situation_of(const KnownBroker& broker) {
  if (is_silent(broker) && broker.record.state != BrokerState::Stopped) return "is not heard of any more";
  return obstacle(broker).value_or("takes clients");
}

KnownBroker first_seen(const BrokerRecord& record, WallTime now) {
  const Duration apart = now.since_epoch - record.heard.since_epoch;
  return {.record = record, .silence = std::max(apart, -apart)};
}

}  // namespace

bool is_silent(const KnownBroker& broker) {
  return broker.silence > kTurnsMissedMax * std::chrono::seconds(broker.record.interval_seconds) + kLatenessMax;
}

std::optional<std::string> obstacle(const KnownBroker& broker) {
  const BrokerRecord& record = broker.record;
  if (record.state == BrokerState::Stopped) return "has stopped";
  if (is_silent(broker)) return "has not been heard of for " + in_seconds(broker.silence);
  if (record.state == BrokerState::Draining) return "drains";
  if (record.capacity > 0 && record.tunnels >= record.capacity) return "is full";
  return std::nullopt;
}

KnownBrokers::News KnownBrokers::update(const std::vector<BrokerRecord>& records, BrokerId self, Now now,
                                        Duration silence_max) {
  News news;
  const Duration passed = updated_at_ ? std::min(now.mono - *updated_at_, silence_max) : Duration{};
  updated_at_ = now.mono;
  std::map<BrokerId, KnownBroker> before = std::exchange(known_, {});
  for (const BrokerRecord& record : records) {
    if (record.id == self) continue;
    const auto old = before.find(record.id);
    if (old == before.end()) {
      const KnownBroker& added = known_.emplace(record.id, first_seen(record, now.wall)).first->second;
      news.lines.push_back(name_of(record.id) + " is on the store and " + situation_of(added));
      news.other_pools.push_back(record.id);
      continue;
    }
    const bool unchanged = old->second.record == record;
    const KnownBroker& changed =
        known_.emplace(record.id, KnownBroker{record, unchanged ? old->second.silence + passed : Duration{}})
            .first->second;
    std::string situation = situation_of(changed);
    if (situation != situation_of(old->second)) news.lines.push_back(name_of(record.id) + " " + std::move(situation));
    if (old->second.record.pools != record.pools) news.other_pools.push_back(record.id);
  }
  for (const auto& [id, gone] : before) {
    if (!known_.contains(id)) news.lines.push_back(name_of(id) + " is not on the store any more");
  }
  return news;
}

const KnownBroker* KnownBrokers::find(BrokerId id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? nullptr : &found->second;
}

}  // namespace tsp::broker
