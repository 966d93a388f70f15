// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/probe.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/base/assert.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/ip_header.h"
#include "core/dataplane/packet.h"

namespace tsp::dataplane {
namespace {

// A header of tsp-over-UDP that no client sends (sequence number and time 0), the token, the number.
constexpr std::array<std::uint8_t, 8> kHeader{0xF0};
constexpr std::size_t kTokenAt = kHeader.size();
constexpr std::size_t kNumberAt = kTokenAt + 8;
constexpr std::size_t kPayloadSize = kNumberAt + 1;

constexpr std::uint16_t kDiscardPort = 9;
constexpr std::uint8_t kProbeHopLimit = 8;  // it passes one router, this host
constexpr std::uint8_t kEchoRequest = 128;
constexpr std::uint8_t kEchoReply = 129;

Bytes make_udp_datagram(std::uint16_t port, ByteView payload) {
  Bytes datagram(kUdpHeaderSize + payload.size());
  put16(datagram, 0, kDiscardPort);
  put16(datagram, 2, port);
  put16(datagram, kUdpLengthAt, datagram.size());
  std::ranges::copy(payload, datagram.begin() + kUdpHeaderSize);
  return datagram;
}

Bytes make_packet(const IPv6Address& from, const IPv6Address& to, std::uint8_t next_header, Bytes message,
                  std::size_t checksum_at) {
  const std::uint16_t checksum = upper_layer_checksum(from, to, next_header, message);
  put16(message, checksum_at, checksum == 0 ? 0xFFFF : checksum);
  Bytes packet = make_ipv6_packet(from, to, next_header, kProbeHopLimit, message.size());
  std::ranges::copy(message, packet.begin() + kIPv6HeaderSize);
  return packet;
}

}  // namespace

Bytes make_probe_payload(const ProbeMark& mark) {
  Bytes payload(kPayloadSize);
  std::ranges::copy(kHeader, payload.begin());
  put32(payload, kTokenAt, static_cast<std::uint32_t>(mark.token >> 32));
  put32(payload, kTokenAt + 4, static_cast<std::uint32_t>(mark.token));
  payload[kNumberAt] = mark.number;
  return payload;
}

Bytes make_echo_probe(const IPv6Address& from, const IPv6Address& to, const ProbeMark& mark) {
  const Bytes payload = make_probe_payload(mark);
  Bytes message(kIcmpHeaderSize + payload.size());
  message[0] = kEchoRequest;
  std::ranges::copy(payload, message.begin() + kIcmpHeaderSize);
  return make_packet(from, to, kIcmpv6, std::move(message), kIcmpChecksumAt);
}

Bytes make_udp_probe(const IPv6Address& from, const Endpoint& to, const ProbeMark& mark) {
  TSP_ASSERT(is_mapped(from) == to.is_ipv4());
  const Bytes datagram = make_udp_datagram(to.port, make_probe_payload(mark));
  if (!to.is_ipv4()) return make_packet(from, to.address, kUdp, datagram, kUdpChecksumAt);
  // Without a checksum, as UDP over IPv4 may be.
  Bytes packet = make_ipv4_packet(unmap(from), to.ipv4(), kUdp, kProbeHopLimit, 0, datagram.size());
  std::ranges::copy(datagram, packet.begin() + kIPv4HeaderSize);
  return packet;
}

std::optional<ProbeMark> read_probe_payload(ByteView payload) {
  if (payload.size() != kPayloadSize || !std::ranges::equal(payload.first(kHeader.size()), kHeader)) {
    return std::nullopt;
  }
  return ProbeMark{.token = std::uint64_t{get32(payload, kTokenAt)} << 32 | get32(payload, kTokenAt + 4),
                   .number = payload[kNumberAt]};
}

std::optional<ProbeMark> read_probe(ByteView packet) {
  constexpr std::size_t kPayloadAt = kIPv6HeaderSize + kUdpHeaderSize;
  static_assert(kUdpHeaderSize == kIcmpHeaderSize);
  if (packet.size() < kPayloadAt) return std::nullopt;
  const std::uint8_t next_header = packet[kNextHeaderAt];
  const bool echo_reply = next_header == kIcmpv6 && packet[kIPv6HeaderSize] == kEchoReply;
  if (next_header != kUdp && !echo_reply) return std::nullopt;
  return read_probe_payload(packet.subspan(kPayloadAt));
}

}  // namespace tsp::dataplane
