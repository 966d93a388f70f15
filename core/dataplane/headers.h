// SPDX-License-Identifier: Apache-2.0
//
// Big-endian fields of packet headers. The caller has checked that they are inside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <tsp/types.h>

namespace tsp::dataplane {

// Protocol numbers, as in the next header field.
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kIcmpv4 = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragment = 44;
inline constexpr std::uint8_t kIcmpv6 = 58;
inline constexpr std::uint8_t kDestinationOptions = 60;

// Offsets in the fixed IPv6 header.
inline constexpr std::size_t kPayloadLengthAt = 4;
inline constexpr std::size_t kNextHeaderAt = 6;
inline constexpr std::size_t kHopLimitAt = 7;
inline constexpr std::size_t kSourceAt = 8;
inline constexpr std::size_t kDestinationAt = 24;

// Offsets in the IPv4 header (RFC 791).
inline constexpr std::size_t kTotalLengthAt = 2;
inline constexpr std::size_t kIdentificationAt = 4;
inline constexpr std::size_t kFragmentAt = 6;  // flags, then the offset in units of 8 bytes
inline constexpr std::size_t kTimeToLiveAt = 8;
inline constexpr std::size_t kProtocolAt = 9;
inline constexpr std::size_t kHeaderChecksumAt = 10;
inline constexpr std::size_t kIPv4SourceAt = 12;
inline constexpr std::size_t kIPv4DestinationAt = 16;

// Of the field at kFragmentAt.
inline constexpr std::uint16_t kDontFragment = 0x4000;
inline constexpr std::uint16_t kMoreFragments = 0x2000;
inline constexpr std::uint16_t kFragmentOffset = 0x1FFF;  // the bits of it

// Offsets in transport headers.
inline constexpr std::size_t kTcpHeaderSize = 20;  // without options
inline constexpr std::size_t kTcpSequenceAt = 4;
inline constexpr std::size_t kTcpDataOffsetAt = 12;  // high nibble, in units of 4 bytes
inline constexpr std::size_t kTcpFlagsAt = 13;
inline constexpr std::size_t kTcpChecksumAt = 16;
inline constexpr std::size_t kUdpHeaderSize = 8;
inline constexpr std::size_t kUdpLengthAt = 4;
inline constexpr std::size_t kUdpChecksumAt = 6;
inline constexpr std::size_t kIcmpHeaderSize = 8;
inline constexpr std::size_t kIcmpChecksumAt = 2;

inline constexpr std::uint8_t kTcpFin = 0x01;
inline constexpr std::uint8_t kTcpSyn = 0x02;
inline constexpr std::uint8_t kTcpPsh = 0x08;
inline constexpr std::uint8_t kTcpAck = 0x10;
inline constexpr std::uint8_t kTcpCwr = 0x80;

[[nodiscard]] inline std::uint16_t get16(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

[[nodiscard]] inline std::uint32_t get32(ByteView bytes, std::size_t at) {
  return static_cast<std::uint32_t>(get16(bytes, at)) << 16 | get16(bytes, at + 2);
}

inline void put16(std::span<std::uint8_t> bytes, std::size_t at, std::size_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

inline void put32(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value) {
  put16(bytes, at, value >> 16);
  put16(bytes, at + 2, value);
}

}  // namespace tsp::dataplane
