// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/host_checks.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <set>

#include "adapters/linux/netlink/route.h"
#include "adapters/linux/netlink/sysctl.h"

namespace tsp::linux_ {
namespace {

const std::string kConf = "net/ipv6/conf/";

bool is_default_route(const Route& route) {
  return written_length(route.destination) == 0 && route.kind == RouteKind::Forward && !route.devices.empty();
}

std::string device_name(int index) {
  std::array<char, IF_NAMESIZE> name{};
  if (if_indextoname(static_cast<unsigned>(index), name.data()) == nullptr) return std::to_string(index);
  return name.data();
}

// Devices whose default route came by router advertisement to the kernel itself. Daemons that handle advertisements
// themselves (systemd-networkd, NetworkManager) set accept_ra to 0.
std::set<std::string> devices_with_advertised_default(const std::vector<Route>& routes) {
  std::set<std::string> result;
  for (const Route& route : routes) {
    if (!is_default_route(route) || route.protocol != RTPROT_RA) continue;
    for (const int device : route.devices) result.insert(device_name(device));
  }
  std::erase_if(result, [](const std::string& device) { return read_sysctl(kConf + device + "/accept_ra") != "1"; });
  return result;
}

std::vector<std::string> ipv6_warnings(const std::vector<Route>& routes) {
  std::vector<std::string> warnings;
  for (const std::string& device : devices_with_advertised_default(routes)) {
    warnings.push_back("the default route by " + device +
                       " comes from router advertisements, which Linux ignores while " +
                       "it forwards; keep it: sysctl -w net/ipv6/conf/" + device + "/accept_ra=2");
  }
  if (read_sysctl(kConf + "all/forwarding") != "1") {
    warnings.push_back("IPv6 forwarding is off, clients reach nothing behind this host; switch it on: " +
                       std::string("sysctl -w net.ipv6.conf.all.forwarding=1"));
  }
  if (std::ranges::none_of(routes, is_default_route)) {
    warnings.push_back(
        "this host has no IPv6 default route, clients reach only what its other routes lead to; add one: " +
        std::string("ip -6 route add default via ROUTER dev DEVICE"));
  }
  return warnings;
}

std::vector<std::string> ipv4_warnings(const std::vector<Route>& routes) {
  std::vector<std::string> warnings;
  if (read_sysctl("net/ipv4/ip_forward") != "1") {
    warnings.push_back(
        "IPv4 forwarding is off, clients with v4v6 tunnels reach nothing behind this host; switch it on: " +
        std::string("sysctl -w net.ipv4.ip_forward=1"));
  }
  if (std::ranges::none_of(routes, is_default_route)) {
    warnings.push_back(
        "this host has no IPv4 default route, clients with v4v6 tunnels reach only what its other routes lead to; add "
        "one: " +
        std::string("ip route add default via ROUTER dev DEVICE"));
  }
  return warnings;
}

std::vector<std::string> warnings_about(RouteFamily family) {
  const auto socket = RouteSocket::open();
  if (!socket) return {"the host's network cannot be checked: " + socket.error()};
  const auto routes = list_routes(*socket, family);
  if (!routes) return {"the host's routes cannot be checked: " + routes.error()};
  return family == RouteFamily::IPv4 ? ipv4_warnings(*routes) : ipv6_warnings(*routes);
}

}  // namespace

std::vector<std::string> host_warnings() {
  if (read_sysctl(kConf + "all/disable_ipv6") != "0") {
    return {"IPv6 is disabled on this host; enable it: sysctl -w net.ipv6.conf.all.disable_ipv6=0"};
  }
  return warnings_about(RouteFamily::IPv6);
}

std::vector<std::string> ipv4_host_warnings() {
  return warnings_about(RouteFamily::IPv4);
}

}  // namespace tsp::linux_
