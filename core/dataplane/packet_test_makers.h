// SPDX-License-Identifier: Apache-2.0
//
// Right packets, for tests, benchmarks and fuzzers: IPv4 if both ends are mapped addresses, else IPv6.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <tsp/address.h>
#include <tsp/types.h>

#include "core/base/assert.h"
#include "core/dataplane/ip_view.h"

namespace tsp::dataplane::test {

inline IPv6Address address(std::string_view text) {
  const auto parsed = parse_ipv6(text);
  TSP_ASSERT(parsed);
  return *parsed;
}

inline IPv6Address ipv4(std::string_view text) {
  const auto parsed = parse_ipv4(text);
  TSP_ASSERT(parsed);
  return map_ipv4(*parsed);
}

inline IPv6Prefix prefix(std::string_view text) {
  const auto parsed = parse_prefix(text);
  TSP_ASSERT(parsed);
  return *parsed;
}

inline IPv6Prefix ipv4_prefix(std::string_view text) {
  const auto parsed = parse_ipv4_prefix(text);
  TSP_ASSERT(parsed);
  return *parsed;
}

struct Ends {
  IPv6Address source;
  IPv6Address destination;
};

inline Ends reversed(const Ends& ends) {
  return {ends.destination, ends.source};
}

// `size` bytes that differ from each other and from those of another `first`.
inline Bytes pattern(std::size_t size, std::uint8_t first = 0) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i * 7 + i / 256);
  return bytes;
}

inline Bytes make_ipv6(const Ends& ends, std::uint8_t next_header, ByteView payload, std::uint8_t hop_limit = 64) {
  Bytes packet(kIPv6HeaderSize);
  packet[0] = 6 << 4;
  put16(packet, kPayloadLengthAt, payload.size());
  packet[kNextHeaderAt] = next_header;
  packet[kHopLimitAt] = hop_limit;
  std::copy(ends.source.octets.begin(), ends.source.octets.end(), packet.begin() + kSourceAt);
  std::copy(ends.destination.octets.begin(), ends.destination.octets.end(), packet.begin() + kDestinationAt);
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

struct IPv4Fields {
  std::uint8_t time_to_live = 64;
  unsigned fragment = kDontFragment;  // flags and offset
  std::uint16_t identification = 0;
  Bytes options = {};  // a multiple of 4 bytes, at most 40
};

inline Bytes make_ipv4(const Ends& ends, std::uint8_t protocol, ByteView payload, const IPv4Fields& fields = {}) {
  Bytes packet(kIPv4HeaderSize);
  packet[0] = static_cast<std::uint8_t>(4 << 4 | (kIPv4HeaderSize + fields.options.size()) / 4);
  put16(packet, kTotalLengthAt, kIPv4HeaderSize + fields.options.size() + payload.size());
  put16(packet, kIdentificationAt, fields.identification);
  put16(packet, kFragmentAt, fields.fragment);
  packet[kTimeToLiveAt] = fields.time_to_live;
  packet[kProtocolAt] = protocol;
  std::ranges::copy(unmap(ends.source).octets, packet.begin() + kIPv4SourceAt);
  std::ranges::copy(unmap(ends.destination).octets, packet.begin() + kIPv4DestinationAt);
  packet.insert(packet.end(), fields.options.begin(), fields.options.end());
  write_header_checksum(packet);
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

inline Bytes make_ip(const Ends& ends, std::uint8_t protocol, ByteView payload) {
  const bool ipv4 = is_mapped(ends.source) && is_mapped(ends.destination);
  return ipv4 ? make_ipv4(ends, protocol, payload) : make_ipv6(ends, protocol, payload);
}

// The same packet with other fields in its IPv4 header, and the header checksum that fits.
inline Bytes with_ipv4_fields(Bytes packet, std::uint16_t identification, unsigned fragment) {
  put16(packet, kIdentificationAt, identification);
  put16(packet, kFragmentAt, fragment);
  write_header_checksum(packet);
  return packet;
}

// Computes the checksum that the transport header has at `checksum_at`.
inline Bytes with_checksum(Bytes packet, std::size_t checksum_at) {
  const std::span<std::uint8_t> transport = std::span(packet).subspan(ip_header_size(packet));
  put16(transport, checksum_at, 0);
  const std::uint8_t protocol = protocol_of(packet);
  const std::uint16_t checksum =
      protocol == kIcmpv4 ? static_cast<std::uint16_t>(~ones_sum(transport))
                          : upper_layer_checksum(source_of(packet), destination_of(packet), protocol, transport);
  put16(transport, checksum_at, checksum == 0 && protocol == kUdp ? 0xFFFF : checksum);
  return packet;
}

inline Bytes make_udp(const Ends& ends, ByteView payload, std::uint16_t source_port = 40'000,
                      std::uint16_t destination_port = 443) {
  Bytes datagram(kUdpHeaderSize);
  put16(datagram, 0, source_port);
  put16(datagram, 2, destination_port);
  put16(datagram, kUdpLengthAt, kUdpHeaderSize + payload.size());
  datagram.insert(datagram.end(), payload.begin(), payload.end());
  return with_checksum(make_ip(ends, kUdp, datagram), kUdpChecksumAt);
}

struct TcpFields {
  std::uint16_t source_port = 50'000;
  std::uint16_t destination_port = 80;
  std::uint32_t sequence = 1;
  std::uint32_t acknowledgement = 1;
  unsigned flags = kTcpAck;
  std::uint16_t window = 1000;
  Bytes options = {};  // a multiple of 4 bytes, at most 40
};

inline Bytes make_tcp(const Ends& ends, const TcpFields& fields, ByteView payload) {
  Bytes segment(kTcpHeaderSize);
  put16(segment, 0, fields.source_port);
  put16(segment, 2, fields.destination_port);
  put32(segment, kTcpSequenceAt, fields.sequence);
  put32(segment, 8, fields.acknowledgement);
  segment[kTcpDataOffsetAt] = static_cast<std::uint8_t>((kTcpHeaderSize + fields.options.size()) / 4 << 4);
  segment[kTcpFlagsAt] = static_cast<std::uint8_t>(fields.flags);
  put16(segment, 14, fields.window);
  segment.insert(segment.end(), fields.options.begin(), fields.options.end());
  segment.insert(segment.end(), payload.begin(), payload.end());
  return with_checksum(make_ip(ends, kTcp, segment), kTcpChecksumAt);
}

inline Bytes make_icmpv6(const Ends& ends, std::uint8_t type, std::uint8_t code, ByteView body,
                         std::uint8_t hop_limit = 64) {
  Bytes message{type, code, 0, 0};
  message.insert(message.end(), body.begin(), body.end());
  return with_checksum(make_ipv6(ends, kIcmpv6, message, hop_limit), kIcmpChecksumAt);
}

inline Bytes make_icmpv4(const Ends& ends, std::uint8_t type, std::uint8_t code, ByteView body,
                         const IPv4Fields& fields = {}) {
  Bytes message{type, code, 0, 0};
  message.insert(message.end(), body.begin(), body.end());
  return with_checksum(make_ipv4(ends, kIcmpv4, message, fields), kIcmpChecksumAt);
}

// Identifier 0x1234, sequence number 7, then `data`.
inline Bytes make_echo_request(const Ends& ends, ByteView data = {}) {
  Bytes body{0x12, 0x34, 0, 7};
  body.insert(body.end(), data.begin(), data.end());
  return is_mapped(ends.source) ? make_icmpv4(ends, 8, 0, body) : make_icmpv6(ends, 128, 0, body);
}

}  // namespace tsp::dataplane::test
