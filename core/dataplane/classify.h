// SPDX-License-Identifier: Apache-2.0
//
// What a datagram on the broker's UDP port is (RFC 5572 section 4.2; one port for signalling and data).
#pragma once

#include <cstdint>

#include <tsp/types.h>

namespace tsp::dataplane {

enum class DatagramKind : std::uint8_t {
  Signalling,        // first nibble F, at least 8 bytes
  LegacySignalling,  // little-endian header: fourth byte's high nibble F, at least 8 bytes
  Inner,             // first nibble 6, at least 40 bytes: a tunnelled IPv6 packet
  Garbage,           // never answered
};

[[nodiscard]] DatagramKind classify(ByteView datagram);

}  // namespace tsp::dataplane
