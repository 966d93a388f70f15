// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/route.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "adapters/linux/netlink/netlink_address.h"

namespace tsp::linux_ {
namespace {

using KernelRoute = std::unique_ptr<rtnl_route, decltype(&rtnl_route_put)>;

KernelRoute make_route(const IPv6Prefix& destination, std::uint8_t type, std::uint32_t metric) {
  KernelRoute route(rtnl_route_alloc(), &rtnl_route_put);
  const NetlinkAddress address = make_netlink_address(destination);
  if (!route || !address) return {nullptr, &rtnl_route_put};
  rtnl_route_set_family(route.get(), static_cast<std::uint8_t>(family_of(destination)));
  rtnl_route_set_table(route.get(), RT_TABLE_MAIN);
  rtnl_route_set_scope(route.get(), RT_SCOPE_UNIVERSE);
  rtnl_route_set_protocol(route.get(), kRouteProtocol);
  rtnl_route_set_priority(route.get(), metric);
  if (rtnl_route_set_type(route.get(), type) < 0) return {nullptr, &rtnl_route_put};
  if (rtnl_route_set_dst(route.get(), address.get()) < 0) return {nullptr, &rtnl_route_put};
  return route;
}

bool add_fake_next_hop(rtnl_route* route, int device) {
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

std::uint32_t read_u32(const nlattr* attribute) {
  std::uint32_t value = 0;
  if (attribute != nullptr) std::memcpy(&value, nla_data(attribute), sizeof value);
  return value;
}

void append_multipath(nlattr* multipath, std::vector<int>& devices) {
  const auto* hop = static_cast<const rtnexthop*>(nla_data(multipath));
  auto left = static_cast<unsigned>(nla_len(multipath));
  while (left >= sizeof *hop && hop->rtnh_len >= sizeof *hop && hop->rtnh_len <= left) {
    devices.push_back(hop->rtnh_ifindex);
    left -= std::min(left, static_cast<unsigned>(RTNH_ALIGN(hop->rtnh_len)));
    hop = RTNH_NEXT(hop);
  }
}

RouteKind kind_of(std::uint8_t type) {
  if (type == RTN_UNICAST) return RouteKind::Forward;
  return type == RTN_UNREACHABLE ? RouteKind::Unreachable : RouteKind::Other;
}

std::optional<Route> parse_route(nlmsghdr* message) {
  const auto* header = static_cast<const rtmsg*>(nlmsg_data(message));
  // Cached exceptions (path MTU, redirects) are no routes of anybody.
  if ((header->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
  std::array<nlattr*, RTA_MAX + 1> attributes{};
  if (nlmsg_parse(message, sizeof *header, attributes.data(), RTA_MAX, nullptr) < 0) return std::nullopt;
  const std::uint32_t table = attributes[RTA_TABLE] != nullptr ? read_u32(attributes[RTA_TABLE]) : header->rtm_table;
  if (table != RT_TABLE_MAIN) return std::nullopt;
  const bool ipv4 = header->rtm_family == AF_INET;
  // A default route has no destination.
  const IPv6Address everything = ipv4 ? map_ipv4(IPv4Address{}) : IPv6Address{};
  const IPv6Address base = read_address(attributes[RTA_DST], header->rtm_family).value_or(everything);
  Route route{.destination = make_prefix(base, (ipv4 ? kMappedLength : 0) + header->rtm_dst_len),
              .kind = kind_of(header->rtm_type),
              .protocol = header->rtm_protocol,
              .metric = read_u32(attributes[RTA_PRIORITY]),
              .devices = {}};
  if (attributes[RTA_OIF] != nullptr) route.devices.push_back(static_cast<int>(read_u32(attributes[RTA_OIF])));
  if (attributes[RTA_MULTIPATH] != nullptr) append_multipath(attributes[RTA_MULTIPATH], route.devices);
  return route;
}

std::expected<void, std::string> failure(const IPv6Prefix& destination, int code) {
  return std::unexpected("route " + to_text(destination) + ": " + netlink_error(code));
}

}  // namespace

std::expected<std::vector<Route>, std::string> list_routes(const RouteSocket& socket, RouteFamily family) {
  std::vector<Route> result;
  rtmsg header{};
  header.rtm_family = family == RouteFamily::IPv4 ? AF_INET : AF_INET6;
  const auto done = socket.dump(
      RTM_GETROUTE, &header, sizeof header, [&] { result.clear(); },
      [&](nlmsghdr* message) {
        if (auto route = parse_route(message)) result.push_back(std::move(*route));
      });
  if (!done) return std::unexpected(done.error());
  return result;
}

std::expected<void, std::string> add_device_route(const RouteSocket& socket, const IPv6Prefix& destination,
                                                  int device) {
  const KernelRoute route = make_route(destination, RTN_UNICAST, kPreferredMetric);
  if (!route || !add_fake_next_hop(route.get(), device)) return std::unexpected("netlink: out of memory");
  const int code = rtnl_route_add(socket.get(), route.get(), NLM_F_REPLACE);
  return code < 0 ? failure(destination, code) : std::expected<void, std::string>();
}

std::expected<void, std::string> add_unreachable_route(const RouteSocket& socket, const IPv6Prefix& destination) {
  const KernelRoute route = make_route(destination, RTN_UNREACHABLE, kWorstMetric);
  if (!route) return std::unexpected("netlink: out of memory");
  const int code = rtnl_route_add(socket.get(), route.get(), NLM_F_EXCL);
  return code < 0 && code != -NLE_EXIST ? failure(destination, code) : std::expected<void, std::string>();
}

std::expected<void, std::string> remove_route(const RouteSocket& socket, const Route& route) {
  const std::uint8_t type = route.kind == RouteKind::Unreachable ? RTN_UNREACHABLE : RTN_UNICAST;
  const KernelRoute request = make_route(route.destination, type, route.metric);
  if (!request) return std::unexpected("netlink: out of memory");
  rtnl_route_set_protocol(request.get(), route.protocol);
  const int code = rtnl_route_delete(socket.get(), request.get(), 0);
  // The kernel says ESRCH, which libnl calls "object not found".
  return code < 0 && code != -NLE_OBJ_NOTFOUND ? failure(route.destination, code) : std::expected<void, std::string>();
}

bool is_local(const RouteSocket& socket, const IPv6Address& address) {
  const NetlinkAddress to = make_netlink_address(host_prefix(address));
  rtnl_route* found = nullptr;
  if (!to || rtnl_route_lookup(socket.get(), to.get(), &found) < 0) return false;
  const KernelRoute route(found, &rtnl_route_put);
  return rtnl_route_get_type(found) == RTN_LOCAL;
}

std::string to_text(const Route& route) {
  std::string text = to_text(route.destination);
  if (route.kind == RouteKind::Unreachable) text = "unreachable " + text;
  for (const int device : route.devices) {
    std::array<char, IF_NAMESIZE> name{};
    if (if_indextoname(static_cast<unsigned>(device), name.data()) != nullptr)
      text += std::string(" dev ") + name.data();
  }
  return text + " (protocol " + std::to_string(route.protocol) + ", metric " + std::to_string(route.metric) + ")";
}

}  // namespace tsp::linux_
