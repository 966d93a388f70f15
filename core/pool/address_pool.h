// SPDX-License-Identifier: Apache-2.0
//
// Single addresses out of one prefix, handed out where nobody would guess. Free space is kept as intervals, so
// that everything is O(log n) in the number of addresses taken.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include <tsp/address.h>

#include "core/base/random.h"
#include "core/pool/number.h"

namespace tsp::pool {

class AddressPool {
 public:
  // Hands out addresses of `range` except the first one (the subnet-router anycast address, RFC 4291 section
  // 2.6.1).
  explicit AddressPool(const IPv6Prefix& range);

  // A free address at a random place; none if all are taken.
  [[nodiscard]] std::optional<IPv6Address> choose(Random& random) const;
  // False if it is taken or outside.
  bool take(const IPv6Address& address);
  // False if it was not taken.
  bool release(const IPv6Address& address);
  // The same for whatever lies both in `prefix` and in the range, taken before or not.
  void take_all(const IPv6Prefix& prefix);
  void release_all(const IPv6Prefix& prefix);

  [[nodiscard]] bool is_free(const IPv6Address& address) const;
  [[nodiscard]] const IPv6Prefix& range() const { return range_; }
  // Both saturate at 2^64 - 1. They add up to the range without its first address.
  [[nodiscard]] std::uint64_t taken() const;
  [[nodiscard]] std::uint64_t available() const;
  void check_invariants() const;

  friend bool operator==(const AddressPool&, const AddressPool&) = default;

 private:
  struct Interval {
    Number first;
    Number last;
  };

  [[nodiscard]] std::optional<Interval> common_part(const IPv6Prefix& prefix) const;
  void remove(const Interval& wanted);
  void insert(Interval returned);

  IPv6Prefix range_;
  std::map<Number, Number> free_;  // first -> last of each interval; they neither touch nor overlap
  Number free_count_ = 0;
};

}  // namespace tsp::pool
