// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/inherited_descriptors.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "adapters/linux/net/udp_message.h"

namespace tsp::linux_ {
namespace {

// As this project makes its TUN devices.
constexpr short kTunFlags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR;

int option_of(int fd, int level, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, level, option, &value, &size) == 0 ? value : -1;
}

struct Socket {
  int type = 0;
  int protocol = 0;
  bool listens = false;
  bool both_versions = false;  // an IPv6 socket that takes IPv4, too
  Endpoint local{};
};

std::optional<Socket> look_at_socket(int fd) {
  SocketAddress address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, &address.any, &size) != 0) return std::nullopt;
  if (address.any.sa_family != AF_INET && address.any.sa_family != AF_INET6) return std::nullopt;
  const bool ipv6 = address.any.sa_family == AF_INET6;
  Socket socket{.type = option_of(fd, SOL_SOCKET, SO_TYPE),
                .protocol = option_of(fd, SOL_SOCKET, SO_PROTOCOL),
                .listens = option_of(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1,
                .both_versions = ipv6 && option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0,
                .local = to_endpoint(address)};
  // The kernel has the protocol where a port would be.
  if (socket.type == SOCK_RAW) socket.local.port = 0;
  if (socket.type == SOCK_RAW) socket.both_versions = false;
  return socket;
}

bool is_udp(const Socket& socket) {
  return socket.type == SOCK_DGRAM && socket.protocol == IPPROTO_UDP && !socket.both_versions;
}
bool is_listener(const Socket& socket) {
  return socket.type == SOCK_STREAM && socket.protocol == IPPROTO_TCP && socket.listens && !socket.both_versions;
}
bool is_bare(const Socket& socket) {
  const int wanted = socket.local.is_ipv4() ? IPPROTO_IPV6 : IPPROTO_IPIP;
  return socket.type == SOCK_RAW && socket.protocol == wanted;
}

std::optional<ifreq> look_at_tun(int fd) {
  ifreq request{};
  if (ioctl(fd, TUNGETIFF, &request) != 0) return std::nullopt;
  return request;
}

std::string describe(int fd) {
  if (const auto tun = look_at_tun(fd)) return std::string("a queue of the TUN device ") + tun->ifr_name;
  const auto socket = look_at_socket(fd);
  if (!socket) return "descriptor " + std::to_string(fd) + ", which is neither an Internet socket nor a TUN device";
  if (is_bare(*socket)) return "protocol 41 or 4 on " + to_unmapped_text(socket->local.address);
  std::string text = socket->type == SOCK_DGRAM ? "UDP " : socket->type == SOCK_STREAM ? "TCP " : "a socket of ";
  text += to_text(socket->local);
  if (socket->both_versions) text += " for IPv4 as well (in a socket unit: BindIPv6Only=ipv6-only)";
  if (socket->type == SOCK_STREAM && !socket->listens) text += " that does not listen";
  return text;
}

}  // namespace

template <class IsWanted>
std::optional<FileDescriptor> InheritedDescriptors::take(IsWanted is_wanted) {
  const auto found = std::ranges::find_if(left_, [&](const FileDescriptor& fd) { return is_wanted(fd.get()); });
  if (found == left_.end()) return std::nullopt;
  FileDescriptor fd = std::move(*found);
  left_.erase(found);
  const int flags = fcntl(fd.get(), F_GETFL);
  if (flags >= 0) fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK);
  taken_.push_back(describe(fd.get()));
  return fd;
}

std::optional<FileDescriptor> InheritedDescriptors::take_udp(const Endpoint& local) {
  return take([&](int fd) {
    const auto socket = look_at_socket(fd);
    return socket && is_udp(*socket) && socket->local == local;
  });
}

std::optional<FileDescriptor> InheritedDescriptors::take_listener(const Endpoint& local) {
  return take([&](int fd) {
    const auto socket = look_at_socket(fd);
    return socket && is_listener(*socket) && socket->local == local;
  });
}

std::optional<FileDescriptor> InheritedDescriptors::take_bare(const IPv6Address& local) {
  return take([&](int fd) {
    const auto socket = look_at_socket(fd);
    return socket && is_bare(*socket) && socket->local.address == local;
  });
}

std::optional<FileDescriptor> InheritedDescriptors::take_tun(const std::string& device) {
  return take([&](int fd) {
    const auto tun = look_at_tun(fd);
    return tun && tun->ifr_name == device && (tun->ifr_flags & kTunFlags) == kTunFlags;
  });
}

std::vector<std::string> InheritedDescriptors::close_rest() {
  std::vector<std::string> lines;
  for (const FileDescriptor& fd : left_) lines.push_back(describe(fd.get()));
  left_.clear();
  return lines;
}

}  // namespace tsp::linux_
