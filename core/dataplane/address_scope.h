// SPDX-License-Identifier: Apache-2.0
//
// Which inner addresses may be routed at all (RFC 4213 section 5, RFC 3964 section 5; tunnel endpoints must not become
// a way around a firewall).
#pragma once

#include <cstdint>

#include <tsp/address.h>

namespace tsp::dataplane {

enum class AddressScope : std::uint8_t {
  Routable,
  Unspecified,    // "::"
  LinkLocal,      // fe80::/10
  LinkMulticast,  // interface-local and link-local multicast
  Multicast,      // of a wider scope
  Invalid,        // loopback, IPv4-compatible and -mapped, site-local, 6to4 of an IPv4 address that is not global
};

// Neither private, reserved, for documentation, nor multicast (RFC 6890).
[[nodiscard]] bool is_global(const IPv4Address& address);
// Whether it could be a host's at all: not 0.0.0.0/8, loopback, multicast or broadcast.
[[nodiscard]] bool is_unicast(const IPv4Address& address);

// `own`: an outer address of the broker, which must not be reached through 6to4 either.
[[nodiscard]] AddressScope scope_of(const IPv6Address& address, const Endpoint& own);

}  // namespace tsp::dataplane
