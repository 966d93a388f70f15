// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/outer_socket.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "adapters/linux/net/udp_message.h"
#include "core/base/assert.h"

namespace tsp::linux_ {
namespace {

// A burst of full bursts: what arrives while a worker does something else.
constexpr int kBufferBytes = 8 << 20;

std::string failure(const Endpoint& local, const char* what) {
  const int code = errno;
  std::string text = "UDP " + to_text(local) + ": " + what + ": " + std::strerror(code);
  if (code == EADDRINUSE) text += " (is another broker running?)";
  if (code == EADDRNOTAVAIL) text += " (the host does not have this address)";
  return text;
}

bool set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// More than the host's limit (net.core.rmem_max) needs CAP_NET_ADMIN; without it the limit is what we get.
void set_buffers(int fd) {
  if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, kBufferBytes)) set(fd, SOL_SOCKET, SO_RCVBUF, kBufferBytes);
  if (!set(fd, SOL_SOCKET, SO_SNDBUFFORCE, kBufferBytes)) set(fd, SOL_SOCKET, SO_SNDBUF, kBufferBytes);
}

// A filter of the kernel's sees a raw socket's packet from its IPv4 header on.
bool take_share(int fd, std::uint32_t shares, std::uint32_t share) {
  constexpr std::uint32_t kSourceAt = 12;
  std::array<sock_filter, 5> code{{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kSourceAt),
                                   BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, shares),
                                   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, share, 0, 1),
                                   BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF), BPF_STMT(BPF_RET | BPF_K, 0)}};
  const sock_fprog program{.len = static_cast<unsigned short>(code.size()), .filter = code.data()};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

std::expected<FileDescriptor, std::string> bind_socket(const Endpoint& local, bool share_port) {
  TSP_ASSERT(local.is_ipv4() && local.port != 0);
  FileDescriptor fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  if (!fd.valid()) return std::unexpected(failure(local, "socket"));
  if (share_port && !set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1)) return std::unexpected(failure(local, "SO_REUSEPORT"));
  const sockaddr_in address = to_sockaddr(local);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return std::unexpected(failure(local, "bind"));
  }
  return fd;
}

}  // namespace

std::expected<OuterSocket, std::string> OuterSocket::open_udp(const UdpSocketOptions& options) {
  auto fd = bind_socket(options.local, options.share_port);
  if (!fd) return std::unexpected(fd.error());
  if (!set(fd->get(), IPPROTO_IP, IP_PKTINFO, 1)) return std::unexpected(failure(options.local, "IP_PKTINFO"));
  // Without DF, whatever path MTU an ICMP error claims: a forged one must not shrink or stop what we send.
  if (!set(fd->get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT)) {
    return std::unexpected(failure(options.local, "IP_MTU_DISCOVER"));
  }
  set(fd->get(), IPPROTO_IP, IP_RECVERR, 0);
  set_buffers(fd->get());
  OuterSocket result;
  result.merges_received_ = options.merge_received && set(fd->get(), IPPROTO_UDP, UDP_GRO, 1);
  result.fd_ = std::move(*fd);
  result.local_ = options.local;
  return result;
}

std::expected<OuterSocket, std::string> OuterSocket::open_protocol_41(const Protocol41Options& options) {
  const auto failure = [&](const char* what) {
    const int code = errno;
    std::string text = "protocol 41 on " + to_text(options.local) + ": " + what + ": " + std::strerror(code);
    if (code == EPERM) text += " (CAP_NET_RAW is needed; or leave v6v4 out of tunnel.types)";
    if (code == EADDRNOTAVAIL) text += " (the host does not have this address)";
    return std::unexpected(std::move(text));
  };
  FileDescriptor fd(socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_IPV6));
  if (!fd.valid()) return failure("socket");
  const sockaddr_in address = to_sockaddr(make_endpoint(options.local, 0));
  // Before it is bound: until then packets for any address come in.
  if (options.shares > 1 && !take_share(fd.get(), options.shares, options.share)) return failure("SO_ATTACH_FILTER");
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failure("bind");
  if (!set(fd.get(), IPPROTO_IP, IP_PKTINFO, 1)) return failure("IP_PKTINFO");
  if (!set(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT)) return failure("IP_MTU_DISCOVER");
  if (!set(fd.get(), IPPROTO_IP, IP_RECVERR, 1)) return failure("IP_RECVERR");
  set_buffers(fd.get());
  OuterSocket result;
  result.fd_ = std::move(fd);
  result.local_ = make_endpoint(options.local, 0);
  return result;
}

std::size_t OuterSocket::take_errors() const {
  std::size_t count = 0;
  msghdr message{};
  while (recvmsg(fd(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) ++count;
  return count;
}

bool OuterSocket::serves(const Endpoint& local) const {
  const bool any = local_.ipv4() == IPv4Address{};
  return local.is_ipv4() && local.port == local_.port && (any || local.address == local_.address);
}

bool send_datagram(const OuterSocket& socket, const FourTuple& path, ByteView payload) {
  sockaddr_in remote = to_sockaddr(path.remote);
  iovec part{.iov_base = const_cast<std::uint8_t*>(payload.data()), .iov_len = payload.size()};
  ControlBuffer control;
  msghdr message{};
  message.msg_name = &remote;
  message.msg_namelen = sizeof remote;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  write_control(message, control, path.local.ipv4(), 0);
  if (sendmsg(socket.fd(), &message, 0) >= 0) return true;
  return is_pending_error(errno) && sendmsg(socket.fd(), &message, 0) >= 0;
}

bool is_pending_error(int code) {
  return code == EINTR || code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH || code == EPROTO;
}

std::expected<void, std::string> check_port_free(const Endpoint& local) {
  const auto fd = bind_socket(local, false);
  if (!fd) return std::unexpected(fd.error());
  return {};
}

}  // namespace tsp::linux_
