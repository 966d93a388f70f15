// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/pool/layout.h"
#include "core/pool/prefix_pool.h"

namespace tsp::pool {
namespace {

// How many addresses a range holds, less those that are never given out.
std::string count_addresses(const IPv6Prefix& range, std::uint64_t reserved) {
  constexpr unsigned kExactBitsMax = 32;
  const unsigned bits = 128U - range.length;
  if (bits > kExactBitsMax) return "about 2^" + std::to_string(bits) + " addresses";
  return std::to_string((std::uint64_t{1} << bits) - reserved) + " addresses";
}

std::string join(const std::vector<IPv6Prefix>& prefixes) {
  std::string text;
  for (const IPv6Prefix& prefix : prefixes) text += (text.empty() ? "" : ", ") + to_text(prefix);
  return text;
}

std::string length_text(unsigned length) {
  return "/" + std::to_string(length);
}

std::string span_text(unsigned shortest, unsigned longest) {
  return shortest == longest ? length_text(shortest) : length_text(shortest) + " to " + length_text(longest);
}

// The ends and, between them, the lengths that people use.
std::vector<unsigned> customary_lengths(unsigned shortest, unsigned longest) {
  std::vector<unsigned> lengths;
  for (unsigned length = shortest; length <= longest; ++length) {
    if (length == shortest || length == longest || length % 4 == 0) lengths.push_back(length);
  }
  return lengths;
}

// What the lengths of IPv4 prefixes are short of.
unsigned bits_before(const PoolLayout& layout) {
  return is_mapped(layout.prefix) ? kMappedLength : 0;
}

std::string count_delegations(const PoolLayout& layout, unsigned shortest, unsigned longest) {
  const PrefixPool pool(layout.delegations);
  std::string text;
  for (const unsigned length : customary_lengths(shortest, longest)) {
    const std::uint64_t count = pool.available(bits_before(layout) + length);
    text += (text.empty() ? "" : ", or ") + std::to_string(count) + " of " + length_text(length);
  }
  return text;
}

// The length of the largest prefix that could be cut from the ranges.
unsigned largest_length(const PoolLayout& layout) {
  const PrefixPool pool(layout.delegations);
  unsigned length = 1;
  while (pool.available(bits_before(layout) + length) == 0) ++length;
  return length;
}

std::string why_no_ranges(const PoolLayout& layout) {
  if (is_mapped(layout.prefix)) return "no range is set apart for routers";
  if (layout.prefix.length < 64) return "no range is set apart for routers";
  return "a router needs at least a /64 of its own, and " + to_text(layout.prefix) +
         " is all there is (with a /56 or larger, routers can be served)";
}

std::vector<std::string> describe_delegations(const PoolLayout& layout, const PrefixLimits& limits) {
  const std::string none = "routers: no prefix can be delegated: ";
  if (layout.delegations.empty()) return {none + why_no_ranges(layout)};
  const unsigned largest = largest_length(layout);
  const std::string allowed = span_text(limits.shortest, limits.longest);
  if (largest > limits.longest) {
    return {none + allowed + " is allowed, and the ranges hold nothing larger than a " + length_text(largest)};
  }
  const unsigned shortest = std::max<unsigned>(limits.shortest, largest);
  std::vector<std::string> lines{"routers: one prefix each from " + join(layout.delegations) + ": " +
                                 count_delegations(layout, shortest, limits.longest)};
  if (limits.shortest < largest) {
    lines.push_back("routers: " + span_text(limits.shortest, largest - 1) +
                    " is allowed, but no range is large enough for it");
  }
  return lines;
}

}  // namespace

std::vector<std::string> describe_layout(const PoolLayout& layout, const PrefixLimits& limits) {
  std::vector<std::string> lines{
      "prefix: " + to_text(layout.prefix) + ", all of which must be routed to this host",
      "server address: " + to_unmapped_text(layout.server_address),
      "accounts: one address each from " + to_text(layout.hosts) + ": " + count_addresses(layout.hosts, 2),
  };
  lines.push_back(layout.anonymous ? "anonymous clients: one address each, at random, from " +
                                         to_text(*layout.anonymous) + ": " + count_addresses(*layout.anonymous, 1)
                                   : "anonymous clients: none can be served: no range is set apart for them");
  std::ranges::move(describe_delegations(layout, limits), std::back_inserter(lines));
  return lines;
}

}  // namespace tsp::pool
