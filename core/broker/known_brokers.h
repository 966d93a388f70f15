// SPDX-License-Identifier: Apache-2.0
//
// What a broker knows of the others on its store. Hosts' clocks differ, so that nobody is judged by the time he writes
// down: a broker is heard of as long as what it has written changes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/store.h>
#include <tsp/time.h>

namespace tsp::broker {

struct KnownBroker {
  BrokerRecord record{};
  Duration silence{};  // how long it has not changed, as far as the store could be read
};

// Longer than a broker is silent that has missed one turn or two.
[[nodiscard]] bool is_silent(const KnownBroker& broker);
// Why it is not to be given accounts, in words that follow "broker N"; none: it may.
[[nodiscard]] std::optional<std::string> obstacle(const KnownBroker& broker);

class KnownBrokers {
 public:
  struct News {
    std::vector<std::string> lines{};     // for operators: who came, went, or takes no more clients
    std::vector<BrokerId> other_pools{};  // whose pools were not known before
  };

  // All that the store has, among them `self`, which is passed over. Time that passed since the last call counts as
  // silence up to `silence_max`: while the store was away nobody could be heard.
  [[nodiscard]] News update(const std::vector<BrokerRecord>& records, BrokerId self, Now now, Duration silence_max);

  // Null: not known.
  [[nodiscard]] const KnownBroker* find(BrokerId id) const;
  [[nodiscard]] const std::map<BrokerId, KnownBroker>& all() const { return known_; }

 private:
  std::map<BrokerId, KnownBroker> known_;
  std::optional<Instant> updated_at_;
};

}  // namespace tsp::broker
