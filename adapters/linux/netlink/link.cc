// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/link.h"

#include <linux/if_link.h>
#include <linux/ip.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/qdisc.h>

namespace tsp::linux_ {
namespace {

using Link = std::unique_ptr<rtnl_link, decltype(&rtnl_link_put)>;

std::expected<Link, int> get_link(const RouteSocket& socket, const std::string& name) {
  rtnl_link* link = nullptr;
  const int code = rtnl_link_get_kernel(socket.get(), 0, name.c_str(), &link);
  if (code < 0) return std::unexpected(code);
  return Link(link, &rtnl_link_put);
}

std::expected<void, std::string> change(const RouteSocket& socket, rtnl_link* link, rtnl_link* wanted,
                                        const std::string& what) {
  const int code = rtnl_link_change(socket.get(), link, wanted, 0);
  if (code < 0) return std::unexpected(what + ": " + netlink_error(code));
  return {};
}

// A queue of the traffic control costs each packet something and never holds one: the device takes all at once, and
// drops what its own queue has no room for. A kernel that cannot do without it is no worse for it.
void remove_traffic_control(const RouteSocket& socket, rtnl_link* link) {
  const std::unique_ptr<rtnl_qdisc, decltype(&rtnl_qdisc_put)> qdisc(rtnl_qdisc_alloc(), &rtnl_qdisc_put);
  if (!qdisc) return;
  rtnl_tc_set_ifindex(TC_CAST(qdisc.get()), rtnl_link_get_ifindex(link));
  rtnl_tc_set_parent(TC_CAST(qdisc.get()), TC_H_ROOT);
  if (rtnl_tc_set_kind(TC_CAST(qdisc.get()), "noqueue") < 0) return;
  rtnl_qdisc_add(socket.get(), qdisc.get(), NLM_F_CREATE | NLM_F_REPLACE);
}

}  // namespace

std::expected<std::optional<LinkState>, std::string> find_link(const RouteSocket& socket, const std::string& name) {
  const auto link = get_link(socket, name);
  if (!link) {
    if (link.error() == -NLE_OBJ_NOTFOUND || link.error() == -NLE_NODEV) return std::nullopt;
    return std::unexpected("device " + name + ": " + netlink_error(link.error()));
  }
  const char* kind = rtnl_link_get_type(link->get());
  return LinkState{.index = rtnl_link_get_ifindex(link->get()),
                   .kind = kind == nullptr ? "" : kind,
                   .up = (rtnl_link_get_flags(link->get()) & IFF_UP) != 0,
                   .carrier = rtnl_link_get_carrier(link->get()) != 0};
}

std::expected<void, std::string> remove_link(const RouteSocket& socket, const std::string& name) {
  const auto link = get_link(socket, name);
  if (!link && (link.error() == -NLE_OBJ_NOTFOUND || link.error() == -NLE_NODEV)) return {};
  const int code = link ? rtnl_link_delete(socket.get(), link->get()) : link.error();
  if (code < 0 && code != -NLE_NODEV) return std::unexpected("device " + name + ": " + netlink_error(code));
  return {};
}

std::expected<void, std::string> bring_up(const RouteSocket& socket, const std::string& name, std::uint16_t mtu,
                                          std::uint32_t queue_packets) {
  const auto link = get_link(socket, name);
  if (!link) return std::unexpected("device " + name + ": " + netlink_error(link.error()));
  // Two steps: the address generation mode must hold before the device comes up.
  const Link quiet(rtnl_link_alloc(), &rtnl_link_put);
  const Link up(rtnl_link_alloc(), &rtnl_link_put);
  if (!quiet || !up) return std::unexpected("netlink: out of memory");
  rtnl_link_set_mtu(quiet.get(), mtu);
  rtnl_link_set_txqlen(quiet.get(), queue_packets);
  if (const int code = rtnl_link_inet6_set_addr_gen_mode(quiet.get(), IN6_ADDR_GEN_MODE_NONE); code < 0) {
    return std::unexpected("device " + name + ": " + netlink_error(code));
  }
  if (auto done = change(socket, link->get(), quiet.get(), "device " + name); !done) return done;
  rtnl_link_set_flags(up.get(), IFF_UP);
  if (auto done = change(socket, link->get(), up.get(), "device " + name); !done) return done;
  remove_traffic_control(socket, link->get());
  return {};
}

std::expected<void, std::string> accept_own_ipv4_sources(const RouteSocket& socket, const std::string& name) {
  const auto link = get_link(socket, name);
  if (!link) return std::unexpected("device " + name + ": " + netlink_error(link.error()));
  const Link wanted(rtnl_link_alloc(), &rtnl_link_put);
  if (!wanted) return std::unexpected("netlink: out of memory");
  if (const int code = rtnl_link_inet_set_conf(wanted.get(), IPV4_DEVCONF_ACCEPT_LOCAL, 1); code < 0) {
    return std::unexpected("device " + name + ": " + netlink_error(code));
  }
  return change(socket, link->get(), wanted.get(), "device " + name);
}

}  // namespace tsp::linux_
