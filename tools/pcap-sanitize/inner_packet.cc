// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-sanitize/inner_packet.h"

#include <algorithm>
#include <optional>

#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"

namespace tsp::sanitize {
namespace {

// Where the transport header is, and what of it is kept.
struct Transport {
  std::uint8_t protocol = 0;
  std::size_t at = dataplane::kIPv6HeaderSize;
  std::size_t header_size = 0;
  std::size_t checksum_at = 0;  // in it
};

std::optional<Transport> find_transport(ByteView packet) {
  Transport transport{.protocol = packet[dataplane::kNextHeaderAt]};
  if (transport.protocol == dataplane::kHopByHop && packet.size() >= transport.at + 8) {
    transport.protocol = packet[transport.at];
    transport.at += 8 + std::size_t{packet[transport.at + 1]} * 8;
  }
  switch (transport.protocol) {
    case dataplane::kTcp:
      transport.header_size = dataplane::kTcpHeaderSize;
      transport.checksum_at = dataplane::kTcpChecksumAt;
      break;
    case dataplane::kUdp:
      transport.header_size = dataplane::kUdpHeaderSize;
      transport.checksum_at = dataplane::kUdpChecksumAt;
      break;
    case dataplane::kIcmpv6:
      transport.header_size = dataplane::kIcmpHeaderSize;
      transport.checksum_at = dataplane::kIcmpChecksumAt;
      break;
    default:
      return std::nullopt;
  }
  if (transport.at + transport.header_size > packet.size()) return std::nullopt;
  return transport;
}

std::uint16_t checksum_of(ByteView packet, const Transport& transport) {
  return dataplane::upper_layer_checksum(dataplane::source_of(packet), dataplane::destination_of(packet),
                                         transport.protocol, packet.subspan(transport.at));
}

}  // namespace

Bytes sanitize_packet(ByteView packet, Aliases& aliases) {
  Bytes result(packet.begin(), packet.end());
  const auto put = [&](std::size_t at, const IPv6Address& address) {
    std::ranges::copy(address.octets, result.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(dataplane::kSourceAt, aliases.of(dataplane::source_of(packet)));
  put(dataplane::kDestinationAt, aliases.of(dataplane::destination_of(packet)));
  const auto transport = find_transport(packet);
  const std::size_t kept = transport ? transport->at + transport->header_size : dataplane::kIPv6HeaderSize;
  std::fill(result.begin() + static_cast<std::ptrdiff_t>(kept), result.end(), std::uint8_t{0});
  if (!transport) return result;
  const std::size_t checksum_at = transport->at + transport->checksum_at;
  const auto check = [&](Bytes of) {
    of[checksum_at] = of[checksum_at + 1] = 0;
    return checksum_of(of, *transport);
  };
  const bool right = check(Bytes(packet.begin(), packet.end())) == dataplane::get16(packet, checksum_at);
  const std::uint16_t checksum = check(result);
  dataplane::put16(result, checksum_at, right ? checksum : static_cast<std::uint16_t>(~checksum));
  return result;
}

}  // namespace tsp::sanitize
