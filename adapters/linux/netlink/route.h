// SPDX-License-Identifier: Apache-2.0
//
// Routes of the main table. Destinations in IPv4 are mapped.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include <tsp/address.h>

#include "adapters/linux/netlink/route_socket.h"

namespace tsp::linux_ {

// Marks the broker's routes, so that nobody takes them for his own; see rt_protos(5) of iproute2.
inline constexpr std::uint8_t kRouteProtocol = 119;
// The kernel takes the route with the smallest metric.
inline constexpr std::uint32_t kPreferredMetric = 1024;
inline constexpr std::uint32_t kWorstMetric = 0xFFFFFFFF;
// A next hop that nobody has: with one fixed next hop the kernel keeps one neighbour entry for the device, without
// one it keeps an entry for each inner destination, and the neighbour table overflows at a thousand clients.
inline constexpr IPv6Address kFakeNextHop{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe}};
// In IPv4 the dummy address 192.0.0.8 (RFC 7600 section 4.8). Without a next hop the kernel would send redirects to
// clients that talk to each other, whatever the device's own setting says.
inline constexpr IPv6Address kFakeIPv4NextHop{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 0, 8}};

enum class RouteFamily : std::uint8_t { IPv4, IPv6 };

enum class RouteKind : std::uint8_t { Forward, Unreachable, Other };

struct Route {
  IPv6Prefix destination;
  RouteKind kind = RouteKind::Forward;
  std::uint8_t protocol = 0;  // RTPROT_…
  std::uint32_t metric = 0;
  std::vector<int> devices;  // of all next hops

  friend bool operator==(const Route&, const Route&) = default;
};

[[nodiscard]] std::expected<std::vector<Route>, std::string> list_routes(const RouteSocket& socket,
                                                                         RouteFamily family = RouteFamily::IPv6);
// `DESTINATION via fe80::fffe dev DEVICE onlink` or `… via 192.0.0.8 …`, with kRouteProtocol. Replaces a route to the
// same destination with the same metric.
[[nodiscard]] std::expected<void, std::string> add_device_route(const RouteSocket& socket,
                                                                const IPv6Prefix& destination, int device);
// `unreachable DESTINATION metric 4294967295`, with kRouteProtocol. One that is there already is no error.
[[nodiscard]] std::expected<void, std::string> add_unreachable_route(const RouteSocket& socket,
                                                                     const IPv6Prefix& destination);
// A route that is not there is no error.
[[nodiscard]] std::expected<void, std::string> remove_route(const RouteSocket& socket, const Route& route);

// Whether the host takes packets to the address for its own. It does so a moment after the address was added.
[[nodiscard]] bool is_local(const RouteSocket& socket, const IPv6Address& address);

// "2001:db8::/32 dev eth0 (protocol 3)": for people.
[[nodiscard]] std::string to_text(const Route& route);

}  // namespace tsp::linux_
