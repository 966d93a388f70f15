// SPDX-License-Identifier: Apache-2.0
//
// What the host must know so that the pools' packets go to the device: its addresses, the routes, the device up.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include <tsp/address.h>

#include "adapters/linux/netlink/route.h"
#include "adapters/linux/netlink/route_socket.h"
#include "adapters/port/datapath.h"

namespace tsp::linux_ {

enum class DeviceKind : std::uint8_t { Tun, Utun };

struct PoolRoutingOptions {
  std::string device;
  DeviceKind kind = DeviceKind::Tun;
  bool inherited = false;  // the device is this process's already
  std::uint16_t device_mtu = 1472;
  std::vector<port::InnerPool> pools;  // one of each version at most
  bool leases_elsewhere = false;  // routes to parts of the pools are those of other brokers, which have the leases now
};

// Before the device is opened. Error: one line that names what is in the way: a device that is in use or of another
// kind, or somebody else's route to a pool or to a part of it. A route to more than the pool is in nobody's way. A
// utun device that a broker left is removed where a TUN device is wanted.
[[nodiscard]] std::expected<void, std::string> check_host_is_free(const RouteSocket& socket,
                                                                  const PoolRoutingOptions& options);

// Addresses, routes and state of the open device. Takes what a killed predecessor left as its own. Must outlive the
// device, so that the pools are unreachable until the end and never follow the default route.
class PoolRouting {
 public:
  // Error: one line; then what was done is undone.
  [[nodiscard]] static std::expected<PoolRouting, std::string> establish(RouteSocket socket,
                                                                         const PoolRoutingOptions& options);
  PoolRouting(PoolRouting&&) = default;
  PoolRouting& operator=(PoolRouting&&) = delete;
  ~PoolRouting();

  // The device was removed by somebody else and has been made anew. Error: one line.
  [[nodiscard]] std::expected<void, std::string> establish_again() { return set_up(); }
  // Puts back what somebody else removed; a device that an administrator took down stays down. True: something was
  // missing. Error: one line.
  [[nodiscard]] std::expected<bool, std::string> repair() const;
  [[nodiscard]] int device() const { return device_; }

 private:
  PoolRouting(RouteSocket socket, PoolRoutingOptions options)
      : socket_(std::move(socket)), options_(std::move(options)) {}
  [[nodiscard]] std::expected<void, std::string> set_up();
  [[nodiscard]] std::expected<void, std::string> add_address_and_route(const port::InnerPool& pool) const;
  // Addresses and routes of an adopted device, and discard routes of a predecessor with another pool.
  [[nodiscard]] std::expected<void, std::string> remove_left_over() const;
  [[nodiscard]] std::expected<void, std::string> remove_left_over_routes(RouteFamily family) const;
  [[nodiscard]] bool is_address_of_pool(const IPv6Address& address) const;
  [[nodiscard]] bool is_pool(const IPv6Prefix& prefix) const;
  // As repair(), of one pool; `device_up`: whether the device can have routes.
  [[nodiscard]] std::expected<bool, std::string> repair(const port::InnerPool& pool, bool device_up) const;

  RouteSocket socket_;
  PoolRoutingOptions options_;
  int device_ = 0;  // its index
};

}  // namespace tsp::linux_
