// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tsp/address.h>
#include <tsp/types.h>

namespace tsp::capture {

inline constexpr std::uint8_t kIPv6InIPv4 = 41;  // RFC 4213
inline constexpr std::uint8_t kIPv4InIPv6 = 4;   // RFC 2473

// A UDP payload behind IP and UDP headers with right checksums; hop limit 64, not to be fragmented. With port 0: what
// is directly in the outer packet, protocol 41 or in IPv6 4. Both endpoints are of one family; payload: 0…65,507 bytes.
[[nodiscard]] Bytes encapsulate(const Endpoint& from, const Endpoint& to, ByteView payload);

struct TcpFields {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint8_t flags = 0;
};
// The same for a TCP segment without options; payload: 0…65,495 bytes.
[[nodiscard]] Bytes encapsulate_segment(const Endpoint& from, const Endpoint& to, const TcpFields& fields,
                                        ByteView payload);

}  // namespace tsp::capture
