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

[[nodiscard]] sockaddr_in to_sockaddr(const Endpoint& endpoint);
[[nodiscard]] Endpoint to_endpoint(const sockaddr_in& address);

// Room for the destination address or the source address (IP_PKTINFO) and a segment size (UDP_GRO, UDP_SEGMENT).
struct ControlBuffer {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(int))> bytes;
};

// Lets the message leave from `source`, cut into datagrams of `segment_size` bytes; 0: one datagram.
void write_control(msghdr& message, ControlBuffer& buffer, const IPv4Address& source, std::uint16_t segment_size);

struct ReceivedControl {
  IPv4Address destination;
  std::size_t segment_size = 0;  // of each datagram but the last; 0: there is one
};
// None if the kernel did not say, or if the datagram was not sent to a single host: broadcast and multicast are not
// answered.
[[nodiscard]] std::optional<ReceivedControl> read_control(msghdr& message);

}  // namespace tsp::linux_
