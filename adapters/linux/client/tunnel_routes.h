// SPDX-License-Identifier: Apache-2.0
//
// The routes and the LAN address of a client. They are not the broker's: it may run on the same host, and cleans up
// what it takes for its own.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include <tsp/address.h>

#include "adapters/linux/netlink/address.h"
#include "adapters/linux/netlink/route.h"
#include "adapters/linux/netlink/route_socket.h"

namespace tsp::linux_ {

inline constexpr std::uint8_t kClientRouteProtocol = 120;
// Before what router advertisements bring (1024): somebody asked for this tunnel.
inline constexpr std::uint32_t kTunnelMetric = 512;

// `DESTINATION via fe80::fffe dev DEVICE onlink metric 512`, or `via 192.0.0.8`; for the fake next hops see
// netlink/route.h.
[[nodiscard]] std::expected<void, std::string> add_tunnel_route(const RouteSocket& socket,
                                                                const IPv6Prefix& destination, int device);
// `unreachable PREFIX metric 512`.
[[nodiscard]] std::expected<void, std::string> add_discard_route(const RouteSocket& socket, const IPv6Prefix& prefix);
[[nodiscard]] std::expected<void, std::string> remove_discard_route(const RouteSocket& socket,
                                                                    const IPv6Prefix& prefix);

// With the route to its prefix and without duplicate detection. False: the device had the address already.
[[nodiscard]] std::expected<bool, std::string> add_lan_address(const RouteSocket& socket, int device,
                                                               const DeviceAddress& address);

}  // namespace tsp::linux_
