// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>

#include <tsp/address.h>
#include <tsp/types.h>

namespace tsp::capture {

// What a UDP datagram or TCP segment says, without its headers; or a packet directly in an IP packet of the other
// version, then both ports are 0.
struct TransportPacket {
  std::uint8_t protocol = 0;  // dataplane::kUdp or kTcp; kIPv6InIPv4 or kIPv4InIPv6 (encapsulate.h)
  Endpoint from{};
  Endpoint to{};
  ByteView payload{};          // inside the packet that was read
  std::uint32_t sequence = 0;  // TCP: of the first byte, or of the SYN
  std::uint8_t tcp_flags = 0;
};

enum class NotTransport : std::uint8_t {
  OtherProtocol,  // ICMP, IPv6 extension headers, no IP at all …
  Fragment,
  CutOff,  // the packet has fewer bytes than its headers promise
};

// `ip` begins with an IPv4 or IPv6 header; checksums are not looked at.
[[nodiscard]] std::expected<TransportPacket, NotTransport> read_transport(ByteView ip);

}  // namespace tsp::capture
