// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/tunnel_routes.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include <memory>

#include "adapters/linux/netlink/netlink_address.h"

namespace tsp::linux_ {
namespace {

using KernelRoute = std::unique_ptr<rtnl_route, decltype(&rtnl_route_put)>;
using KernelAddress = std::unique_ptr<rtnl_addr, decltype(&rtnl_addr_put)>;
using Done = std::expected<void, std::string>;

KernelRoute make_route(const IPv6Prefix& destination, std::uint8_t type) {
  KernelRoute route(rtnl_route_alloc(), &rtnl_route_put);
  const NetlinkAddress address = make_netlink_address(destination);
  if (!route || !address) return {nullptr, &rtnl_route_put};
  rtnl_route_set_family(route.get(), static_cast<std::uint8_t>(family_of(destination)));
  rtnl_route_set_table(route.get(), RT_TABLE_MAIN);
  rtnl_route_set_scope(route.get(), RT_SCOPE_UNIVERSE);
  rtnl_route_set_protocol(route.get(), kClientRouteProtocol);
  rtnl_route_set_priority(route.get(), kTunnelMetric);
  if (rtnl_route_set_type(route.get(), type) < 0) return {nullptr, &rtnl_route_put};
  if (rtnl_route_set_dst(route.get(), address.get()) < 0) return {nullptr, &rtnl_route_put};
  return route;
}

bool add_next_hop(rtnl_route* route, int device) {
  const bool ipv4 = rtnl_route_get_family(route) == AF_INET;
  const NetlinkAddress gateway = make_netlink_address(host_prefix(ipv4 ? kFakeIPv4NextHop : kFakeNextHop));
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  if (!gateway || hop == nullptr) return false;
  rtnl_route_nh_set_ifindex(hop, device);
  rtnl_route_nh_set_gateway(hop, gateway.get());
  rtnl_route_nh_set_flags(hop, RTNH_F_ONLINK);
  rtnl_route_add_nexthop(route, hop);  // owns it from here on
  return true;
}

std::unexpected<std::string> out_of_memory() {
  return std::unexpected(std::string("netlink: out of memory"));
}

// An equal route of ours is replaced: the one of a client that was killed.
Done add(const RouteSocket& socket, rtnl_route* route, const IPv6Prefix& destination) {
  const int code = rtnl_route_add(socket.get(), route, NLM_F_REPLACE);
  if (code < 0) return std::unexpected("route " + to_text(destination) + ": " + netlink_error(code));
  return {};
}

}  // namespace

Done add_tunnel_route(const RouteSocket& socket, const IPv6Prefix& destination, int device) {
  const KernelRoute route = make_route(destination, RTN_UNICAST);
  if (!route || !add_next_hop(route.get(), device)) return out_of_memory();
  return add(socket, route.get(), destination);
}

Done add_discard_route(const RouteSocket& socket, const IPv6Prefix& prefix) {
  const KernelRoute route = make_route(prefix, RTN_UNREACHABLE);
  if (!route) return out_of_memory();
  return add(socket, route.get(), prefix);
}

Done remove_discard_route(const RouteSocket& socket, const IPv6Prefix& prefix) {
  return remove_route(socket, {.destination = prefix,
                               .kind = RouteKind::Unreachable,
                               .protocol = kClientRouteProtocol,
                               .metric = kTunnelMetric,
                               .devices = {}});
}

std::expected<bool, std::string> add_lan_address(const RouteSocket& socket, int device, const DeviceAddress& address) {
  const KernelAddress request(rtnl_addr_alloc(), &rtnl_addr_put);
  const NetlinkAddress local = make_netlink_address({address.address, address.length});
  if (!request || !local) return out_of_memory();
  rtnl_addr_set_ifindex(request.get(), device);
  rtnl_addr_set_local(request.get(), local.get());
  rtnl_addr_set_flags(request.get(), IFA_F_NODAD);
  const int code = rtnl_addr_add(socket.get(), request.get(), NLM_F_EXCL);
  if (code == -NLE_EXIST) return false;
  if (code < 0) return std::unexpected("address " + to_unmapped_text(address.address) + ": " + netlink_error(code));
  return true;
}

}  // namespace tsp::linux_
