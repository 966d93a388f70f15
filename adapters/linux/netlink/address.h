// SPDX-License-Identifier: Apache-2.0
//
// The addresses of a device. IPv4 is mapped.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include <tsp/address.h>

#include "adapters/linux/netlink/route_socket.h"

namespace tsp::linux_ {

// Address and the length of its on-link prefix; 96 more than that of an IPv4 prefix.
struct DeviceAddress {
  IPv6Address address;
  std::uint8_t length = 128;

  friend bool operator==(const DeviceAddress&, const DeviceAddress&) = default;
};

// Of both versions.
[[nodiscard]] std::expected<std::vector<DeviceAddress>, std::string> list_addresses(const RouteSocket& socket,
                                                                                    int device);
// As a /128 or /32, without duplicate detection and without a route of its own. An address that is there already is no
// error.
[[nodiscard]] std::expected<void, std::string> add_address(const RouteSocket& socket, int device,
                                                           const IPv6Address& address);
// An address that is not there is no error.
[[nodiscard]] std::expected<void, std::string> remove_address(const RouteSocket& socket, int device,
                                                              const DeviceAddress& address);

}  // namespace tsp::linux_
