// SPDX-License-Identifier: Apache-2.0
#include "core/pool/layout.h"

#include <algorithm>
#include <utility>

#include "core/pool/number.h"
#include "core/pool/prefix_pool.h"

namespace tsp::pool {
namespace {

constexpr unsigned kPrefixLengthMin = 16;
constexpr unsigned kDelegationLengthMin = 48;
constexpr unsigned kOwnBits = 4;  // the broker's own part is a sixteenth
constexpr unsigned kIPv4LengthMin = 8;
constexpr unsigned kIPv4LengthMax = 28;
constexpr unsigned kIPv4DelegationLengthMin = 24;

struct Space {
  IPv6Prefix prefix;
  const char* name;
};
const std::array<Space, 2> kServable{{{{IPv6Address{{0x20}}, 3}, "global"}, {{IPv6Address{{0xFC}}, 7}, "local"}}};
const std::array<Space, 2> kTransition{
    {{{IPv6Address{{0x20, 0x02}}, 16}, "6to4"}, {{IPv6Address{{0x20, 0x01}}, 32}, "Teredo"}}};

IPv6Address after(const IPv6Address& address) {
  return to_address(to_number(address) + 1);
}

bool is_unicast(const IPv4Address& address) {
  return address.octets[0] != 0 && address.octets[0] != 127 && address.octets[0] < 224;
}

std::optional<std::string> find_ipv4_prefix_fault(const IPv6Prefix& prefix) {
  const unsigned length = prefix.length - kMappedLength;
  if (length < kIPv4LengthMin || length > kIPv4LengthMax) {
    return to_text(prefix) + " cannot be divided: a /8 to a /28 of IPv4 can be served";
  }
  if (is_unicast(unmap(prefix.base))) return std::nullopt;
  return to_text(prefix) + " are not addresses of hosts";
}

std::optional<std::string> find_prefix_fault(const IPv6Prefix& prefix) {
  if (is_mapped(prefix)) return find_ipv4_prefix_fault(prefix);
  const std::string name = to_text(prefix);
  if (prefix.length < kPrefixLengthMin) return name + " is too large: a /16 is the largest prefix that can be served";
  const auto holds = [&](const Space& space) { return space.prefix.contains(prefix); };
  if (std::ranges::none_of(kServable, holds)) {
    return name + " is neither global unicast (2000::/3) nor unique local (fc00::/7)";
  }
  for (const Space& space : kTransition) {
    if (space.prefix.overlaps(prefix)) return name + " is reserved for " + space.name;
  }
  return std::nullopt;
}

// A range of the layout, as faults name it.
struct Named {
  std::string name;
  IPv6Prefix prefix;
};

std::vector<Named> ranges_of(const PoolLayout& layout) {
  std::vector<Named> ranges{{"the range of accounts " + to_text(layout.hosts), layout.hosts}};
  if (layout.anonymous) {
    ranges.push_back({"the range of anonymous clients " + to_text(*layout.anonymous), *layout.anonymous});
  }
  for (const IPv6Prefix& range : layout.delegations) {
    ranges.push_back({"the range of delegations " + to_text(range), range});
  }
  return ranges;
}

std::optional<std::string> find_range_fault(const PoolLayout& layout) {
  const std::vector<Named> ranges = ranges_of(layout);
  for (auto range = ranges.begin(); range != ranges.end(); ++range) {
    if (!layout.prefix.contains(range->prefix)) return range->name + " is not inside " + to_text(layout.prefix);
    for (auto other = ranges.begin(); other != range; ++other) {
      if (range->prefix.overlaps(other->prefix)) return range->name + " overlaps " + other->name;
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_size_fault(const PoolLayout& layout) {
  // One address is never given out, one is the server's.
  if (layout.hosts.length > 126) return "the range of accounts " + to_text(layout.hosts) + " has no address to give";
  if (layout.anonymous && layout.anonymous->length > 127) {
    return "the range of anonymous clients " + to_text(*layout.anonymous) + " has no address to give";
  }
  const bool ipv4 = is_mapped(layout.prefix);
  for (const IPv6Prefix& range : layout.delegations) {
    if (range.length > (ipv4 ? kMappedLength + kIPv4DelegationLengthMax : kDelegationLengthMax)) {
      return "the range of delegations " + to_text(range) + " is too small: a router needs a " +
             (ipv4 ? "/30" : "/64") + " of its own";
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_server_fault(const PoolLayout& layout) {
  const std::string name = "the server address " + to_unmapped_text(layout.server_address);
  if (!layout.hosts.contains(layout.server_address)) {
    return name + " is not inside the range of accounts " + to_text(layout.hosts);
  }
  if (layout.server_address == layout.hosts.base) {
    return name + " is the first of its range, which " +
           (is_mapped(layout.prefix) ? "names the network" : "routers share (RFC 4291 section 2.6.1)") + ": take " +
           to_unmapped_text(after(layout.hosts.base));
  }
  return std::nullopt;
}

}  // namespace

std::expected<PoolLayout, std::string> derive_layout(const IPv6Prefix& prefix) {
  if (auto fault = find_prefix_fault(prefix)) return std::unexpected(std::move(*fault));
  if (prefix.length > kDelegationLengthMax) {
    return std::unexpected(to_text(prefix) + " is longer than a /64: it is not divided unless the ranges are given");
  }
  const unsigned own_length = std::min(prefix.length + kOwnBits, kDelegationLengthMax);
  // Two /64s of the broker's own, or the halves of the one there is.
  const unsigned range_length = own_length < 64 ? 64 : 65;

  PoolLayout layout;
  layout.prefix = prefix;
  layout.server_address = after(prefix.base);
  layout.hosts = make_prefix(prefix.base, range_length);
  layout.anonymous = sibling(layout.hosts);
  for (unsigned length = own_length; length > prefix.length; --length) {
    layout.delegations.push_back(sibling(make_prefix(prefix.base, length)));
  }
  return layout;
}

std::expected<PoolLayout, std::string> derive_ipv4_layout(const IPv6Prefix& prefix) {
  if (auto fault = find_prefix_fault(prefix)) return std::unexpected(std::move(*fault));
  PoolLayout layout;
  layout.prefix = prefix;
  layout.server_address = after(prefix.base);
  layout.hosts = make_prefix(prefix.base, prefix.length + 2U);
  layout.anonymous = sibling(layout.hosts);
  layout.delegations = {sibling(make_prefix(prefix.base, prefix.length + 1U))};
  return layout;
}

PrefixLimits default_ipv4_prefix_limits(const IPv6Prefix& prefix) {
  const unsigned wanted = prefix.length - kMappedLength + 8U;
  const unsigned shortest = std::clamp(wanted, kIPv4DelegationLengthMin, kIPv4DelegationLengthMax - 1);
  return {.shortest = static_cast<std::uint8_t>(shortest), .longest = kIPv4DelegationLengthMax};
}

PrefixLimits default_prefix_limits(const IPv6Prefix& prefix) {
  const unsigned shortest = std::clamp(prefix.length + 8U, kDelegationLengthMin, kDelegationLengthMax);
  return {.shortest = static_cast<std::uint8_t>(shortest), .longest = kDelegationLengthMax};
}

std::optional<std::string> find_layout_fault(const PoolLayout& layout) {
  if (auto fault = find_prefix_fault(layout.prefix)) return fault;
  if (auto fault = find_range_fault(layout)) return fault;
  if (auto fault = find_size_fault(layout)) return fault;
  return find_server_fault(layout);
}

}  // namespace tsp::pool
