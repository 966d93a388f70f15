// SPDX-License-Identifier: Apache-2.0
#include "core/base/source.h"

namespace tsp {
namespace {

std::uint64_t leading_bits(const IPv6Address& address, unsigned count) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) value = value << 8 | address.octets[i];
  return value >> (64 - count);
}

std::uint64_t ipv4_bits(const IPv6Address& address) {
  std::uint64_t value = 0;
  for (unsigned i = 12; i < 16; ++i) value = value << 8 | address.octets[i];
  return value;
}

}  // namespace

IPv6Address source_of(const IPv6Address& address) {
  return is_mapped(address) ? address : make_prefix(address, 64).base;
}

std::uint64_t source_key(const IPv6Address& address) {
  return is_mapped(address) ? ipv4_bits(address) : leading_bits(address, 64);
}

std::uint64_t network_key(const IPv6Address& address) {
  return is_mapped(address) ? ipv4_bits(address) >> 8 : leading_bits(address, 48);
}

}  // namespace tsp
