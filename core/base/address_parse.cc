// SPDX-License-Identifier: Apache-2.0
#include <tsp/address.h>

#include "core/base/decimal.h"
#include "core/base/ipv6_groups.h"

namespace tsp {

namespace {

std::optional<std::uint16_t> parse_group(std::string_view digits) {
  if (digits.empty() || digits.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    value = value * 16 + digit;
  }
  return static_cast<std::uint16_t>(value);
}

// Up to eight groups on one side of "::", or all of them.
struct Groups {
  std::array<std::uint16_t, kGroups> value{};
  std::size_t count = 0;

  [[nodiscard]] bool add(std::uint16_t group) {
    if (count == kGroups) return false;
    value[count++] = group;
    return true;
  }
};

bool add_dotted_tail(std::string_view text, Groups& groups) {
  const auto ipv4 = parse_ipv4(text);
  if (!ipv4) return false;
  const auto& o = ipv4->octets;
  return groups.add(static_cast<std::uint16_t>((o[0] << 8) | o[1])) &&
         groups.add(static_cast<std::uint16_t>((o[2] << 8) | o[3]));
}

// Groups separated by single colons; nothing at all is no group. Only what ends the address may have a dotted tail.
std::optional<Groups> parse_groups(std::string_view text, bool dotted_tail_allowed) {
  Groups groups;
  if (text.empty()) return groups;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view piece = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && dotted_tail_allowed && piece.find('.') != std::string_view::npos) {
      return add_dotted_tail(piece, groups) ? std::optional(groups) : std::nullopt;
    }
    const auto group = parse_group(piece);
    if (!group || !groups.add(*group)) return std::nullopt;
    if (last) return groups;
    text.remove_prefix(colon + 1);
  }
}

IPv6Address assemble(const Groups& head, const Groups& tail) {
  IPv6Address address;
  const auto put = [&address](std::size_t index, std::uint16_t group) {
    address.octets[2 * index] = static_cast<std::uint8_t>(group >> 8);
    address.octets[2 * index + 1] = static_cast<std::uint8_t>(group);
  };
  for (std::size_t i = 0; i < head.count; ++i) put(i, head.value[i]);
  for (std::size_t i = 0; i < tail.count; ++i) put(kGroups - tail.count + i, tail.value[i]);
  return address;
}

// `length_before`: of what the address is mapped into.
std::optional<IPv6Prefix> parse_prefix(std::string_view text, std::optional<IPv6Address> (*parse)(std::string_view),
                                       unsigned length_before) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse(text.substr(0, slash));
  const auto length = parse_decimal(text.substr(slash + 1), 128 - length_before);
  if (!address || !length) return std::nullopt;
  const IPv6Prefix prefix = make_prefix(*address, length_before + *length);
  if (prefix.base != *address) return std::nullopt;
  return prefix;
}

}  // namespace

std::optional<IPv4Address> parse_ipv4(std::string_view text) {
  IPv4Address address;
  for (std::size_t i = 0; i < address.octets.size(); ++i) {
    const bool last = i + 1 == address.octets.size();
    const std::size_t end = last ? text.size() : text.find('.');
    if (end == std::string_view::npos || end > 3) return std::nullopt;
    const auto octet = parse_decimal(text.substr(0, end), 255);
    if (!octet) return std::nullopt;
    address.octets[i] = static_cast<std::uint8_t>(*octet);
    text.remove_prefix(last ? end : end + 1);
  }
  return address;
}

std::optional<IPv6Address> parse_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto groups = parse_groups(text, true);
    if (!groups || groups->count != kGroups) return std::nullopt;
    return assemble(*groups, {});
  }
  const auto head = parse_groups(text.substr(0, gap), false);
  const auto tail = parse_groups(text.substr(gap + 2), true);
  // "::" may stand for no group at all: RFC 5572 writes such addresses in its examples.
  if (!head || !tail || head->count + tail->count > kGroups) return std::nullopt;
  return assemble(*head, *tail);
}

std::optional<IPv6Address> parse_mapped_ipv4(std::string_view text) {
  const auto address = parse_ipv4(text);
  return address ? std::optional(map_ipv4(*address)) : std::nullopt;
}

std::optional<IPv6Address> parse_address(std::string_view text) {
  const auto mapped = parse_mapped_ipv4(text);
  return mapped ? mapped : parse_ipv6(text);
}

std::optional<IPv6Prefix> parse_prefix(std::string_view text) {
  return parse_prefix(text, parse_ipv6, 0);
}

std::optional<IPv6Prefix> parse_ipv4_prefix(std::string_view text) {
  return parse_prefix(text, parse_mapped_ipv4, kMappedLength);
}

std::optional<IPv6Prefix> parse_any_prefix(std::string_view text) {
  const auto ipv4 = parse_ipv4_prefix(text);
  return ipv4 ? ipv4 : parse_prefix(text);
}

}  // namespace tsp
