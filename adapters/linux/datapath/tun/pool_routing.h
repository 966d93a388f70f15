// SPDX-License-Identifier: Apache-2.0
//
// What the host must know so that the pool's packets go to the device: its address, the routes, the device up.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include <tsp/address.h>

#include "adapters/linux/netlink/route.h"
#include "adapters/linux/netlink/route_socket.h"

namespace tsp::linux_ {

struct PoolRoutingOptions {
  std::string device;
  std::uint16_t device_mtu = 1472;
  IPv6Prefix pool;
  IPv6Address server_address;
};

// Before the device is opened. Error: one line that names what is in the way: a device that is not a free TUN device,
// or somebody else's route to the pool or to a part of it. A route to more than the pool is in nobody's way.
[[nodiscard]] std::expected<void, std::string> check_host_is_free(const RouteSocket& socket,
                                                                  const PoolRoutingOptions& options);

// Address, routes and state of the open device. Takes what a killed predecessor left as its own. Must outlive the
// device, so that the pool is unreachable until the end and never follows the default route.
class PoolRouting {
 public:
  // Error: one line; then what was done is undone.
  [[nodiscard]] static std::expected<PoolRouting, std::string> establish(RouteSocket socket,
                                                                         const PoolRoutingOptions& options);
  PoolRouting(PoolRouting&&) = default;
  PoolRouting& operator=(PoolRouting&&) = delete;
  ~PoolRouting();

  // Puts back what somebody else removed; a device that an administrator took down stays down. True: something was
  // missing. Error: one line.
  [[nodiscard]] std::expected<bool, std::string> repair() const;
  [[nodiscard]] int device() const { return device_; }

 private:
  PoolRouting(RouteSocket socket, PoolRoutingOptions options)
      : socket_(std::move(socket)), options_(std::move(options)) {}
  [[nodiscard]] std::expected<void, std::string> set_up();
  [[nodiscard]] std::expected<void, std::string> add_address_and_route() const;
  // Addresses and routes of an adopted device, and discard routes of a predecessor with another pool.
  [[nodiscard]] std::expected<void, std::string> remove_left_over() const;
  // Of our routes.
  [[nodiscard]] bool is_missing(RouteKind kind, const std::vector<Route>& all) const;

  RouteSocket socket_;
  PoolRoutingOptions options_;
  int device_ = 0;  // its index
};

}  // namespace tsp::linux_
