// SPDX-License-Identifier: Apache-2.0
#include "tools/capture/encapsulate.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/dataplane/headers.h"
#include "core/dataplane/ip_header.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/packet.h"

namespace tsp::capture {
namespace {

using dataplane::put16;
using dataplane::put32;

constexpr std::uint8_t kHopLimit = 64;
constexpr std::size_t kTcpAcknowledgedAt = 8;
constexpr std::size_t kTcpWindowAt = 14;
constexpr std::uint16_t kTcpWindow = 0xFFFF;

// An IP header of the endpoints' version, and the payload at the end of the packet.
Bytes make_packet(const Endpoint& from, const Endpoint& to, std::uint8_t protocol, std::size_t transport_header_size,
                  ByteView payload) {
  const std::size_t size = transport_header_size + payload.size();
  Bytes packet = from.is_ipv4() ? dataplane::make_ipv4_packet(from.ipv4(), to.ipv4(), protocol, kHopLimit,
                                                              dataplane::kDontFragment, size)
                                : dataplane::make_ipv6_packet(from.address, to.address, protocol, kHopLimit, size);
  std::ranges::copy(payload, packet.end() - static_cast<std::ptrdiff_t>(payload.size()));
  return packet;
}

// With the ports filled in.
std::span<std::uint8_t> transport_of(Bytes& packet, const Endpoint& from, const Endpoint& to) {
  const std::span transport = std::span(packet).subspan(dataplane::ip_header_size(packet));
  put16(transport, 0, from.port);
  put16(transport, 2, to.port);
  return transport;
}

}  // namespace

Bytes encapsulate(const Endpoint& from, const Endpoint& to, ByteView payload) {
  if (from.port == 0) return make_packet(from, to, from.is_ipv4() ? kIPv6InIPv4 : kIPv4InIPv6, 0, payload);
  Bytes packet = make_packet(from, to, dataplane::kUdp, dataplane::kUdpHeaderSize, payload);
  const std::span udp = transport_of(packet, from, to);
  put16(udp, dataplane::kUdpLengthAt, udp.size());
  const std::uint16_t checksum = dataplane::upper_layer_checksum(from.address, to.address, dataplane::kUdp, udp);
  put16(udp, dataplane::kUdpChecksumAt, checksum == 0 ? 0xFFFF : checksum);  // a sent 0 means "none"
  return packet;
}

Bytes encapsulate_segment(const Endpoint& from, const Endpoint& to, const TcpFields& fields, ByteView payload) {
  Bytes packet = make_packet(from, to, dataplane::kTcp, dataplane::kTcpHeaderSize, payload);
  const std::span tcp = transport_of(packet, from, to);
  put32(tcp, dataplane::kTcpSequenceAt, fields.sequence);
  put32(tcp, kTcpAcknowledgedAt, fields.acknowledged);
  tcp[dataplane::kTcpDataOffsetAt] = dataplane::kTcpHeaderSize / 4 << 4;
  tcp[dataplane::kTcpFlagsAt] = fields.flags;
  put16(tcp, kTcpWindowAt, kTcpWindow);
  put16(tcp, dataplane::kTcpChecksumAt,
        dataplane::upper_layer_checksum(from.address, to.address, dataplane::kTcp, tcp));
  return packet;
}

}  // namespace tsp::capture
