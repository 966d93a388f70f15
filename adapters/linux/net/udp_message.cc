// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/udp_message.h"

#include <netinet/udp.h>

#include <cstring>

namespace tsp::linux_ {
namespace {

in_addr to_in_addr(const IPv4Address& address) {
  in_addr result{};
  std::memcpy(&result, address.octets.data(), address.octets.size());
  return result;
}

IPv4Address from_in_addr(const in_addr& address) {
  IPv4Address result;
  std::memcpy(result.octets.data(), &address, result.octets.size());
  return result;
}

in6_addr to_in6_addr(const IPv6Address& address) {
  in6_addr result{};
  std::memcpy(&result, address.octets.data(), address.octets.size());
  return result;
}

IPv6Address from_in6_addr(const in6_addr& address) {
  IPv6Address result;
  std::memcpy(result.octets.data(), &address, result.octets.size());
  return result;
}

template <class Value>
Value control_value(const cmsghdr* header) {
  Value value{};
  std::memcpy(&value, CMSG_DATA(header), sizeof value);
  return value;
}

template <class Value>
void put_control(cmsghdr* header, int level, int type, const Value& value) {
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(header), &value, sizeof value);
}

}  // namespace

sockaddr_in to_sockaddr(const Endpoint& endpoint) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(endpoint.port);
  result.sin_addr = to_in_addr(endpoint.ipv4());
  return result;
}

Endpoint to_endpoint(const sockaddr_in& address) {
  return make_endpoint(from_in_addr(address.sin_addr), ntohs(address.sin_port));
}

SocketAddress to_socket_address(const Endpoint& endpoint) {
  SocketAddress result{};
  if (endpoint.is_ipv4()) {
    result.ipv4 = to_sockaddr(endpoint);
    return result;
  }
  result.ipv6 = {};
  result.ipv6.sin6_family = AF_INET6;
  result.ipv6.sin6_port = htons(endpoint.port);
  result.ipv6.sin6_addr = to_in6_addr(endpoint.address);
  return result;
}

Endpoint to_endpoint(const SocketAddress& address) {
  if (address.any.sa_family == AF_INET) return to_endpoint(address.ipv4);
  return {from_in6_addr(address.ipv6.sin6_addr), ntohs(address.ipv6.sin6_port)};
}

void write_control(msghdr& message, ControlBuffer& buffer, const IPv6Address& source, std::uint16_t segment_size) {
  const bool ipv4 = is_mapped(source);
  message.msg_control = buffer.bytes.data();
  message.msg_controllen = ipv4 ? CMSG_SPACE(sizeof(in_pktinfo)) : CMSG_SPACE(sizeof(in6_pktinfo));
  if (segment_size != 0) message.msg_controllen += CMSG_SPACE(sizeof segment_size);
  buffer.bytes.fill(std::byte{0});
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (ipv4) {
    in_pktinfo info{};
    info.ipi_spec_dst = to_in_addr(unmap(source));
    put_control(header, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    info.ipi6_addr = to_in6_addr(source);
    put_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  if (segment_size != 0) put_control(CMSG_NXTHDR(&message, header), IPPROTO_UDP, UDP_SEGMENT, segment_size);
}

std::optional<ReceivedControl> read_control(msghdr& message) {
  std::optional<ReceivedControl> result;
  std::size_t segment_size = 0;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) {
      segment_size = static_cast<std::size_t>(control_value<int>(header));
    } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      const auto info = control_value<in_pktinfo>(header);
      if (info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr) continue;
      result.emplace().destination = map_ipv4(from_in_addr(info.ipi_addr));
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      const auto info = control_value<in6_pktinfo>(header);
      if (!IN6_IS_ADDR_MULTICAST(&info.ipi6_addr)) result.emplace().destination = from_in6_addr(info.ipi6_addr);
    }
  }
  if (result) result->segment_size = segment_size;
  return result;
}

}  // namespace tsp::linux_
