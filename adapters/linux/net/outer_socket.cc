// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/outer_socket.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "adapters/linux/net/udp_message.h"
#include "core/base/assert.h"

namespace tsp::linux_ {
namespace {

// A burst of full bursts: what arrives while a worker does something else.
constexpr int kBufferBytes = 8 << 20;
constexpr int kHopLimit = 64;

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

// What the two versions call the same.
struct Family {
  int family;
  int level;
  int receive_destination;
  int mtu_discover;
  int mtu_choice;       // of a UDP socket
  int bare_mtu_choice;  // of a socket for packets without ports
  int receive_errors;
  int bare_protocol;
};
constexpr Family kIPv4{.family = AF_INET,
                       .level = IPPROTO_IP,
                       .receive_destination = IP_PKTINFO,
                       .mtu_discover = IP_MTU_DISCOVER,
                       .mtu_choice = IP_PMTUDISC_OMIT,
                       .bare_mtu_choice = IP_PMTUDISC_OMIT,
                       .receive_errors = IP_RECVERR,
                       .bare_protocol = IPPROTO_IPV6};
constexpr Family kIPv6{.family = AF_INET6,
                       .level = IPPROTO_IPV6,
                       .receive_destination = IPV6_RECVPKTINFO,
                       .mtu_discover = IPV6_MTU_DISCOVER,
                       .mtu_choice = IPV6_PMTUDISC_OMIT,
                       .bare_mtu_choice = IPV6_PMTUDISC_DONT,
                       .receive_errors = IPV6_RECVERR,
                       .bare_protocol = IPPROTO_IPIP};

const Family& family_of(const Endpoint& local) {
  return local.is_ipv4() ? kIPv4 : kIPv6;
}

enum class Kind : std::uint8_t { Udp, Bare };

// Null, or what could not be set.
const char* set_options(int fd, const Family& family, Kind kind) {
  if (!set(fd, family.level, family.receive_destination, 1)) return "PKTINFO";
  // Without DF, and fragmented only where the outgoing device is too narrow, whatever path MTU an ICMP error claims: a
  // forged one must not shrink or stop what we send. But no router in IPv6 fragments, so a tunnel's packets are cut to
  // the path there; the kernel believes in none below 1280 bytes.
  const int choice = kind == Kind::Bare ? family.bare_mtu_choice : family.mtu_choice;
  if (!set(fd, family.level, family.mtu_discover, choice)) return "MTU_DISCOVER";
  if (!set(fd, family.level, family.receive_errors, kind == Kind::Bare ? 1 : 0)) return "RECVERR";
  if (family.family == AF_INET6 && !set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, kHopLimit)) return "UNICAST_HOPS";
  // One label for each client, for routers that share the load among several ways (RFC 6438).
  if (family.family == AF_INET6) set(fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 1);
  set_buffers(fd);
  return nullptr;
}

// The sum of the 32-bit words of the sender's address decides. A filter sees a raw socket's packet from the outer
// header on in IPv4, and from behind it in IPv6; SKF_NET_OFF counts from the header in both.
bool take_share(int fd, const Family& family, std::uint32_t shares, std::uint32_t share) {
  const bool ipv4 = family.family == AF_INET;
  const std::uint32_t first = static_cast<std::uint32_t>(SKF_NET_OFF) + (ipv4 ? 12 : 8);
  std::vector<sock_filter> code{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, first)};
  for (std::uint32_t word = 1; word < (ipv4 ? 1U : 4U); ++word) {
    code.push_back(BPF_STMT(BPF_MISC | BPF_TAX, 0));
    code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, first + 4 * word));
    code.push_back(BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0));
  }
  code.push_back(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, shares));
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, share, 0, 1));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  const sock_fprog program{.len = static_cast<unsigned short>(code.size()), .filter = code.data()};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

std::string bare_failure(const IPv6Address& local, const char* what) {
  const int code = errno;
  const bool ipv4 = is_mapped(local);
  std::string text = std::string("protocol ") + (ipv4 ? "41" : "4") + " on " + to_unmapped_text(local) + ": " + what +
                     ": " + std::strerror(code);
  if (code == EPERM)
    text += std::string(" (CAP_NET_RAW is needed; or leave ") + (ipv4 ? "v6v4" : "v4v6") + " out of tunnel.types)";
  if (code == EADDRNOTAVAIL) text += " (the host does not have this address)";
  return text;
}

// All senders, as if there had never been a filter.
void take_all(int fd) {
  const int ignored = 0;
  setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored);
}

bool bind_to(int fd, const Endpoint& local) {
  const SocketAddress address = to_socket_address(local);
  return bind(fd, &address.any, address.size()) == 0;
}

std::expected<FileDescriptor, std::string> bind_socket(const Endpoint& local, bool share_port) {
  TSP_ASSERT(local.port != 0);
  const Family& family = family_of(local);
  FileDescriptor fd(socket(family.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  if (!fd.valid()) return std::unexpected(failure(local, "socket"));
  if (share_port && !set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1)) return std::unexpected(failure(local, "SO_REUSEPORT"));
  // "::" is not for IPv4, which has sockets of its own.
  if (!local.is_ipv4() && !set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1)) {
    return std::unexpected(failure(local, "IPV6_V6ONLY"));
  }
  if (!bind_to(fd.get(), local)) return std::unexpected(failure(local, "bind"));
  return fd;
}

}  // namespace

std::expected<OuterSocket, std::string> OuterSocket::open_udp(const UdpSocketOptions& options) {
  auto fd = bind_socket(options.local, options.share_port);
  if (!fd) return std::unexpected(fd.error());
  return adopt_udp(std::move(*fd), options);
}

std::expected<OuterSocket, std::string> OuterSocket::adopt_udp(FileDescriptor fd, const UdpSocketOptions& options) {
  // Those that are opened beside it may share its port from now on.
  if (options.share_port && !set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1)) {
    return std::unexpected(failure(options.local, "SO_REUSEPORT"));
  }
  take_all(fd.get());
  if (const char* what = set_options(fd.get(), family_of(options.local), Kind::Udp)) {
    return std::unexpected(failure(options.local, what));
  }
  OuterSocket result;
  const bool merges = set(fd.get(), IPPROTO_UDP, UDP_GRO, options.merge_received ? 1 : 0);
  result.merges_received_ = options.merge_received && merges;
  result.fd_ = std::move(fd);
  result.local_ = options.local;
  return result;
}

std::expected<OuterSocket, std::string> OuterSocket::open_bare(const BareSocketOptions& options) {
  const Endpoint local{options.local, 0};
  const Family& family = family_of(local);
  const auto failure = [&](const char* what) { return std::unexpected(bare_failure(options.local, what)); };
  FileDescriptor fd(socket(family.family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, family.bare_protocol));
  if (!fd.valid()) return failure("socket");
  // Before it is bound: until then packets for any address come in.
  if (options.shares > 1 && !take_share(fd.get(), family, options.shares, options.share)) {
    return failure("SO_ATTACH_FILTER");
  }
  if (!bind_to(fd.get(), local)) return failure("bind");
  return adopt_bare(std::move(fd), options);
}

std::expected<OuterSocket, std::string> OuterSocket::adopt_bare(FileDescriptor fd, const BareSocketOptions& options) {
  const Endpoint local{options.local, 0};
  const Family& family = family_of(local);
  if (options.shares <= 1) {
    take_all(fd.get());
  } else if (!take_share(fd.get(), family, options.shares, options.share)) {
    return std::unexpected(bare_failure(options.local, "SO_ATTACH_FILTER"));
  }
  if (const char* what = set_options(fd.get(), family, Kind::Bare)) {
    return std::unexpected(bare_failure(options.local, what));
  }
  OuterSocket result;
  result.fd_ = std::move(fd);
  result.local_ = local;
  return result;
}

std::size_t OuterSocket::take_errors() const {
  std::size_t count = 0;
  msghdr message{};
  while (recvmsg(fd(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) ++count;
  return count;
}

bool OuterSocket::serves(const Endpoint& local) const {
  if (local.is_ipv4() != local_.is_ipv4() || local.port != local_.port) return false;
  return is_any(local_.address) || local.address == local_.address;
}

bool send_datagram(const OuterSocket& socket, const FourTuple& path, ByteView payload) {
  SocketAddress remote = to_socket_address(path.remote);
  iovec part{.iov_base = const_cast<std::uint8_t*>(payload.data()), .iov_len = payload.size()};
  ControlBuffer control;
  msghdr message{};
  message.msg_name = &remote;
  message.msg_namelen = remote.size();
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  write_control(message, control, path.local.address, 0);
  if (sendmsg(socket.fd(), &message, 0) >= 0) return true;
  return is_pending_error(errno) && sendmsg(socket.fd(), &message, 0) >= 0;
}

bool is_pending_error(int code) {
  switch (code) {
    case EINTR:
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EPROTO:
    case EMSGSIZE:
    case EACCES:
      return true;
    default:
      return false;
  }
}

std::expected<void, std::string> check_port_free(const Endpoint& local) {
  const auto fd = bind_socket(local, false);
  if (!fd) return std::unexpected(fd.error());
  return {};
}

}  // namespace tsp::linux_
