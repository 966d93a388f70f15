// SPDX-License-Identifier: Apache-2.0
#include <tsp/address.h>

#include "core/base/hex.h"
#include "core/base/ipv6_groups.h"

namespace tsp {

namespace {

std::uint16_t group_at(const IPv6Address& address, std::size_t index) {
  return static_cast<std::uint16_t>((address.octets[2 * index] << 8) | address.octets[2 * index + 1]);
}

// At least `digits_min` digits.
void append_hex(std::string& text, std::uint16_t group, unsigned digits_min) {
  for (unsigned digit = 4; digit > 0; --digit) {
    const unsigned rest = group >> (4 * (digit - 1));
    if (rest != 0 || digit <= digits_min) text += kHexDigits[rest & 0xF];
  }
}

struct Run {
  std::size_t begin = 0;
  std::size_t length = 0;
};

// The longest run of zero groups, the first of several.
Run longest_zero_run(const IPv6Address& address) {
  Run longest;
  Run current;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (group_at(address, i) != 0) {
      current = {i + 1, 0};
    } else if (++current.length > longest.length) {
      longest = current;
    }
  }
  return longest;
}

}  // namespace

std::string to_text(const IPv4Address& address) {
  std::string text;
  text.reserve(15);
  for (const std::uint8_t octet : address.octets) {
    if (!text.empty()) text += '.';
    text += std::to_string(octet);
  }
  return text;
}

std::string to_text(const IPv6Address& address) {
  // RFC 5952 section 5: the dotted tail where it is known to be an IPv4 address.
  if (is_mapped(address)) return "::ffff:" + to_text(unmap(address));
  const Run zeros = longest_zero_run(address);
  const bool compress = zeros.length >= 2;  // section 4.2.2: never a single group
  std::string text;
  text.reserve(39);
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (compress && i == zeros.begin) {
      text += "::";
      i += zeros.length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    append_hex(text, group_at(address, i), 1);
  }
  return text;
}

std::string to_unmapped_text(const IPv6Address& address) {
  return is_mapped(address) ? to_text(unmap(address)) : to_text(address);
}

std::string to_text(const IPv6Prefix& prefix) {
  const std::string base = is_mapped(prefix) ? to_text(unmap(prefix.base)) : to_text(prefix.base);
  return base + '/' + std::to_string(written_length(prefix));
}

std::string to_text(const Endpoint& endpoint) {
  const std::string host = endpoint.is_ipv4() ? to_text(endpoint.ipv4()) : '[' + to_text(endpoint.address) + ']';
  return host + ':' + std::to_string(endpoint.port);
}

std::string to_full_text(const IPv6Address& address) {
  std::string text;
  text.reserve(39);
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i != 0) text += ':';
    append_hex(text, group_at(address, i), 4);
  }
  return text;
}

}  // namespace tsp
