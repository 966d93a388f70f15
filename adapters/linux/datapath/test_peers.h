// SPDX-License-Identifier: Apache-2.0
//
// Both ends of a datapath, for tests: clients, and the host's side of the device.
#pragma once

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/net/udp_message.h"
#include "adapters/linux/netlink/address.h"
#include "adapters/linux/netlink/route.h"

namespace tsp::linux_::test {

// The next datagram or packet; none if none comes in time.
inline std::optional<Bytes> receive_from(int fd, int patience_ms) {
  pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
  if (poll(&readable, 1, patience_ms) <= 0) return std::nullopt;
  Bytes bytes(65'536);
  const ssize_t size = recv(fd, bytes.data(), bytes.size(), 0);
  if (size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

inline constexpr int kPatienceMs = 2000;
// For what must not come.
inline constexpr int kSilenceMs = 100;

// Until an address of the loopback device is the host's own, sockets cannot be bound to it.
inline void add_loopback_address(const IPv6Address& address) {
  const auto netlink = RouteSocket::open();
  ASSERT_TRUE(netlink);
  ASSERT_TRUE(add_address(*netlink, static_cast<int>(if_nametoindex("lo")), address));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!is_local(*netlink, address) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
}

// Like an old client it sees only what comes from exactly the address and port that it contacted. With IPv6 addresses
// and port 0 it sends IPv4 packets directly in IPv6.
class TestClient {
 public:
  TestClient(const Endpoint& own, const Endpoint& broker)
      : fd_(open_socket(own)), path_{.remote = own, .local = broker} {
    const int room = 4 << 20;
    EXPECT_EQ(setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room), 0);
    const SocketAddress from = to_socket_address(own);
    const SocketAddress to = to_socket_address(broker);
    EXPECT_EQ(bind(fd_.get(), &from.any, from.size()), 0);
    EXPECT_EQ(connect(fd_.get(), &to.any, to.size()), 0);
  }

  void send(ByteView payload) const {
    EXPECT_EQ(::send(fd_.get(), payload.data(), payload.size(), 0), static_cast<ssize_t>(payload.size()));
  }
  [[nodiscard]] std::optional<Bytes> receive(int patience_ms = kPatienceMs) const {
    return receive_from(fd_.get(), patience_ms);
  }
  [[nodiscard]] const FourTuple& path() const { return path_; }  // as the broker sees it
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  static int open_socket(const Endpoint& own) {
    if (own.port == 0) return socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IPIP);
    return socket(own.is_ipv4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  }

  FileDescriptor fd_;
  FourTuple path_;
};

// The device as tcpdump sees it.
class DeviceTap {
 public:
  // Sees packets of one version only.
  explicit DeviceTap(const std::string& device, bool ipv4 = false)
      : fd_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ipv4 ? ETH_P_IP : ETH_P_IPV6))) {
    address_.sll_family = AF_PACKET;
    address_.sll_protocol = htons(ipv4 ? ETH_P_IP : ETH_P_IPV6);
    address_.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_), 0);
    const int on = 1;
    EXPECT_EQ(setsockopt(fd_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on), 0);
  }

  // The next packet that came out of the device; a super-packet comes as one.
  [[nodiscard]] std::optional<Bytes> receive(int patience_ms = kPatienceMs) const {
    return receive_from(fd_.get(), patience_ms);
  }
  // As if the host had routed it into the device.
  void send(ByteView packet) const {
    EXPECT_EQ(sendto(fd_.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&address_),
                     sizeof address_),
              static_cast<ssize_t>(packet.size()));
  }

 private:
  FileDescriptor fd_;
  sockaddr_ll address_{};
};

}  // namespace tsp::linux_::test
