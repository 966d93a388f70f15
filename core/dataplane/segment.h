// SPDX-License-Identifier: Apache-2.0
//
// Splits the super-packets that a TUN device with IFF_VNET_HDR hands down into packets, so that they can go out with
// UDP_SEGMENT; finishes what the kernel left undone in plain packets.
//
//   const auto layout = layout_of(vnet, packet);                 // none: drop as NotIp
//   check_downlink(tunnel, packet, layout->segment_size) …
//   if (layout->segments == 1) complete_checksum(vnet, packet);  // in place, then send
//   else for (std::size_t done = 0; done < layout->segments;) {
//     const SegmentRun run = segment(*layout, packet, done, buffer);
//     send the first run.bytes of the buffer with UDP_SEGMENT = layout->segment_size
//     done += run.segments;
//   }
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <tsp/types.h>

#include "core/dataplane/vnet_header.h"

namespace tsp::dataplane {

// The most that one send with UDP_SEGMENT takes (over IPv4: 65535 less 28 bytes of headers).
inline constexpr std::size_t kSegmentsPerSend = 64;
inline constexpr std::size_t kBytesPerSend = 65'507;

struct SuperLayout {
  std::size_t segments = 1;
  // Bytes of a segment as an IP packet, headers included; only the last one may be shorter. Of a plain packet its own
  // size.
  std::size_t segment_size = 0;

  // For segment() only.
  std::size_t header_size = 0;
  std::size_t transport_start = 0;
  std::uint8_t protocol = 0;
};

// None if this is neither an IPv6 nor an IPv4 packet, or if the header does not fit the packet: what the kernel never
// hands down.
[[nodiscard]] std::optional<SuperLayout> layout_of(const VnetHeader& vnet, ByteView packet);

// Fills in the checksum of a plain packet if `vnet` asks for it. Only after layout_of accepted the pair.
void complete_checksum(const VnetHeader& vnet, std::span<std::uint8_t> packet);

struct SegmentRun {
  std::size_t segments = 0;
  std::size_t bytes = 0;
};
// Writes the segments from number `first` on, one behind the other, as many as one send takes and `out` holds; at least
// one: `out` must hold layout.segment_size bytes. `layout` is what layout_of gave for this packet, with more than one
// segment; `first` < layout.segments. Lengths, checksums, TCP sequence numbers and flags are those of single packets;
// the identification of IPv4 counts up.
[[nodiscard]] SegmentRun segment(const SuperLayout& layout, ByteView packet, std::size_t first,
                                 std::span<std::uint8_t> out);

}  // namespace tsp::dataplane
