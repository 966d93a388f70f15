// SPDX-License-Identifier: Apache-2.0
//
// IPv6 addresses as 128-bit numbers, for arithmetic on ranges.
#pragma once

#include <cstdint>
#include <limits>

#include <tsp/address.h>

namespace tsp::pool {

using Number = unsigned __int128;

[[nodiscard]] inline Number to_number(const IPv6Address& address) {
  Number number = 0;
  for (const std::uint8_t octet : address.octets) number = (number << 8) | octet;
  return number;
}

[[nodiscard]] inline IPv6Address to_address(Number number) {
  IPv6Address address;
  for (auto octet = address.octets.rbegin(); octet != address.octets.rend(); ++octet) {
    *octet = static_cast<std::uint8_t>(number);
    number >>= 8;
  }
  return address;
}

// The bits behind the first `length` (0…128), all set.
[[nodiscard]] inline Number host_mask(unsigned length) {
  return length == 128 ? 0 : ~Number{0} >> length;
}

[[nodiscard]] inline IPv6Address last_address(const IPv6Prefix& prefix) {
  return to_address(to_number(prefix.base) | host_mask(prefix.length));
}

// The other half of the prefix that is one bit shorter; length 1…128.
[[nodiscard]] inline IPv6Prefix sibling(const IPv6Prefix& prefix) {
  const Number bit = Number{1} << (128U - prefix.length);
  return {to_address(to_number(prefix.base) ^ bit), prefix.length};
}

[[nodiscard]] inline std::uint64_t saturate(Number number) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  return number > kMax ? kMax : static_cast<std::uint64_t>(number);
}

}  // namespace tsp::pool
