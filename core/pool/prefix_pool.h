// SPDX-License-Identifier: Apache-2.0
//
// Prefixes of up to /64, or of IPv4 up to /30, cut from larger ones: a buddy allocator. Small requests are cut from the
// smallest block that fits, so that large ones stay whole; freed halves grow together again. O(log n) at any number of
// prefixes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include <tsp/address.h>

namespace tsp::pool {

// The longest prefixes that routers get, as they are written: of IPv6, and of IPv4.
inline constexpr unsigned kDelegationLengthMax = 64;
inline constexpr unsigned kIPv4DelegationLengthMax = 30;

class PrefixPool {
 public:
  // Blocks that do not overlap, of one family, and no longer than length_max().
  explicit PrefixPool(const std::vector<IPv6Prefix>& blocks);

  // The longest prefix that it cuts: 64, or 126 from blocks of IPv4. Here and below: as an IPv6 prefix (tsp/address.h).
  [[nodiscard]] unsigned length_max() const { return length_max_; }
  // A free prefix of that length (1…length_max), the lowest of the smallest blocks that fit; none if there is none.
  [[nodiscard]] std::optional<IPv6Prefix> choose(unsigned length) const;
  // False if any part of it is taken or it is not inside one of the blocks.
  bool take(const IPv6Prefix& prefix);
  // A prefix that was taken as such.
  void release(const IPv6Prefix& prefix);
  // The same for whatever lies both in `prefix` (no longer than length_max) and in the blocks, taken before or not.
  void take_all(const IPv6Prefix& prefix);
  void release_all(const IPv6Prefix& prefix);

  [[nodiscard]] bool is_free(const IPv6Prefix& prefix) const;
  // How many prefixes of that length could still be taken; saturates at 2^63.
  [[nodiscard]] std::uint64_t available(unsigned length) const;
  void check_invariants() const;

  friend bool operator==(const PrefixPool&, const PrefixPool&) = default;

 private:
  [[nodiscard]] std::optional<IPv6Prefix> free_block_around(const IPv6Prefix& prefix) const;
  [[nodiscard]] bool any_part_free(const IPv6Prefix& prefix) const;
  [[nodiscard]] std::vector<IPv6Prefix> free_blocks() const;
  void insert(IPv6Prefix prefix);

  // Both as few blocks as possible: no two halves of one block stand apart. So there is one way to write down what is
  // free, whatever came before.
  std::vector<IPv6Prefix> blocks_;
  std::array<std::set<IPv6Address>, 129> free_;  // by length
  unsigned length_max_;
};

}  // namespace tsp::pool
