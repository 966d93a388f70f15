// SPDX-License-Identifier: Apache-2.0
#include "tools/capture/encapsulate.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/dataplane/headers.h"
#include "core/dataplane/ip_header.h"
#include "core/dataplane/packet.h"

namespace tsp::capture {
namespace {

using dataplane::kIPv4HeaderSize;
using dataplane::put16;
using dataplane::put32;

constexpr std::uint8_t kHopLimit = 64;
constexpr std::size_t kTcpAcknowledgedAt = 8;
constexpr std::size_t kTcpWindowAt = 14;
constexpr std::uint16_t kTcpWindow = 0xFFFF;

// An IPv4 header with room for a transport header behind it, and the payload behind that.
Bytes make_packet(const Endpoint& from, const Endpoint& to, std::uint8_t protocol, std::size_t transport_header_size,
                  ByteView payload) {
  Bytes packet = dataplane::make_ipv4_packet(from.ipv4(), to.ipv4(), protocol, kHopLimit, dataplane::kDontFragment,
                                             transport_header_size + payload.size());
  std::ranges::copy(payload, packet.end() - static_cast<std::ptrdiff_t>(payload.size()));
  const std::span transport = std::span(packet).subspan(kIPv4HeaderSize);
  put16(transport, 0, from.port);
  put16(transport, 2, to.port);
  return packet;
}

// Behind the pseudo-header of IPv4 (RFC 768, RFC 9293 section 3.1): both addresses, the protocol and the length.
std::uint16_t transport_checksum(ByteView packet) {
  const ByteView transport = packet.subspan(kIPv4HeaderSize);
  const std::uint32_t pseudo_header = dataplane::ones_sum(packet.first(kIPv4HeaderSize).subspan(12)) +
                                      std::uint32_t{packet[9]} + static_cast<std::uint32_t>(transport.size());
  return static_cast<std::uint16_t>(~dataplane::ones_sum(transport, pseudo_header));
}

}  // namespace

Bytes encapsulate(const Endpoint& from, const Endpoint& to, ByteView payload) {
  Bytes packet = make_packet(from, to, dataplane::kUdp, dataplane::kUdpHeaderSize, payload);
  const std::span udp = std::span(packet).subspan(kIPv4HeaderSize);
  put16(udp, dataplane::kUdpLengthAt, udp.size());
  const std::uint16_t checksum = transport_checksum(packet);
  put16(udp, dataplane::kUdpChecksumAt, checksum == 0 ? 0xFFFF : checksum);  // a sent 0 means "none"
  return packet;
}

Bytes encapsulate_segment(const Endpoint& from, const Endpoint& to, const TcpFields& fields, ByteView payload) {
  Bytes packet = make_packet(from, to, dataplane::kTcp, dataplane::kTcpHeaderSize, payload);
  const std::span tcp = std::span(packet).subspan(kIPv4HeaderSize);
  put32(tcp, dataplane::kTcpSequenceAt, fields.sequence);
  put32(tcp, kTcpAcknowledgedAt, fields.acknowledged);
  tcp[dataplane::kTcpDataOffsetAt] = dataplane::kTcpHeaderSize / 4 << 4;
  tcp[dataplane::kTcpFlagsAt] = fields.flags;
  put16(tcp, kTcpWindowAt, kTcpWindow);
  put16(tcp, dataplane::kTcpChecksumAt, transport_checksum(packet));
  return packet;
}

}  // namespace tsp::capture
