// SPDX-License-Identifier: Apache-2.0
#include "core/pool/address_pool.h"

#include <algorithm>
#include <iterator>

#include "core/base/assert.h"

namespace tsp::pool {
namespace {

// As long as one address in sixteen is free, fewer than two of a hundred choices end without a free one.
constexpr int kDrawsMax = 64;

Number draw(const IPv6Prefix& range, Random& random) {
  const Number mask = host_mask(range.length);
  Number number = random.next_u64();
  if (range.length < 64) number = (number << 64) | random.next_u64();
  return to_number(range.base) | (number & mask);
}

}  // namespace

AddressPool::AddressPool(const IPv6Prefix& range) : range_(range) {
  release_all(range);
}

std::optional<IPv6Address> AddressPool::choose(Random& random) const {
  if (free_.empty()) return std::nullopt;
  Number number = 0;
  for (int i = 0; i < kDrawsMax; ++i) {
    number = draw(range_, random);
    if (is_free(to_address(number))) return to_address(number);
  }
  const auto next = free_.upper_bound(number);
  return to_address(next == free_.end() ? free_.begin()->first : next->first);
}

bool AddressPool::take(const IPv6Address& address) {
  if (!is_free(address)) return false;
  take_all(host_prefix(address));
  return true;
}

bool AddressPool::release(const IPv6Address& address) {
  if (is_free(address) || !common_part(host_prefix(address))) return false;
  release_all(host_prefix(address));
  return true;
}

void AddressPool::take_all(const IPv6Prefix& prefix) {
  if (const auto part = common_part(prefix)) remove(*part);
}

void AddressPool::release_all(const IPv6Prefix& prefix) {
  const auto part = common_part(prefix);
  if (!part) return;
  remove(*part);
  insert(*part);
}

bool AddressPool::is_free(const IPv6Address& address) const {
  const Number number = to_number(address);
  const auto after = free_.upper_bound(number);
  return after != free_.begin() && std::prev(after)->second >= number;
}

std::uint64_t AddressPool::taken() const {
  return saturate(host_mask(range_.length) - free_count_);
}

std::uint64_t AddressPool::available() const {
  return saturate(free_count_);
}

// Without the range's first address.
std::optional<AddressPool::Interval> AddressPool::common_part(const IPv6Prefix& prefix) const {
  const Number range_first = to_number(range_.base);
  const Number range_last = range_first | host_mask(range_.length);
  const Number prefix_first = to_number(prefix.base);
  const Number prefix_last = prefix_first | host_mask(prefix.length);
  if (range_last == range_first || prefix_last <= range_first || prefix_first > range_last) return std::nullopt;
  return Interval{std::max(range_first + 1, prefix_first), std::min(range_last, prefix_last)};
}

void AddressPool::remove(const Interval& wanted) {
  auto next = free_.upper_bound(wanted.first);
  if (next != free_.begin() && std::prev(next)->second >= wanted.first) --next;
  while (next != free_.end() && next->first <= wanted.last) {
    const auto found = next++;
    const Number first = std::max(found->first, wanted.first);
    const Number last = std::min(found->second, wanted.last);
    free_count_ -= last - first + 1;
    if (found->second > last) free_.emplace_hint(next, last + 1, found->second);
    if (found->first < first) {
      found->second = first - 1;
    } else {
      free_.erase(found);
    }
  }
}

// Nothing of it is free.
void AddressPool::insert(Interval returned) {
  free_count_ += returned.last - returned.first + 1;
  auto next = free_.upper_bound(returned.last);
  if (next != free_.end() && next->first == returned.last + 1) {
    returned.last = next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin() && std::prev(next)->second + 1 == returned.first) {
    std::prev(next)->second = returned.last;
  } else {
    free_.emplace_hint(next, returned.first, returned.last);
  }
}

void AddressPool::check_invariants() const {
  const Number range_first = to_number(range_.base);
  Number counted = 0;
  Number earliest = range_first + 1;
  for (const auto& [first, last] : free_) {
    TSP_ASSERT(first >= earliest);
    TSP_ASSERT(first <= last);
    TSP_ASSERT(last <= (range_first | host_mask(range_.length)));
    counted += last - first + 1;
    earliest = last + 2;
  }
  TSP_ASSERT(counted == free_count_);
}

}  // namespace tsp::pool
