// SPDX-License-Identifier: Apache-2.0
//
// What the headers of IPv4 and IPv6 have in common, wherever each has it. But for is_ipv4 and has_ip_header the packet
// is one that has_ip_header accepts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <tsp/types.h>

#include "core/dataplane/headers.h"
#include "core/dataplane/ip_header.h"
#include "core/dataplane/packet.h"

namespace tsp::dataplane {

[[nodiscard]] inline bool is_ipv4(ByteView packet) {
  return packet[0] >> 4 == 4;
}

// IPv6: the fixed header. IPv4: with its options.
[[nodiscard]] inline std::size_t ip_header_size(ByteView packet) {
  return is_ipv4(packet) ? std::size_t{packet[0] & 0xFU} * 4 : kIPv6HeaderSize;
}

// Whether it begins with a whole header of either version.
[[nodiscard]] inline bool has_ip_header(ByteView packet) {
  if (packet.empty()) return false;
  if (packet[0] >> 4 == 6) return packet.size() >= kIPv6HeaderSize;
  return is_ipv4(packet) && ip_header_size(packet) >= kIPv4HeaderSize && packet.size() >= ip_header_size(packet);
}

// What the header says of the size of the whole packet.
[[nodiscard]] inline std::size_t announced_size(ByteView packet) {
  return is_ipv4(packet) ? get16(packet, kTotalLengthAt) : kIPv6HeaderSize + get16(packet, kPayloadLengthAt);
}

// Makes it say that the whole packet is `size` bytes; without the IPv4 header checksum.
inline void put_size(std::span<std::uint8_t> packet, std::size_t size) {
  if (is_ipv4(packet)) {
    put16(packet, kTotalLengthAt, size);
  } else {
    put16(packet, kPayloadLengthAt, size - kIPv6HeaderSize);
  }
}

// IPv6: the next header.
[[nodiscard]] inline std::uint8_t protocol_of(ByteView packet) {
  return packet[is_ipv4(packet) ? kProtocolAt : kNextHeaderAt];
}

// IPv4: the time to live.
[[nodiscard]] inline std::uint8_t hop_limit_of(ByteView packet) {
  return packet[is_ipv4(packet) ? kTimeToLiveAt : kHopLimitAt];
}

// Source, then destination: what a pseudo-header begins with.
[[nodiscard]] inline ByteView addresses_in(ByteView packet) {
  return is_ipv4(packet) ? packet.subspan(kIPv4SourceAt, 8) : packet.subspan(kSourceAt, 32);
}

// Whether it is an IPv4 fragment, the first one or a later one. Of IPv6 an extension header tells.
[[nodiscard]] inline bool is_ipv4_fragment(ByteView packet) {
  return is_ipv4(packet) && (get16(packet, kFragmentAt) & (kMoreFragments | kFragmentOffset)) != 0;
}

// Of IPv4 (RFC 791 section 3.1). IPv6 has none, and it is right.
[[nodiscard]] inline bool header_checksum_right(ByteView packet) {
  return !is_ipv4(packet) || ones_sum(packet.first(ip_header_size(packet))) == 0xFFFF;
}

// Only for IPv4.
inline void write_header_checksum(std::span<std::uint8_t> packet) {
  put16(packet, kHeaderChecksumAt, 0);
  put16(packet, kHeaderChecksumAt, static_cast<std::uint16_t>(~ones_sum(packet.first(ip_header_size(packet)))));
}

}  // namespace tsp::dataplane
