// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/route_socket.h"

#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

namespace tsp::linux_ {
namespace {

// A table that changes all the time interrupts each dump; the last answer is then taken as it is.
constexpr int kDumpAttempts = 5;
constexpr int kReceiveBufferBytes = 1 << 20;  // a full routing table arrives in large pieces

using Callbacks = std::unique_ptr<nl_cb, decltype(&nl_cb_put)>;

int pass_message(nl_msg* message, void* each) {
  (*static_cast<const std::function<void(nlmsghdr*)>*>(each))(nlmsg_hdr(message));
  return NL_OK;
}

}  // namespace

void RouteSocket::Deleter::operator()(nl_sock* socket) const {
  nl_socket_free(socket);
}

std::expected<RouteSocket, std::string> RouteSocket::open() {
  RouteSocket result;
  result.socket_.reset(nl_socket_alloc());
  if (!result.socket_) return std::unexpected("netlink: out of memory");
  if (const int code = nl_connect(result.get(), NETLINK_ROUTE); code < 0) {
    return std::unexpected("netlink: " + netlink_error(code));
  }
  nl_socket_set_buffer_size(result.get(), kReceiveBufferBytes, 0);
  return result;
}

std::expected<void, std::string> RouteSocket::dump(int type, const void* header, std::size_t header_size,
                                                   const std::function<void()>& restart,
                                                   const std::function<void(nlmsghdr*)>& each) const {
  const Callbacks callbacks(nl_cb_alloc(NL_CB_DEFAULT), &nl_cb_put);
  if (!callbacks) return std::unexpected("netlink: out of memory");
  nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, pass_message,
            const_cast<void*>(static_cast<const void*>(&each)));
  int code = 0;
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    restart();
    code = nl_send_simple(get(), type, NLM_F_DUMP, const_cast<void*>(header), header_size);
    if (code >= 0) code = nl_recvmsgs(get(), callbacks.get());
    if (code != -NLE_DUMP_INTR) break;
  }
  if (code < 0 && code != -NLE_DUMP_INTR) return std::unexpected("netlink: " + netlink_error(code));
  return {};
}

std::string netlink_error(int code) {
  return nl_geterror(code);
}

}  // namespace tsp::linux_
