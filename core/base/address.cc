// SPDX-License-Identifier: Apache-2.0
#include <tsp/address.h>

#include "core/base/assert.h"

namespace tsp {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

// The octet at `index` of a netmask of `length` bits.
std::uint8_t mask_octet(std::size_t index, unsigned length) {
  const unsigned before = static_cast<unsigned>(index) * 8;
  if (length >= before + 8) return 0xFF;
  if (length <= before) return 0;
  return static_cast<std::uint8_t>(0xFF00U >> (length - before));
}

IPv6Address masked(const IPv6Address& address, unsigned length) {
  IPv6Address result;
  for (std::size_t i = 0; i < result.octets.size(); ++i) {
    result.octets[i] = static_cast<std::uint8_t>(address.octets[i] & mask_octet(i, length));
  }
  return result;
}

}  // namespace

bool IPv6Prefix::contains(const IPv6Address& address) const {
  return masked(address, length) == base;
}

bool IPv6Prefix::contains(const IPv6Prefix& other) const {
  return other.length >= length && contains(other.base);
}

bool IPv6Prefix::overlaps(const IPv6Prefix& other) const {
  return contains(other) || other.contains(*this);
}

bool is_mapped(const IPv6Address& address) {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.octets.begin());
}

IPv4Address unmap(const IPv6Address& address) {
  TSP_ASSERT(is_mapped(address));
  IPv4Address result;
  std::copy(address.octets.begin() + kMappedPrefix.size(), address.octets.end(), result.octets.begin());
  return result;
}

bool is_mapped(const IPv6Prefix& prefix) {
  return prefix.length >= kMappedLength && is_mapped(prefix.base);
}

IPv6Prefix map_ipv4(const IPv4Address& address, unsigned length) {
  return make_prefix(map_ipv4(address), kMappedLength + length);
}

unsigned written_length(const IPv6Prefix& prefix) {
  return is_mapped(prefix) ? prefix.length - kMappedLength : prefix.length;
}

bool is_any(const IPv6Address& address) {
  return address == IPv6Address{} || address == map_ipv4(IPv4Address{});
}

FourTuple without_ports(FourTuple path) {
  path.remote.port = 0;
  path.local.port = 0;
  return path;
}

bool Endpoint::is_ipv4() const {
  return is_mapped(address);
}

IPv4Address Endpoint::ipv4() const {
  return unmap(address);
}

IPv6Address map_ipv4(const IPv4Address& address) {
  IPv6Address result;
  const auto tail = std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), result.octets.begin());
  std::copy(address.octets.begin(), address.octets.end(), tail);
  return result;
}

Endpoint make_endpoint(const IPv4Address& address, std::uint16_t port) {
  return {map_ipv4(address), port};
}

IPv6Prefix make_prefix(const IPv6Address& address, unsigned length) {
  TSP_ASSERT(length <= 128);
  return {masked(address, length), static_cast<std::uint8_t>(length)};
}

IPv6Prefix host_prefix(const IPv6Address& address) {
  return {address, 128};
}

}  // namespace tsp
