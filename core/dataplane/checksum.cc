// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cstring>

#include "core/dataplane/ip_view.h"

namespace tsp::dataplane {
namespace {

std::uint64_t load64(const std::uint8_t* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// One's complement addition: the carry comes back in at the bottom.
std::uint64_t add(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t sum = a + b;
  return sum + (sum < b ? 1 : 0);
}

std::uint16_t fold(std::uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// A one's complement sum may be taken over words of any size and in any byte order, as long as the bytes are swapped at
// the end (RFC 1071 section 2).
std::uint16_t in_network_order(std::uint16_t word) {
  if constexpr (std::endian::native == std::endian::big) return word;
  return static_cast<std::uint16_t>(word << 8 | word >> 8);
}

std::uint32_t pseudo_header_sum(ByteView addresses, std::size_t length, std::uint8_t next_header) {
  return std::uint32_t{ones_sum(addresses)} + fold(length) + next_header;
}

}  // namespace

std::uint16_t ones_sum(ByteView bytes, std::uint32_t start) {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  // Four sums that do not wait for each other.
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t c = 0;
  std::uint64_t d = 0;
  for (; left >= 32; left -= 32, at += 32) {
    a = add(a, load64(at));
    b = add(b, load64(at + 8));
    c = add(c, load64(at + 16));
    d = add(d, load64(at + 24));
  }
  for (; left >= 8; left -= 8, at += 8) a = add(a, load64(at));
  if (left > 0) {
    std::uint64_t last = 0;
    std::memcpy(&last, at, left);
    b = add(b, last);
  }
  return fold(std::uint64_t{in_network_order(fold(add(add(a, b), add(c, d))))} + start);
}

std::uint16_t upper_layer_checksum(const IPv6Address& source, const IPv6Address& destination, std::uint8_t next_header,
                                   ByteView payload) {
  const std::uint32_t pseudo =
      pseudo_header_sum(source.octets, payload.size(), next_header) + ones_sum(destination.octets);
  return static_cast<std::uint16_t>(~ones_sum(payload, pseudo));
}

std::uint16_t icmp_checksum(bool ipv4, const IPv6Address& source, const IPv6Address& destination, ByteView message) {
  if (ipv4) return static_cast<std::uint16_t>(~ones_sum(message));
  return upper_layer_checksum(source, destination, kIcmpv6, message);
}

bool upper_layer_checksum_right(ByteView packet) {
  if (!has_ip_header(packet) || announced_size(packet) != packet.size() || is_ipv4_fragment(packet)) return false;
  const std::uint8_t protocol = protocol_of(packet);
  const ByteView payload = packet.subspan(ip_header_size(packet));
  switch (protocol) {
    case kTcp:
      if (payload.size() < kTcpHeaderSize) return false;
      break;
    case kUdp:
      if (payload.size() < kUdpHeaderSize || get16(payload, kUdpLengthAt) != payload.size() ||
          get16(payload, kUdpChecksumAt) == 0) {
        return false;
      }
      break;
    case kIcmpv4:
      return is_ipv4(packet) && payload.size() >= kIcmpHeaderSize && ones_sum(payload) == 0xFFFF;
    case kIcmpv6:
      if (is_ipv4(packet) || payload.size() < kIcmpHeaderSize) return false;
      break;
    default:
      return false;
  }
  return ones_sum(payload, pseudo_header_sum(addresses_in(packet), payload.size(), protocol)) == 0xFFFF;
}

}  // namespace tsp::dataplane
