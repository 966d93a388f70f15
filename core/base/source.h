// SPDX-License-Identifier: Apache-2.0
//
// Whom limits count as one. Many clients may share an IPv4 address, behind a carrier's NAT; an IPv6 /64 is the least
// that anybody has.
#pragma once

#include <cstdint>

#include <tsp/address.h>

namespace tsp {

// An IPv4 address, or the base of an IPv6 /64.
[[nodiscard]] IPv6Address source_of(const IPv6Address& address);

// Keys of token buckets: of an IPv4 address or an IPv6 /64 …
[[nodiscard]] std::uint64_t source_key(const IPv6Address& address);
// … and of an IPv4 /24 or an IPv6 /48.
[[nodiscard]] std::uint64_t network_key(const IPv6Address& address);

}  // namespace tsp
