// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include <tsp/time.h>

namespace tsp {

// At most one deadline for each key. O(log n); equal deadlines come due in the order of their keys.
template <class Key>
class Deadlines {
 public:
  // Sets or moves the key's deadline.
  void set(const Key& key, Instant at) {
    const auto entry = by_key_.lower_bound(key);
    if (entry != by_key_.end() && entry->first == key) {
      by_time_.erase({entry->second, key});
      entry->second = at;
    } else {
      by_key_.emplace_hint(entry, key, at);
    }
    by_time_.emplace_hint(by_time_.end(), at, key);  // most are later than all before
  }
  void clear(const Key& key) {
    const auto entry = by_key_.find(key);
    if (entry == by_key_.end()) return;
    by_time_.erase({entry->second, key});
    by_key_.erase(entry);
  }
  [[nodiscard]] std::optional<Instant> next() const {
    return by_time_.empty() ? std::nullopt : std::optional(by_time_.begin()->first);
  }
  // Takes out one key whose deadline is at or before `now`.
  [[nodiscard]] std::optional<Key> take_due(Instant now) {
    if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
    const Key key = by_time_.begin()->second;
    clear(key);
    return key;
  }
  [[nodiscard]] bool contains(const Key& key) const { return by_key_.contains(key); }
  [[nodiscard]] std::size_t size() const { return by_key_.size(); }

 private:
  std::map<Key, Instant> by_key_;
  std::set<std::pair<Instant, Key>> by_time_;
};

}  // namespace tsp
