// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-sanitize/inner_packet.h"

#include <algorithm>
#include <optional>

#include "core/dataplane/headers.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/packet.h"

namespace tsp::sanitize {
namespace {

// Where the transport header is, and what of it is kept.
struct Transport {
  std::uint8_t protocol = 0;
  std::size_t at = 0;
  std::size_t header_size = 0;
  std::size_t checksum_at = 0;  // in it
};

std::optional<Transport> find_transport(ByteView packet) {
  Transport transport{.protocol = dataplane::protocol_of(packet), .at = dataplane::ip_header_size(packet)};
  if (dataplane::is_ipv4_fragment(packet)) return std::nullopt;
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
    case dataplane::kIcmpv4:
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
  if (transport.protocol == dataplane::kIcmpv4) {
    return static_cast<std::uint16_t>(~dataplane::ones_sum(packet.subspan(transport.at)));
  }
  return dataplane::upper_layer_checksum(dataplane::source_of(packet), dataplane::destination_of(packet),
                                         transport.protocol, packet.subspan(transport.at));
}

Bytes with_aliases(ByteView packet, Aliases& aliases) {
  Bytes result(packet.begin(), packet.end());
  const auto put = [&result](std::size_t at, const auto& address) {
    std::ranges::copy(address.octets, result.begin() + static_cast<std::ptrdiff_t>(at));
  };
  const IPv6Address source = dataplane::source_of(packet);
  const IPv6Address destination = dataplane::destination_of(packet);
  if (!dataplane::is_ipv4(packet)) {
    put(dataplane::kSourceAt, aliases.of(source));
    put(dataplane::kDestinationAt, aliases.of(destination));
    return result;
  }
  put(dataplane::kIPv4SourceAt, aliases.of(unmap(source)));
  put(dataplane::kIPv4SourceAt + 4, aliases.of(unmap(destination)));
  const bool right = dataplane::header_checksum_right(packet);
  dataplane::write_header_checksum(result);
  if (!right)
    dataplane::put16(result, dataplane::kHeaderChecksumAt, dataplane::get16(packet, dataplane::kHeaderChecksumAt));
  return result;
}

}  // namespace

Bytes sanitize_packet(ByteView packet, Aliases& aliases) {
  Bytes result = with_aliases(packet, aliases);
  const auto transport = find_transport(packet);
  const std::size_t kept = transport ? transport->at + transport->header_size : dataplane::ip_header_size(packet);
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
