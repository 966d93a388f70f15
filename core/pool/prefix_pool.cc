// SPDX-License-Identifier: Apache-2.0
#include "core/pool/prefix_pool.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/pool/number.h"

namespace tsp::pool {
namespace {

bool overlaps_any(const std::vector<IPv6Prefix>& blocks, const IPv6Prefix& prefix) {
  return std::ranges::any_of(blocks, [&](const IPv6Prefix& block) { return block.overlaps(prefix); });
}

bool inside_any(const std::vector<IPv6Prefix>& blocks, const IPv6Prefix& prefix) {
  return std::ranges::any_of(blocks, [&](const IPv6Prefix& block) { return block.contains(prefix); });
}

}  // namespace

PrefixPool::PrefixPool(const std::vector<IPv6Prefix>& blocks)
    : length_max_(!blocks.empty() && is_mapped(blocks.front()) ? kMappedLength + kIPv4DelegationLengthMax
                                                               : kDelegationLengthMax) {
  for (const IPv6Prefix& block : blocks) {
    TSP_ASSERT(block.length <= length_max_);
    TSP_ASSERT(!overlaps_any(blocks_, block));
    insert(block);
    blocks_ = free_blocks();
  }
}

std::optional<IPv6Prefix> PrefixPool::choose(unsigned length) const {
  TSP_ASSERT(length >= 1 && length <= length_max_);
  for (unsigned block_length = length + 1; block_length-- > 0;) {
    const auto& candidates = free_[block_length];
    if (!candidates.empty()) return IPv6Prefix{*candidates.begin(), static_cast<std::uint8_t>(length)};
  }
  return std::nullopt;
}

bool PrefixPool::take(const IPv6Prefix& prefix) {
  const auto found = free_block_around(prefix);
  if (!found) return false;
  IPv6Prefix block = *found;
  free_[block.length].erase(block.base);
  while (block.length < prefix.length) {
    block = make_prefix(prefix.base, block.length + 1U);
    free_[block.length].insert(sibling(block).base);
  }
  return true;
}

void PrefixPool::release(const IPv6Prefix& prefix) {
  TSP_ASSERT(inside_any(blocks_, prefix));
  TSP_ASSERT(!any_part_free(prefix));
  insert(prefix);
}

void PrefixPool::take_all(const IPv6Prefix& prefix) {
  TSP_ASSERT(prefix.length <= length_max_);
  if (!overlaps_any(blocks_, prefix) || take(prefix)) return;
  const IPv6Address last = last_address(prefix);
  for (unsigned length = prefix.length + 1U; length <= length_max_; ++length) {
    auto& blocks = free_[length];
    blocks.erase(blocks.lower_bound(prefix.base), blocks.upper_bound(last));
  }
}

void PrefixPool::release_all(const IPv6Prefix& prefix) {
  if (!overlaps_any(blocks_, prefix)) return;
  take_all(prefix);
  for (const IPv6Prefix& block : blocks_) {
    if (block.contains(prefix)) {
      insert(prefix);
    } else if (prefix.contains(block)) {
      insert(block);
    }
  }
}

bool PrefixPool::is_free(const IPv6Prefix& prefix) const {
  return free_block_around(prefix).has_value();
}

std::uint64_t PrefixPool::available(unsigned length) const {
  TSP_ASSERT(length >= 1 && length <= length_max_);
  constexpr Number kMax = Number{1} << 63;
  Number count = 0;
  for (unsigned block_length = 0; block_length <= length; ++block_length) {
    count += Number{free_[block_length].size()} << (length - block_length);
  }
  return static_cast<std::uint64_t>(std::min(count, kMax));
}

std::optional<IPv6Prefix> PrefixPool::free_block_around(const IPv6Prefix& prefix) const {
  if (prefix.length > length_max_) return std::nullopt;
  for (unsigned length = prefix.length + 1U; length-- > 0;) {
    if (free_[length].empty()) continue;
    const IPv6Prefix block = make_prefix(prefix.base, length);
    if (free_[length].contains(block.base)) return block;
  }
  return std::nullopt;
}

bool PrefixPool::any_part_free(const IPv6Prefix& prefix) const {
  if (is_free(prefix)) return true;
  const IPv6Address last = last_address(prefix);
  for (unsigned length = prefix.length + 1U; length <= length_max_; ++length) {
    const auto block = free_[length].lower_bound(prefix.base);
    if (block != free_[length].end() && *block <= last) return true;
  }
  return false;
}

std::vector<IPv6Prefix> PrefixPool::free_blocks() const {
  std::vector<IPv6Prefix> blocks;
  for (unsigned length = 0; length <= length_max_; ++length) {
    for (const IPv6Address& base : free_[length]) blocks.push_back({base, static_cast<std::uint8_t>(length)});
  }
  return blocks;
}

void PrefixPool::insert(IPv6Prefix prefix) {
  while (prefix.length > 0 && free_[prefix.length].erase(sibling(prefix).base) > 0) {
    prefix = make_prefix(prefix.base, prefix.length - 1U);
  }
  free_[prefix.length].insert(prefix.base);
}

void PrefixPool::check_invariants() const {
  std::vector<IPv6Prefix> blocks = free_blocks();
  std::ranges::sort(blocks);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const IPv6Prefix& block = blocks[i];
    TSP_ASSERT(block == make_prefix(block.base, block.length));
    TSP_ASSERT(inside_any(blocks_, block));
    TSP_ASSERT(block.length == 0 || !free_[block.length].contains(sibling(block).base));
    TSP_ASSERT(i == 0 || last_address(blocks[i - 1]) < block.base);
  }
}

}  // namespace tsp::pool
