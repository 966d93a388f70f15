// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tsp/address.h>
#include <tsp/client.h>

namespace tsp::client {

// How signalling travels. A v6udpv4 tunnel uses the UDP socket of its signalling for its packets too.
enum class Transport : std::uint8_t { Udp, Tcp };

// The version of IP that signalling, and what carries the tunnel's packets, travels in.
enum class OuterFamily : std::uint8_t { IPv4, IPv6 };

[[nodiscard]] constexpr OuterFamily outer_family(RequestedType type) {
  return type == RequestedType::V4V6 ? OuterFamily::IPv6 : OuterFamily::IPv4;
}

[[nodiscard]] inline OuterFamily family_of(const IPv6Address& address) {
  return is_mapped(address) ? OuterFamily::IPv4 : OuterFamily::IPv6;
}

}  // namespace tsp::client
