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
  Unspecified,    // "::", 0.0.0.0
  LinkLocal,      // fe80::/10, 169.254.0.0/16
  LinkMulticast,  // interface-local and link-local multicast, the broadcast address 255.255.255.255
  Multicast,      // of a wider scope
  // IPv6: loopback, IPv4-compatible and -mapped, site-local, 6to4 of an IPv4 address that is not global.
  // IPv4: the rest of 0.0.0.0/8, loopback, 240.0.0.0/4 (RFC 1122 section 3.2.1.3, RFC 1812 section 5.3.7).
  Invalid,
};

// Whether the Internet routes it: neither private, shared, loopback, link-local, reserved, for documentation or
// benchmarking, nor multicast (RFC 6890, IANA's special-purpose registries).
[[nodiscard]] bool is_global(const IPv4Address& address);
// An IPv4 address is mapped. False also for 6to4 and Teredo, which lead into IPv4.
[[nodiscard]] bool is_global(const IPv6Address& address);
// Whether it could be a host's at all: not 0.0.0.0/8, loopback, multicast or broadcast.
[[nodiscard]] bool is_unicast(const IPv4Address& address);

// Of an address in an IPv6 packet. `own`: an outer address of the broker, which must not be reached through 6to4
// either.
[[nodiscard]] AddressScope scope_of(const IPv6Address& address, const Endpoint& own);
// Of an address in an IPv4 packet.
[[nodiscard]] AddressScope scope_of(const IPv4Address& address);
// What does not leave its link: a host sends such packets on each link that it comes to.
[[nodiscard]] bool is_link_scope(AddressScope scope);

}  // namespace tsp::dataplane
