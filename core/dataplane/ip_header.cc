// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/ip_header.h"

#include <algorithm>

#include "core/dataplane/ip_view.h"
#include "core/dataplane/packet.h"

namespace tsp::dataplane {
Bytes make_ipv6_packet(const IPv6Address& source, const IPv6Address& destination, std::uint8_t next_header,
                       std::uint8_t hop_limit, std::size_t payload_size) {
  Bytes packet(kIPv6HeaderSize + payload_size);
  packet[0] = 6 << 4;
  put16(packet, kPayloadLengthAt, payload_size);
  packet[kNextHeaderAt] = next_header;
  packet[kHopLimitAt] = hop_limit;
  std::ranges::copy(source.octets, packet.begin() + kSourceAt);
  std::ranges::copy(destination.octets, packet.begin() + kDestinationAt);
  return packet;
}

Bytes make_ipv4_packet(const IPv4Address& source, const IPv4Address& destination, std::uint8_t protocol,
                       std::uint8_t hop_limit, std::uint16_t flags, std::size_t payload_size) {
  Bytes packet(kIPv4HeaderSize + payload_size);
  packet[0] = 4 << 4 | kIPv4HeaderSize / 4;
  put16(packet, kTotalLengthAt, packet.size());
  put16(packet, kFragmentAt, flags);
  packet[kTimeToLiveAt] = hop_limit;
  packet[kProtocolAt] = protocol;
  std::ranges::copy(source.octets, packet.begin() + kIPv4SourceAt);
  std::ranges::copy(destination.octets, packet.begin() + kIPv4DestinationAt);
  write_header_checksum(packet);
  return packet;
}

}  // namespace tsp::dataplane
