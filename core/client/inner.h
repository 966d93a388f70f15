// SPDX-License-Identifier: Apache-2.0
//
// Which inner packets belong into the tunnel and out of it (C-22, C-23). Pure functions, so that an adapter can decide
// about most packets without going through the supervisor.
#pragma once

#include <cstdint>

#include <tsp/client.h>
#include <tsp/types.h>

namespace tsp::client {

// Whether an address can be a host's inside of a tunnel of that type. IPv6: not unspecified, loopback, multicast,
// link-local, site-local, or with an IPv4 address in it. IPv4, mapped, in a v4v6 tunnel: not in 0.0.0.0/8, loopback,
// multicast, link-local or reserved.
[[nodiscard]] bool usable_inner_address(TunnelType type, const IPv6Address& address);

// Who answers this client's echo requests.
[[nodiscard]] inline const IPv6Address& echo_address(const Offer& offer) {
  return offer.keepalive_seconds > 0 ? offer.keepalive_address : offer.server_inner;
}

enum class Inbound : std::uint8_t {
  Deliver,     // an inner packet for this host
  Supervisor,  // signalling (v6udpv4), or an echo reply that may be the answer to a keepalive
  Drop,
};
// What to do with a datagram from the server on the socket of a v6udpv4 tunnel, or with a payload of protocol 41 or 4.
[[nodiscard]] Inbound classify_inbound(const Offer& offer, ByteView payload);

// Whether the host's packet may enter the tunnel: from our own addresses, to somewhere beyond this link.
[[nodiscard]] bool may_send(const Offer& offer, ByteView packet);

}  // namespace tsp::client
