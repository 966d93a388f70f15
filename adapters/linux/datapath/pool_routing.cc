// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/pool_routing.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/linux/netlink/address.h"
#include "adapters/linux/netlink/link.h"
#include "adapters/linux/netlink/route.h"
#include "adapters/linux/netlink/sysctl.h"

namespace tsp::linux_ {
namespace {

// Packets that wait in the device for a worker: a burst of a gigabit link for some milliseconds.
constexpr std::uint32_t kQueuePackets = 2000;

bool goes_to(const Route& route, int device) {
  return std::ranges::find(route.devices, device) != route.devices.end();
}

bool is_discard_route(const Route& route) {
  return route.protocol == kRouteProtocol && route.kind == RouteKind::Unreachable;
}

// A running broker has a device route above its discard route. Without one, or with one to the device that is taken
// over (0: none), it was left by a broker that was killed.
bool is_left_over(const Route& route, const std::vector<Route>& all, int device) {
  return is_discard_route(route) && std::ranges::none_of(all, [&](const Route& other) {
           return other.protocol == kRouteProtocol && other.kind == RouteKind::Forward &&
                  other.destination == route.destination && !(device != 0 && goes_to(other, device));
         });
}

// The kernel makes a new address its own in the background. Packets to it would come back by the pool's route.
void wait_until_local(const RouteSocket& socket, const IPv6Address& address) {
  for (int i = 0; i < 200 && !is_local(socket, address); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

RouteFamily family_of(const port::InnerPool& pool) {
  return is_mapped(pool.prefix) ? RouteFamily::IPv4 : RouteFamily::IPv6;
}

bool is_missing(const port::InnerPool& pool, RouteKind kind, const std::vector<Route>& all) {
  return std::ranges::none_of(all, [&](const Route& route) {
    return route.protocol == kRouteProtocol && route.kind == kind && route.destination == pool.prefix;
  });
}

std::expected<void, std::string> check_pool_is_free(const RouteSocket& socket, const port::InnerPool& pool, int device,
                                                    bool leases_elsewhere) {
  const auto routes = list_routes(socket, family_of(pool));
  if (!routes) return std::unexpected(routes.error());
  for (const Route& route : *routes) {
    const bool ours = is_left_over(route, *routes, device) || (device != 0 && goes_to(route, device));
    const bool of_lease = leases_elsewhere && route.destination != pool.prefix;
    if (ours || of_lease || !pool.prefix.contains(route.destination)) continue;
    return std::unexpected("the pool " + to_text(pool.prefix) + " is routed elsewhere: " + to_text(route) +
                           "; remove that route or choose another prefix");
  }
  return {};
}

std::string name_of(DeviceKind kind) {
  return kind == DeviceKind::Tun ? "tun" : "utun";
}

// The index of a device that can be adopted; 0: there is none.
std::expected<int, std::string> check_device(const RouteSocket& socket, const PoolRoutingOptions& options) {
  const std::string& name = options.device;
  const DeviceKind wanted = options.kind;
  const auto link = find_link(socket, name);
  if (!link) return std::unexpected(link.error());
  if (!*link) return 0;
  const std::string& kind = (*link)->kind;
  if (kind != "tun" && kind != "utun") {
    return std::unexpected("device " + name + " exists and is no " + (wanted == DeviceKind::Tun ? "TUN" : "utun") +
                           " device; choose another name");
  }
  // A multi-queue device could be opened by two processes, and each would get some of the packets; a utun device would
  // change its owner.
  if ((*link)->carrier && !options.inherited)
    return std::unexpected("device " + name + " is in use by another process (is another broker running?)");
  if (kind == name_of(wanted)) return (*link)->index;
  // Brokers leave no TUN device: that one is somebody else's.
  if (kind == "tun") {
    return std::unexpected("device " + name + " is a TUN device that no process has open; remove it (ip link delete " +
                           name + ") or choose another name");
  }
  if (auto done = remove_link(socket, name); !done) return std::unexpected(done.error());
  return 0;
}

}  // namespace

std::expected<void, std::string> check_host_is_free(const RouteSocket& socket, const PoolRoutingOptions& options) {
  const auto device = check_device(socket, options);
  if (!device) return std::unexpected(device.error());
  for (const port::InnerPool& pool : options.pools) {
    if (auto free = check_pool_is_free(socket, pool, *device, options.leases_elsewhere); !free) return free;
  }
  return {};
}

std::expected<PoolRouting, std::string> PoolRouting::establish(RouteSocket socket, const PoolRoutingOptions& options) {
  PoolRouting routing(std::move(socket), options);
  if (auto done = routing.set_up(); !done) return std::unexpected(done.error());
  return routing;
}

std::expected<void, std::string> PoolRouting::set_up() {
  // "disable_ipv6" may be the host's default for new devices.
  write_sysctl("net/ipv6/conf/" + options_.device + "/disable_ipv6", "0");
  if (auto done = bring_up(socket_, options_.device, options_.device_mtu, kQueuePackets); !done) return done;
  const auto link = find_link(socket_, options_.device);
  if (!link || !*link) return std::unexpected("device " + options_.device + " has disappeared");
  device_ = (*link)->index;
  for (const port::InnerPool& pool : options_.pools) {
    // The datapath's own errors come out of the device from an address of the host, which IPv4 does not take by itself.
    // Nothing else does: what clients send has a source of theirs.
    if (family_of(pool) == RouteFamily::IPv4) {
      if (auto done = accept_own_ipv4_sources(socket_, options_.device); !done) return done;
    }
    // The discard route first: the pool's packets must never follow the default route.
    if (auto done = add_unreachable_route(socket_, pool.prefix); !done) return done;
    if (auto done = add_address_and_route(pool); !done) return done;
    wait_until_local(socket_, pool.server_address);
  }
  return remove_left_over();
}

std::expected<void, std::string> PoolRouting::add_address_and_route(const port::InnerPool& pool) const {
  if (auto done = add_address(socket_, device_, pool.server_address); !done) return done;
  return add_device_route(socket_, pool.prefix, device_);
}

bool PoolRouting::is_address_of_pool(const IPv6Address& address) const {
  return std::ranges::find(options_.pools, address, &port::InnerPool::server_address) != options_.pools.end();
}

bool PoolRouting::is_pool(const IPv6Prefix& prefix) const {
  return std::ranges::find(options_.pools, prefix, &port::InnerPool::prefix) != options_.pools.end();
}

std::expected<void, std::string> PoolRouting::remove_left_over() const {
  const auto addresses = list_addresses(socket_, device_);
  if (!addresses) return std::unexpected(addresses.error());
  for (const DeviceAddress& address : *addresses) {
    if (address == DeviceAddress{.address = address.address} && is_address_of_pool(address.address)) continue;
    if (auto done = remove_address(socket_, device_, address); !done) return done;
  }
  if (auto done = remove_left_over_routes(RouteFamily::IPv6); !done) return done;
  return remove_left_over_routes(RouteFamily::IPv4);
}

std::expected<void, std::string> PoolRouting::remove_left_over_routes(RouteFamily family) const {
  const auto routes = list_routes(socket_, family);
  if (!routes) return std::unexpected(routes.error());
  for (const Route& route : *routes) {
    if (is_pool(route.destination)) continue;
    const bool of_adopted_device = route.protocol == kRouteProtocol && goes_to(route, device_);
    if (!of_adopted_device && !is_left_over(route, *routes, device_)) continue;
    if (auto done = remove_route(socket_, route); !done) return done;
  }
  return {};
}

std::expected<bool, std::string> PoolRouting::repair() const {
  const auto link = find_link(socket_, options_.device);
  if (!link) return std::unexpected(link.error());
  bool repaired = false;
  for (const port::InnerPool& pool : options_.pools) {
    const auto done = repair(pool, *link && (*link)->up);
    if (!done) return done;
    repaired = repaired || *done;
  }
  return repaired;
}

std::expected<bool, std::string> PoolRouting::repair(const port::InnerPool& pool, bool device_up) const {
  const auto addresses = list_addresses(socket_, device_);
  const auto routes = list_routes(socket_, family_of(pool));
  if (!addresses || !routes) return std::unexpected("the host's network cannot be read");
  const bool discard_missing = is_missing(pool, RouteKind::Unreachable, *routes);
  const bool address_missing =
      std::ranges::find(*addresses, DeviceAddress{.address = pool.server_address}) == addresses->end();
  const bool device_incomplete = device_up && (address_missing || is_missing(pool, RouteKind::Forward, *routes));
  std::expected<void, std::string> done;
  if (discard_missing) done = add_unreachable_route(socket_, pool.prefix);
  if (done && device_incomplete) done = add_address_and_route(pool);
  if (!done) return std::unexpected(done.error());
  return discard_missing || device_incomplete;
}

PoolRouting::~PoolRouting() {
  if (socket_.get() == nullptr) return;  // moved from
  // The device's addresses and routes go with it.
  for (const port::InnerPool& pool : options_.pools) {
    [[maybe_unused]] const auto ignored = remove_route(socket_, {.destination = pool.prefix,
                                                                 .kind = RouteKind::Unreachable,
                                                                 .protocol = kRouteProtocol,
                                                                 .metric = kWorstMetric,
                                                                 .devices = {}});
  }
}

}  // namespace tsp::linux_
