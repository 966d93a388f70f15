// SPDX-License-Identifier: Apache-2.0
//
// Routes to the device for single leases: what live tunnels have of other brokers' pools, or everything they have. In
// the main table with kRouteProtocol, so that a routing daemon can announce what this broker has.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <tsp/address.h>
#include <tsp/datapath.h>

#include "adapters/linux/netlink/route_socket.h"

namespace tsp::linux_ {

struct LeaseRoutesPolicy {
  std::vector<IPv6Prefix> other_pools{};  // IPv4 mapped
  bool all = false;                       // leases of the broker's own pools too
};

class LeaseRoutes {
 public:
  // `device`: the index of one that is up. Routes of a predecessor to it are not there any more.
  LeaseRoutes(RouteSocket socket, int device, LeaseRoutesPolicy policy)
      : socket_(std::move(socket)), device_(device), policy_(std::move(policy)) {}

  // After an order was carried out: tunnels that were installed have their routes, and listed ones, which a predecessor
  // may have installed; those that are gone have none. If a route cannot be made, `done` becomes Failed and says why.
  void follow(const DatapathOrder& order, DatapathDone& done);
  // Puts back what somebody else removed. True: something was missing. Error: one line.
  [[nodiscard]] std::expected<bool, std::string> repair() const;

 private:
  [[nodiscard]] std::expected<void, std::string> install(const TunnelSpec& tunnel,
                                                         const std::vector<TunnelId>& replaces);
  [[nodiscard]] std::expected<void, std::string> install_missing(const std::vector<TunnelSpec>& tunnels);
  void remove(TunnelId id);
  [[nodiscard]] std::vector<IPv6Prefix> wanted_by(const TunnelSpec& tunnel) const;
  void remove_route_to(const IPv6Prefix& prefix) const;

  RouteSocket socket_;
  int device_;
  LeaseRoutesPolicy policy_;
  std::map<TunnelId, std::vector<IPv6Prefix>> routes_;
};

}  // namespace tsp::linux_
