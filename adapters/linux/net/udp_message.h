// SPDX-License-Identifier: Apache-2.0
//
// What stands beside the bytes of a datagram in the kernel's msghdr: addresses and control data.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <tsp/address.h>

namespace tsp::linux_ {

// Only for is_ipv4().
[[nodiscard]] sockaddr_in to_sockaddr(const Endpoint& endpoint);
[[nodiscard]] Endpoint to_endpoint(const sockaddr_in& address);

// An address of either version as the kernel takes it and gives it.
union SocketAddress {
  sockaddr any;
  sockaddr_in ipv4;
  sockaddr_in6 ipv6;

  // Of the version that it has.
  [[nodiscard]] socklen_t size() const { return any.sa_family == AF_INET ? sizeof ipv4 : sizeof ipv6; }
};
[[nodiscard]] SocketAddress to_socket_address(const Endpoint& endpoint);
[[nodiscard]] Endpoint to_endpoint(const SocketAddress& address);

// Room for the destination address or the source address (IP_PKTINFO, IPV6_PKTINFO) and a segment size (UDP_GRO,
// UDP_SEGMENT).
struct ControlBuffer {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))> bytes;
};

// Lets the message leave from `source`, cut into datagrams of `segment_size` bytes; 0: one datagram.
void write_control(msghdr& message, ControlBuffer& buffer, const IPv6Address& source, std::uint16_t segment_size);

struct ReceivedControl {
  IPv6Address destination;
  std::size_t segment_size = 0;  // of each datagram but the last; 0: there is one
};
// None if the kernel did not say, or if the datagram was not sent to a single host: broadcast and multicast are not
// answered.
[[nodiscard]] std::optional<ReceivedControl> read_control(msghdr& message);

}  // namespace tsp::linux_
