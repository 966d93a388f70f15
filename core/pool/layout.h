// SPDX-License-Identifier: Apache-2.0
//
// A sensible division of one prefix, so that a prefix is all an operator has to configure:
//   - the first sixteenth of it (but no less than a /64) is the broker's own: its first /64 holds the server address
//     and the accounts' addresses, its second the anonymous ones (the two halves of one /64 where there is only one);
//     the rest of it is left for what may come;
//   - all that follows is delegated to routers.
//
//   prefix   accounts      anonymous           delegations
//   /32      first /64     second /64          15/16: 61440 of /48
//   /48      first /64     second /64          15/16: 240 of /56, 3840 of /60, 61440 of /64
//   /56      first /64     second /64          15/16: 240 of /64
//   /60      first /65     second /65          15 of /64
//   /63      first /65     second /65          1 of /64, the upper one
//   /64      first /65     second /65          none: a router needs a /64 of its own
//
// The server address is the second one of the accounts' range, PREFIX::1; the first is the subnet-router anycast
// address (RFC 4291 section 2.6.1), which no range ever hands out.
// Of IPv4, for what is inside of v4v6 tunnels, the first quarter is the accounts', the second for anonymous clients,
// and the upper half is cut into prefixes for routers. Each address stands alone (/32), so that no other one is
// reserved.
//
//   prefix   accounts      anonymous           delegations
//   /16      first /18     second /18          128 of /24, 8192 of /30
//   /24      first /26     second /26          16 of /29, 32 of /30
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/config.h>

namespace tsp::pool {

// `prefix`: length 16…64, global unicast (documentation included, 6to4 and Teredo not) or unique local. The error says
// what is wrong.
[[nodiscard]] std::expected<PoolLayout, std::string> derive_layout(const IPv6Prefix& prefix);
// The same for a mapped prefix: IPv4 of length 8…28, and neither loopback nor multicast nor reserved.
[[nodiscard]] std::expected<PoolLayout, std::string> derive_ipv4_layout(const IPv6Prefix& prefix);
// Shortest: eight bits into the prefix, so that at least 240 routers fit, but never shorter than /48; longest /64.
// From a /56 on both are /64, and from a /57 on fewer routers fit.
[[nodiscard]] PrefixLimits default_prefix_limits(const IPv6Prefix& prefix);
// As IPv4 lengths: eight bits into the prefix, but no shorter than /24 and no longer than /29; longest /30.
[[nodiscard]] PrefixLimits default_ipv4_prefix_limits(const IPv6Prefix& prefix);
// For a layout made by hand, of either family: a prefix that cannot be served, overlaps, parts outside the prefix,
// ranges without an address to give, a server address outside the host range: the first fault in words. The prefix may
// be longer than /64 here (some hosters give a /112), and ranges may have any length; delegations are at most /64.
[[nodiscard]] std::optional<std::string> find_layout_fault(const PoolLayout& layout);
// One line an entry: who gets what, how many, and what is impossible with it ("no prefix can be delegated …"). Only for
// layouts without a fault. `limits`: of IPv4 as IPv4 lengths.
[[nodiscard]] std::vector<std::string> describe_layout(const PoolLayout& layout, const PrefixLimits& limits);

}  // namespace tsp::pool
