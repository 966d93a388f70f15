// SPDX-License-Identifier: Apache-2.0
//
// New packets: the header filled in, zeros behind it.
#pragma once

#include <cstddef>
#include <cstdint>

#include <tsp/address.h>
#include <tsp/types.h>

#include "core/dataplane/headers.h"

namespace tsp::dataplane {

inline constexpr std::size_t kIPv4HeaderSize = 20;  // without options

// payload_size: 0…65,535 bytes.
[[nodiscard]] Bytes make_ipv6_packet(const IPv6Address& source, const IPv6Address& destination,
                                     std::uint8_t next_header, std::uint8_t hop_limit, std::size_t payload_size);
// With a right header checksum; the identification is 0. `flags`: 0 or kDontFragment, which makes the identification
// irrelevant (RFC 6864). payload_size: 0…65,515 bytes.
[[nodiscard]] Bytes make_ipv4_packet(const IPv4Address& source, const IPv4Address& destination, std::uint8_t protocol,
                                     std::uint8_t hop_limit, std::uint16_t flags, std::size_t payload_size);

}  // namespace tsp::dataplane
