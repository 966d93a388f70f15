// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/channel.h"

#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <utility>

namespace tsp::linux_ {
namespace {

// The answers to many requests, or a burst of events, while the main thread does something else.
constexpr int kBufferBytes = 4 << 20;
// The kernel answers before the request returns; a socket that waits longer waits for ever.
constexpr timeval kPatience{.tv_sec = 5, .tv_usec = 0};

// More than the host's limit (net.core.rmem_max) needs CAP_NET_ADMIN; without it the limit is what we get.
void set_buffers(int fd) {
  const int size = kBufferBytes;
  for (const auto& [forced, asked] : {std::pair(SO_RCVBUFFORCE, SO_RCVBUF), std::pair(SO_SNDBUFFORCE, SO_SNDBUF)}) {
    if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof size) != 0) {
      setsockopt(fd, SOL_SOCKET, asked, &size, sizeof size);
    }
  }
}

// The kernel says in words why it refuses, and does not send the request back with it.
void set_options(int fd) {
  const int on = 1;
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  set_buffers(fd);
}

}  // namespace

void NetlinkSocket::Deleter::operator()(nl_sock* socket) const {
  nl_socket_free(socket);
}

NetlinkSocket::~NetlinkSocket() = default;

std::expected<std::unique_ptr<NetlinkSocket>, std::string> NetlinkSocket::open(int protocol) {
  auto result = std::make_unique<NetlinkSocket>();
  result->socket_.reset(nl_socket_alloc());
  if (!result->socket_) return std::unexpected("netlink: out of memory");
  if (const int code = nl_connect(result->socket_.get(), protocol); code < 0) {
    return std::unexpected(std::string("netlink: ") + nl_geterror(code));
  }
  set_options(result->fd());
  return result;
}

std::expected<void, int> NetlinkSocket::send(ByteView messages) {
  const sockaddr_nl kernel{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = 0};
  for (;;) {
    const ssize_t size =
        sendto(fd(), messages.data(), messages.size(), 0, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    if (size >= 0) return {};
    if (errno != EINTR) return std::unexpected(errno);
  }
}

std::expected<Bytes, int> NetlinkSocket::receive() {
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof from;
    const ssize_t waiting = recv(fd(), nullptr, 0, MSG_PEEK | MSG_TRUNC);
    if (waiting < 0 && errno == EINTR) continue;
    if (waiting < 0) return std::unexpected(errno);
    Bytes bytes(static_cast<std::size_t>(waiting));
    const ssize_t size = recvfrom(fd(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0) return std::unexpected(errno);
    bytes.resize(static_cast<std::size_t>(size));
    // Another process may have sent it.
    if (from.nl_pid == 0) return bytes;
  }
}

std::uint32_t NetlinkSocket::port() const {
  return nl_socket_get_local_port(socket_.get());
}

int NetlinkSocket::fd() const {
  return nl_socket_get_fd(socket_.get());
}

void NetlinkSocket::never_wait() {
  nl_socket_set_nonblocking(socket_.get());
}

std::expected<void, std::string> NetlinkSocket::join(std::uint32_t group) {
  const int code = nl_socket_add_membership(socket_.get(), static_cast<int>(group));
  if (code < 0) return std::unexpected(std::string("netlink: ") + nl_geterror(code));
  return {};
}

}  // namespace tsp::linux_
