// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/coalesce.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/base/assert.h"
#include "core/dataplane/fragment.h"
#include "core/dataplane/ip_view.h"

namespace tsp::dataplane {

struct Coalescer::Candidate {
  ByteView packet;
  std::uint8_t protocol = 0;
  std::uint16_t header_size = 0;
  std::uint16_t payload_size = 0;
  std::uint32_t sequence = 0;  // TCP
  bool pushed = false;         // TCP
};

namespace {

constexpr std::size_t kPortsSize = 4;

bool same(ByteView a, ByteView b, std::size_t from, std::size_t to) {
  return std::memcmp(a.data() + from, b.data() + from, to - from) == 0;
}

// All that must agree in the IP header, and the ports: everything but length, identification and header checksum.
bool same_flow(ByteView a, ByteView b) {
  if (is_ipv4(a)) {
    return same(a, b, 0, kTotalLengthAt) && same(a, b, kFragmentAt, kHeaderChecksumAt) &&
           same(a, b, kIPv4SourceAt, kIPv4HeaderSize + kPortsSize);
  }
  return same(a, b, 0, kPayloadLengthAt) && same(a, b, kNextHeaderAt, kIPv6HeaderSize + kPortsSize);
}

// Cut up again, packets have identifications that count up. Where fragments are forbidden nobody looks at them (RFC
// 6864 section 4.1).
bool identification_continues(ByteView first, ByteView next, std::size_t index) {
  return !may_be_fragmented(first) ||
         get16(next, kIdentificationAt) == static_cast<std::uint16_t>(get16(first, kIdentificationAt) + index);
}

// All but sequence number, flags and checksum. The flags are ACK, and PSH or not, in every candidate.
bool same_tcp_header(ByteView a, ByteView b, std::size_t size) {
  constexpr std::size_t kAcknowledgementAt = 8;
  return same(a, b, kAcknowledgementAt, kTcpFlagsAt) && same(a, b, kTcpFlagsAt + 1, kTcpChecksumAt) &&
         same(a, b, kTcpChecksumAt + 2, size);
}

// Of a whole packet whose upper layer follows directly behind the header; none of others, in which any flow may hide.
std::optional<std::uint8_t> visible_protocol(ByteView packet) {
  if (!has_ip_header(packet) || announced_size(packet) != packet.size()) return std::nullopt;
  const std::size_t header_size = ip_header_size(packet);
  if (packet.size() < header_size + kPortsSize) return std::nullopt;
  if (is_ipv4(packet) && (header_size != kIPv4HeaderSize || is_ipv4_fragment(packet))) return std::nullopt;
  return protocol_of(packet);
}

// Of addresses and ports, which are neighbours; the size is a constant for speed.
template <std::size_t Size>
std::size_t hash_of(const std::uint8_t* bytes) {
  std::uint64_t hash = 0;
  for (std::size_t at = 0; at < Size; at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes + at, sizeof word);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
  }
  return static_cast<std::size_t>(hash >> 32);
}

std::size_t hash_of_flow(ByteView packet) {
  return is_ipv4(packet) ? hash_of<8 + kPortsSize>(packet.data() + kIPv4SourceAt)
                         : hash_of<32 + kPortsSize>(packet.data() + kSourceAt);
}

}  // namespace

bool Coalescer::may_merge(std::uint8_t protocol) const {
  return (protocol == kTcp && options_.tcp) || (protocol == kUdp && options_.udp);
}

std::optional<Coalescer::Candidate> Coalescer::candidate_of(ByteView packet) {
  const std::size_t ip_header = ip_header_size(packet);
  const ByteView transport = packet.subspan(ip_header);
  Candidate candidate{.packet = packet, .protocol = protocol_of(packet)};
  std::size_t transport_size = kUdpHeaderSize;
  if (candidate.protocol == kTcp) {
    if (transport.size() < kTcpHeaderSize) return std::nullopt;
    transport_size = std::size_t{transport[kTcpDataOffsetAt]} / 16 * 4;
    const unsigned flags = transport[kTcpFlagsAt];
    if (transport_size < kTcpHeaderSize || (flags & ~unsigned{kTcpPsh}) != kTcpAck) return std::nullopt;
    candidate.sequence = get32(transport, kTcpSequenceAt);
    candidate.pushed = (flags & kTcpPsh) != 0;
  } else if (transport.size() < kUdpHeaderSize || get16(transport, kUdpLengthAt) != transport.size()) {
    return std::nullopt;
  }
  if (transport.size() <= transport_size) return std::nullopt;  // nothing to put behind another's payload
  candidate.header_size = static_cast<std::uint16_t>(ip_header + transport_size);
  candidate.payload_size = static_cast<std::uint16_t>(transport.size() - transport_size);
  return candidate;
}

// The rules of the kernel's GRO, except that packets with other flags than ACK and PSH are never merged.
bool Coalescer::fits(const Group& group, const Candidate& candidate) const {
  const ByteView first = links_[group.first].packet;
  if (group.pushed || group.packets == kSuperPacketPackets || group.header_size != candidate.header_size) return false;
  const bool last_was_shorter = group.payload_bytes != group.packets * group.segment_size;
  if (last_was_shorter || candidate.payload_size > group.segment_size) return false;
  if (group.header_size + group.payload_bytes + candidate.payload_size > kSuperPacketBytes) return false;
  if (!same_flow(first, candidate.packet)) return false;
  if (!identification_continues(first, candidate.packet, group.packets)) return false;
  if (candidate.protocol != kTcp) return true;
  const std::size_t ip_header = ip_header_size(first);
  return candidate.sequence == group.next_sequence &&
         same_tcp_header(first.subspan(ip_header), candidate.packet.subspan(ip_header), group.header_size - ip_header);
}

// The kernel computes the checksums of what is merged: a wrong one would be made right. So each is verified, but a
// packet that stays alone costs nothing.
bool Coalescer::join(Group& group, const Candidate& candidate) {
  if (!fits(group, candidate)) return false;
  group.verified = group.verified || upper_layer_checksum_right(links_[group.first].packet);
  if (!group.verified || !upper_layer_checksum_right(candidate.packet)) return false;
  const auto index = static_cast<std::uint32_t>(links_.size());
  links_.push_back({candidate.packet});
  links_[group.last].next = index;
  group.last = index;
  ++group.packets;
  group.payload_bytes += candidate.payload_size;
  group.next_sequence += candidate.payload_size;
  group.pushed = candidate.pushed;
  return true;
}

void Coalescer::start_group(ByteView packet) {
  const auto index = static_cast<std::uint32_t>(links_.size());
  links_.push_back({packet});
  groups_.push_back({.first = index, .last = index});
}

void Coalescer::start_group(const Candidate& candidate) {
  start_group(candidate.packet);
  Group& group = groups_.back();
  group.payload_bytes = candidate.payload_size;
  group.next_sequence = candidate.sequence + candidate.payload_size;
  group.header_size = candidate.header_size;
  group.segment_size = candidate.payload_size;
  group.pushed = candidate.pushed;
}

void Coalescer::add(ByteView packet) {
  const auto protocol = visible_protocol(packet);
  if (protocol != kTcp && protocol != kUdp) {
    // A fragment, an option or an extension header may hide a packet of any flow: later packets stay behind it.
    if (protocol != kIcmpv6 && protocol != kIcmpv4) ++epoch_;
    start_group(packet);
    return;
  }
  Slot& slot = slots_[hash_of_flow(packet) % kFlowSlots];
  const auto candidate = may_merge(*protocol) ? candidate_of(packet) : std::nullopt;
  if (!candidate) {
    slot.epoch = 0;
    start_group(packet);
    return;
  }
  if (slot.epoch == epoch_ && join(groups_[slot.group], *candidate)) return;
  start_group(*candidate);
  slot = {epoch_, static_cast<std::uint32_t>(groups_.size() - 1)};
}

VnetHeader Coalescer::write_header(const Group& group) {
  const ByteView first = links_[group.first].packet;
  const std::span header = std::span(header_).first(group.header_size);
  std::copy_n(first.begin(), header.size(), header.begin());
  const std::size_t ip_header = ip_header_size(header);
  const std::span transport = header.subspan(ip_header);
  const std::size_t length = transport.size() + group.payload_bytes;
  put_size(header, ip_header + length);
  const bool ipv4 = is_ipv4(header);
  if (ipv4) write_header_checksum(header);
  const std::uint8_t protocol = protocol_of(header);
  const bool tcp = protocol == kTcp;
  if (tcp && group.pushed) transport[kTcpFlagsAt] |= kTcpPsh;
  if (!tcp) put16(transport, kUdpLengthAt, length);
  const std::size_t checksum_at = tcp ? kTcpChecksumAt : kUdpChecksumAt;
  // The kernel adds the rest (NEEDS_CSUM) and wants the sum of the pseudo-header to start with.
  put16(transport, checksum_at, ones_sum(addresses_in(header), static_cast<std::uint32_t>(length + protocol)));
  const std::uint8_t tcp_type = ipv4 ? kVnetGsoTcp4 : kVnetGsoTcp6;
  return {.flags = kVnetNeedsChecksum,
          .gso_type = tcp ? tcp_type : kVnetGsoUdp,
          .header_size = group.header_size,
          .gso_size = group.segment_size,
          .checksum_start = static_cast<std::uint16_t>(ip_header),
          .checksum_offset = static_cast<std::uint16_t>(checksum_at)};
}

SuperPacket Coalescer::at(std::size_t index) {
  TSP_ASSERT(index < groups_.size());
  const Group& group = groups_[index];
  if (group.packets == 1) {
    const std::span parts = originals(index);
    return {.vnet = {}, .parts = parts, .packets = 1, .bytes = parts[0].size()};
  }
  const VnetHeader vnet = write_header(group);
  parts_[0] = std::span(header_).first(group.header_size);
  std::size_t count = 1;
  for (std::uint32_t at = group.first; count <= group.packets; at = links_[at].next) {
    parts_[count++] = links_[at].packet.subspan(group.header_size);
  }
  return {.vnet = vnet,
          .parts = std::span(parts_).first(count),
          .packets = group.packets,
          .bytes = group.header_size + group.payload_bytes};
}

std::span<const ByteView> Coalescer::originals(std::size_t index) {
  TSP_ASSERT(index < groups_.size());
  const Group& group = groups_[index];
  std::size_t count = 0;
  for (std::uint32_t at = group.first; count < group.packets; at = links_[at].next) {
    parts_[count++] = links_[at].packet;
  }
  return std::span(parts_).first(count);
}

void Coalescer::clear() {
  links_.clear();
  groups_.clear();
  ++epoch_;
}

}  // namespace tsp::dataplane
