// SPDX-License-Identifier: Apache-2.0
//
// The packets that tsp-load makes itself, with right checksums.
#pragma once

#include <cstddef>
#include <cstdint>

#include <tsp/address.h>
#include <tsp/types.h>

namespace tsp::load {

// The discard service: where floods go, and how they are recognised.
inline constexpr std::uint16_t kFloodPort = 9;
inline constexpr std::size_t kFloodSizeMin = 48;

// An IPv6 packet of `size` bytes in all, UDP from and to kFloodPort, hop limit 64. size: kFloodSizeMin…65,575.
[[nodiscard]] Bytes make_flood_packet(const IPv6Address& source, const IPv6Address& destination, std::size_t size);

// ICMPv6 echo request (RFC 4443 section 4.1) with 8 bytes of data.
[[nodiscard]] Bytes make_echo_request(const IPv6Address& source, const IPv6Address& destination,
                                      std::uint16_t sequence);

}  // namespace tsp::load
