// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/change_watch.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "adapters/linux/netlink/route.h"

namespace tsp::linux_ {
namespace {

struct Search {
  int device = 0;
  bool found = false;
};

bool concerns(nlmsghdr* message, int device) {
  switch (message->nlmsg_type) {
    case RTM_DELROUTE:
      return static_cast<const rtmsg*>(nlmsg_data(message))->rtm_protocol == kRouteProtocol;
    case RTM_DELADDR:
      return static_cast<int>(static_cast<const ifaddrmsg*>(nlmsg_data(message))->ifa_index) == device;
    case RTM_NEWLINK:
      return static_cast<const ifinfomsg*>(nlmsg_data(message))->ifi_index == device;
    default:
      return false;
  }
}

int look_at(nl_msg* message, void* search) {
  auto& state = *static_cast<Search*>(search);
  state.found = state.found || concerns(nlmsg_hdr(message), state.device);
  return NL_OK;
}

}  // namespace

std::expected<ChangeWatch, std::string> ChangeWatch::open(int device) {
  auto socket = RouteSocket::open();
  if (!socket) return std::unexpected(socket.error());
  ChangeWatch result;
  result.socket_ = std::move(*socket);
  result.device_ = device;
  nl_sock* raw = result.socket_.get();
  nl_socket_disable_seq_check(raw);
  int code = nl_socket_add_memberships(raw, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_IFADDR,
                                       RTNLGRP_IPV6_ROUTE, RTNLGRP_NONE);
  if (code >= 0) code = nl_socket_set_nonblocking(raw);
  if (code < 0) return std::unexpected("netlink: " + netlink_error(code));
  return result;
}

int ChangeWatch::fd() const {
  return nl_socket_get_fd(socket_.get());
}

bool ChangeWatch::changed() {
  const std::unique_ptr<nl_cb, decltype(&nl_cb_put)> callbacks(nl_cb_alloc(NL_CB_DEFAULT), &nl_cb_put);
  Search search{.device = device_, .found = false};
  if (!callbacks) return true;
  nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, look_at, &search);
  for (;;) {
    const int code = nl_recvmsgs(socket_.get(), callbacks.get());
    if (code == -NLE_AGAIN) return search.found;
    // The kernel drops notifications that nobody reads in time, and says so once (ENOBUFS).
    if (code < 0) return true;
  }
}

}  // namespace tsp::linux_
