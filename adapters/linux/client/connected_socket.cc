// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/connected_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "adapters/linux/net/udp_message.h"

namespace tsp::linux_ {
namespace {

constexpr int kBufferBytes = 1 << 20;
constexpr int kHopLimit = 64;
constexpr int kPreferPublic = 0x0002;  // IPV6_PREFER_SRC_PUBLIC (RFC 5014), which only the kernel's header has

bool set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// IPv4: without DF, whatever path MTU an ICMP error claims: a forged one must not stop what we send.
// IPv6: no router fragments, so what the path does not hold must be cut here. A forged error can make that necessary,
// but no more: the kernel takes none below 1280 bytes.
void choose_fragmentation(int fd, bool ipv4) {
  if (ipv4) {
    set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  } else {
    set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
  }
}

void set_common(int fd, bool ipv4) {
  choose_fragmentation(fd, ipv4);
  set(fd, SOL_SOCKET, SO_RCVBUF, kBufferBytes);
  set(fd, SOL_SOCKET, SO_SNDBUF, kBufferBytes);
  if (!ipv4) prefer_lasting_address(fd);
}

bool connect_to(int fd, const Endpoint& remote) {
  const SocketAddress address = to_socket_address(remote);
  return connect(fd, &address.any, address.size()) == 0;
}

bool bind_to(int fd, const Endpoint& local) {
  const SocketAddress address = to_socket_address(local);
  return bind(fd, &address.any, address.size()) == 0;
}

// What came before the socket was connected may be anybody's.
void drain(int fd) {
  std::array<std::uint8_t, 1> byte{};
  while (recv(fd, byte.data(), byte.size(), MSG_DONTWAIT) >= 0) {
  }
}

}  // namespace

std::expected<FileDescriptor, std::string> connect_udp(const Endpoint& remote) {
  const auto failure = [&] { return std::unexpected("UDP to " + to_text(remote) + ": " + std::strerror(errno)); };
  const int family = remote.is_ipv4() ? AF_INET : AF_INET6;
  FileDescriptor fd(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  if (!fd.valid()) return failure();
  set_common(fd.get(), remote.is_ipv4());
  if (!connect_to(fd.get(), remote)) return failure();
  return fd;
}

std::expected<FileDescriptor, std::string> connect_bare(const IPv6Address& local, const IPv6Address& remote) {
  const bool ipv4 = is_mapped(remote);
  const auto failure = [&] {
    return std::unexpected("protocol " + std::string(ipv4 ? "41" : "4") + " to " + to_unmapped_text(remote) + ": " +
                           std::strerror(errno));
  };
  const int protocol = ipv4 ? IPPROTO_IPV6 : IPPROTO_IPIP;
  FileDescriptor fd(socket(ipv4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  if (!fd.valid()) return failure();
  set_common(fd.get(), ipv4);
  if (!ipv4) set(fd.get(), IPPROTO_IPV6, IPV6_UNICAST_HOPS, kHopLimit);
  if (!bind_to(fd.get(), {local, 0}) || !connect_to(fd.get(), {remote, 0})) return failure();
  drain(fd.get());
  return fd;
}

void prefer_lasting_address(int fd) {
  set(fd, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, kPreferPublic);
}

Endpoint local_of(int fd) {
  SocketAddress address{};
  socklen_t size = sizeof address;
  getsockname(fd, &address.any, &size);
  return to_endpoint(address);
}

std::optional<IPv6Address> source_towards(const Endpoint& remote) {
  const auto fd = connect_udp(remote);
  if (!fd) return std::nullopt;
  return local_of(fd->get()).address;
}

}  // namespace tsp::linux_
