// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/dataplane/error_rules.h"
#include "core/dataplane/ip_view.h"

namespace tsp::dataplane {
namespace {

constexpr std::uint8_t kHopLimit = 64;

// What says the same in both versions.
struct ErrorKind {
  std::uint8_t type;
  std::uint8_t code;
};
struct ErrorKinds {
  ErrorKind of_icmpv4;
  ErrorKind of_icmpv6;
};
constexpr ErrorKinds kPacketTooBig{.of_icmpv4 = {3, 4}, .of_icmpv6 = {2, 0}};
constexpr ErrorKinds kAddressUnreachable{.of_icmpv4 = {3, 1}, .of_icmpv6 = {1, 3}};

constexpr std::uint8_t kEchoReplyOfIcmpv4 = 0;
constexpr std::uint8_t kEchoReplyOfIcmpv6 = 129;

constexpr std::size_t kIPv4ErrorBytesMax = 576;

void fill_in_checksum(Bytes& packet) {
  const std::span<std::uint8_t> message = std::span(packet).subspan(ip_header_size(packet));
  put16(message, kIcmpChecksumAt, 0);
  put16(message, kIcmpChecksumAt, icmp_checksum(is_ipv4(packet), source_of(packet), destination_of(packet), message));
}

Bytes make_icmp_packet(const IPv6Address& from, ByteView about, std::size_t size) {
  const IPv6Address to = source_of(about);
  return is_ipv4(about) ? make_ipv4_packet(unmap(from), unmap(to), kIcmpv4, kHopLimit, 0, size)
                        : make_ipv6_packet(from, to, kIcmpv6, kHopLimit, size);
}

std::optional<Bytes> make_error(const ErrorKinds& kinds, std::uint32_t parameter, const IPv6Address& from,
                                ByteView about) {
  if (!has_ip_header(about) || !may_cause_error(about)) return std::nullopt;
  const bool ipv4 = is_ipv4(about);
  const std::size_t header_size = ipv4 ? kIPv4HeaderSize : kIPv6HeaderSize;
  const std::size_t room = (ipv4 ? kIPv4ErrorBytesMax : kIPv6MinimumMtu) - header_size - kIcmpHeaderSize;
  const ByteView quoted = about.first(std::min(about.size(), room));
  Bytes packet = make_icmp_packet(from, about, kIcmpHeaderSize + quoted.size());
  const std::span<std::uint8_t> message = std::span(packet).subspan(header_size);
  const ErrorKind kind = ipv4 ? kinds.of_icmpv4 : kinds.of_icmpv6;
  message[0] = kind.type;
  message[1] = kind.code;
  put32(message, 4, parameter);
  std::copy(quoted.begin(), quoted.end(), message.begin() + kIcmpHeaderSize);
  fill_in_checksum(packet);
  return packet;
}

void swap_addresses(std::span<std::uint8_t> packet) {
  const std::size_t at = is_ipv4(packet) ? kIPv4SourceAt : kSourceAt;
  const std::size_t size = addresses_in(packet).size() / 2;
  std::ranges::swap_ranges(packet.subspan(at, size), packet.subspan(at + size, size));
}

}  // namespace

std::optional<Bytes> make_packet_too_big(const IPv6Address& from, std::uint32_t mtu, ByteView packet) {
  return make_error(kPacketTooBig, mtu, from, packet);
}

std::optional<Bytes> make_address_unreachable(const IPv6Address& from, ByteView packet) {
  if (packet.size() >= kIPv6HeaderSize && !is_ipv4(packet) && packet[kDestinationAt] == 0xFF) return std::nullopt;
  return make_error(kAddressUnreachable, 0, from, packet);
}

std::optional<Bytes> make_echo_reply(ByteView request) {
  if (!upper_layer_checksum_right(request)) return std::nullopt;
  const bool ipv4 = is_ipv4(request);
  if (protocol_of(request) != (ipv4 ? kIcmpv4 : kIcmpv6)) return std::nullopt;
  Bytes reply(request.begin(), request.end());
  swap_addresses(reply);
  reply[ipv4 ? kTimeToLiveAt : kHopLimitAt] = kHopLimit;
  reply[ip_header_size(reply)] = ipv4 ? kEchoReplyOfIcmpv4 : kEchoReplyOfIcmpv6;
  if (ipv4) write_header_checksum(reply);
  fill_in_checksum(reply);
  return reply;
}

}  // namespace tsp::dataplane
