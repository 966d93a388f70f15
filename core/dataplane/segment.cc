// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/segment.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/dataplane/ip_view.h"

namespace tsp::dataplane {
namespace {

constexpr std::size_t kLengthMax = 0xFFFF;  // of IPv6 without its header

bool needs_checksum(const VnetHeader& vnet) {
  return (vnet.flags & kVnetNeedsChecksum) != 0;
}

std::size_t checksum_offset_of(std::uint8_t protocol) {
  return protocol == kTcp ? kTcpChecksumAt : kUdpChecksumAt;
}

bool checksum_is_inside(const VnetHeader& vnet, ByteView packet) {
  return vnet.checksum_start >= ip_header_size(packet) &&
         std::size_t{vnet.checksum_start} + vnet.checksum_offset + 2 <= packet.size();
}

// The protocol that a super-packet is cut by; none if the header says something else than TCP or UDP over its version.
std::optional<std::uint8_t> protocol_to_cut(const VnetHeader& vnet, bool ipv4) {
  switch (vnet.gso_type & ~unsigned{kVnetGsoEcn}) {
    case kVnetGsoTcp4:
      return ipv4 ? std::optional(kTcp) : std::nullopt;
    case kVnetGsoTcp6:
      return ipv4 ? std::nullopt : std::optional(kTcp);
    case kVnetGsoUdp:
      return kUdp;
    default:
      return std::nullopt;
  }
}

std::optional<SuperLayout> layout_of_super(const VnetHeader& vnet, ByteView packet) {
  const auto protocol = protocol_to_cut(vnet, is_ipv4(packet));
  if (!protocol || !needs_checksum(vnet) || vnet.gso_size == 0) return std::nullopt;
  if (vnet.checksum_offset != checksum_offset_of(*protocol)) return std::nullopt;
  // header_size of the kernel is no more than a hint; the transport header is where its checksum is counted from.
  const std::size_t transport_start = vnet.checksum_start;
  const ByteView transport = packet.subspan(transport_start);
  std::size_t transport_size = kUdpHeaderSize;
  if (*protocol == kTcp) {
    if (transport.size() < kTcpHeaderSize) return std::nullopt;
    transport_size = std::max(kTcpHeaderSize, std::size_t{transport[kTcpDataOffsetAt]} / 16 * 4);
  }
  if (transport.size() < transport_size) return std::nullopt;
  const std::size_t payload = transport.size() - transport_size;
  if (payload <= vnet.gso_size) return SuperLayout{.segments = 1, .segment_size = packet.size()};
  const std::size_t header_size = transport_start + transport_size;
  return SuperLayout{.segments = (payload + vnet.gso_size - 1) / vnet.gso_size,
                     .segment_size = header_size + vnet.gso_size,
                     .header_size = header_size,
                     .transport_start = transport_start,
                     .protocol = *protocol};
}

// Makes the headers of the super-packet, copied to the start of `out`, those of the segment that `out` is.
void adapt_headers(const SuperLayout& layout, ByteView packet, std::size_t index, std::span<std::uint8_t> out) {
  put_size(out, out.size());
  if (is_ipv4(packet)) {
    put16(out, kIdentificationAt, get16(packet, kIdentificationAt) + index);
    write_header_checksum(out);
  }
  const std::span transport = out.subspan(layout.transport_start);
  if (layout.protocol == kUdp) {
    put16(transport, kUdpLengthAt, transport.size());
    return;
  }
  const std::size_t offset = index * (layout.segment_size - layout.header_size);
  const std::uint32_t sequence = get32(packet, layout.transport_start + kTcpSequenceAt);
  put32(transport, kTcpSequenceAt, sequence + static_cast<std::uint32_t>(offset));
  unsigned flags = transport[kTcpFlagsAt];
  if (index > 0) flags &= ~unsigned{kTcpCwr};
  if (index + 1 < layout.segments) flags &= ~unsigned{kTcpFin | kTcpPsh};
  transport[kTcpFlagsAt] = static_cast<std::uint8_t>(flags);
}

// The super-packet's checksum field holds the sum of its pseudo-header. Changing the length in it, instead of summing
// anew, is right with a routing header too, where the destination counts that only the last hop sees.
void write_checksum(const SuperLayout& layout, ByteView packet, std::span<std::uint8_t> out) {
  const std::size_t field = checksum_offset_of(layout.protocol);
  const std::span transport = out.subspan(layout.transport_start);
  const std::size_t length_of_all = packet.size() - layout.transport_start;
  const std::size_t start =
      get16(packet, layout.transport_start + field) + (kLengthMax - length_of_all) + transport.size();
  put16(transport, field, 0);
  const auto checksum = static_cast<std::uint16_t>(~ones_sum(transport, static_cast<std::uint32_t>(start)));
  put16(transport, field, checksum == 0 && layout.protocol == kUdp ? 0xFFFF : checksum);
}

}  // namespace

std::optional<SuperLayout> layout_of(const VnetHeader& vnet, ByteView packet) {
  if (!has_ip_header(packet) || packet.size() > kLengthMax + (is_ipv4(packet) ? 0 : kIPv6HeaderSize)) {
    return std::nullopt;
  }
  if (needs_checksum(vnet) && !checksum_is_inside(vnet, packet)) return std::nullopt;
  if (vnet.gso_type == kVnetGsoNone) return SuperLayout{.segments = 1, .segment_size = packet.size()};
  return layout_of_super(vnet, packet);
}

void complete_checksum(const VnetHeader& vnet, std::span<std::uint8_t> packet) {
  if (!needs_checksum(vnet)) return;
  TSP_ASSERT(checksum_is_inside(vnet, packet));
  // The field holds the sum of the pseudo-header and is summed with the rest.
  const std::span summed = packet.subspan(vnet.checksum_start);
  const auto checksum = static_cast<std::uint16_t>(~ones_sum(summed));
  // 0 would say "no checksum" in UDP; elsewhere both mean the same (RFC 1624 section 3).
  put16(summed, vnet.checksum_offset, checksum == 0 ? 0xFFFF : checksum);
}

SegmentRun segment(const SuperLayout& layout, ByteView packet, std::size_t first, std::span<std::uint8_t> out) {
  TSP_ASSERT(layout.segments > 1 && first < layout.segments && out.size() >= layout.segment_size);
  const std::size_t room = std::min(out.size(), std::max(kBytesPerSend, layout.segment_size)) / layout.segment_size;
  const std::size_t count = std::min({layout.segments - first, kSegmentsPerSend, room});
  const std::size_t payload_size = layout.segment_size - layout.header_size;
  const ByteView headers = packet.first(layout.header_size);
  SegmentRun run;
  for (; run.segments < count; ++run.segments) {
    const std::size_t index = first + run.segments;
    const std::size_t from = layout.header_size + index * payload_size;
    const ByteView payload = packet.subspan(from, std::min(payload_size, packet.size() - from));
    const std::span current = out.subspan(run.bytes, headers.size() + payload.size());
    std::copy(payload.begin(), payload.end(), std::copy(headers.begin(), headers.end(), current.begin()));
    adapt_headers(layout, packet, index, current);
    write_checksum(layout, packet, current);
    run.bytes += current.size();
  }
  return run;
}

}  // namespace tsp::dataplane
