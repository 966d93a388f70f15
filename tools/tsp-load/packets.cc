// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/packets.h"

#include <span>

#include "core/base/assert.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/ip_header.h"
#include "core/dataplane/packet.h"

namespace tsp::load {
namespace {

using dataplane::kIPv6HeaderSize;
using dataplane::put16;

constexpr std::uint8_t kHopLimit = 64;
constexpr std::uint8_t kEchoRequest = 128;

std::uint16_t checksum_or_ones(std::uint16_t checksum) {
  return checksum == 0 ? 0xFFFF : checksum;  // a sent 0 means "none" in UDP
}

}  // namespace

Bytes make_flood_packet(const IPv6Address& source, const IPv6Address& destination, std::size_t size) {
  TSP_ASSERT(size >= kFloodSizeMin && size <= kIPv6HeaderSize + 65'535);
  Bytes packet = dataplane::make_ipv6_packet(source, destination, dataplane::kUdp, kHopLimit, size - kIPv6HeaderSize);
  const std::span udp = std::span(packet).subspan(kIPv6HeaderSize);
  put16(udp, 0, kFloodPort);
  put16(udp, 2, kFloodPort);
  put16(udp, dataplane::kUdpLengthAt, udp.size());
  const std::uint16_t checksum = dataplane::upper_layer_checksum(source, destination, dataplane::kUdp, udp);
  put16(udp, dataplane::kUdpChecksumAt, checksum_or_ones(checksum));
  return packet;
}

Bytes make_echo_request(const IPv6Address& source, const IPv6Address& destination, std::uint16_t sequence) {
  Bytes packet =
      dataplane::make_ipv6_packet(source, destination, dataplane::kIcmpv6, kHopLimit, dataplane::kIcmpHeaderSize + 8);
  const std::span icmp = std::span(packet).subspan(kIPv6HeaderSize);
  icmp[0] = kEchoRequest;
  put16(icmp, 6, sequence);
  const std::uint16_t checksum = dataplane::upper_layer_checksum(source, destination, dataplane::kIcmpv6, icmp);
  put16(icmp, dataplane::kIcmpChecksumAt, checksum);
  return packet;
}

}  // namespace tsp::load
