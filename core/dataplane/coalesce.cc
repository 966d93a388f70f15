// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/coalesce.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/base/assert.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"

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

constexpr std::size_t kPortsAt = kIPv6HeaderSize;
constexpr std::size_t kPortsEnd = kPortsAt + 4;

bool same(ByteView a, ByteView b, std::size_t from, std::size_t to) {
  return std::memcmp(a.data() + from, b.data() + from, to - from) == 0;
}

// All that must agree in the IPv6 header, and the ports: everything but the length.
bool same_flow(ByteView a, ByteView b) {
  return same(a, b, 0, kPayloadLengthAt) && same(a, b, kNextHeaderAt, kPortsEnd);
}

// All but sequence number, flags and checksum. The flags are ACK, and PSH or not, in every candidate.
bool same_tcp_header(ByteView a, ByteView b, std::size_t header_size) {
  constexpr std::size_t kAcknowledgementAt = kIPv6HeaderSize + 8;
  constexpr std::size_t kFlagsAt = kIPv6HeaderSize + kTcpFlagsAt;
  constexpr std::size_t kChecksumAt = kIPv6HeaderSize + kTcpChecksumAt;
  return same(a, b, kAcknowledgementAt, kFlagsAt) && same(a, b, kFlagsAt + 1, kChecksumAt) &&
         same(a, b, kChecksumAt + 2, header_size);
}

bool is_whole(ByteView packet) {
  return packet.size() >= kPortsEnd && packet[0] >> 4 == 6 &&
         packet.size() == kIPv6HeaderSize + get16(packet, kPayloadLengthAt);
}

std::size_t hash_of_flow(ByteView packet) {
  std::uint64_t hash = 0;
  for (std::size_t at = kSourceAt; at < kPortsEnd; at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, packet.data() + at, sizeof word);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
  }
  return static_cast<std::size_t>(hash >> 32);
}

}  // namespace

bool Coalescer::may_merge(std::uint8_t protocol) const {
  return (protocol == kTcp && options_.tcp) || (protocol == kUdp && options_.udp);
}

std::optional<Coalescer::Candidate> Coalescer::candidate_of(ByteView packet) {
  const ByteView transport = packet.subspan(kIPv6HeaderSize);
  Candidate candidate{.packet = packet, .protocol = packet[kNextHeaderAt]};
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
  candidate.header_size = static_cast<std::uint16_t>(kIPv6HeaderSize + transport_size);
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
  return candidate.protocol != kTcp ||
         (candidate.sequence == group.next_sequence && same_tcp_header(first, candidate.packet, group.header_size));
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
  const std::uint8_t protocol = is_whole(packet) ? packet[kNextHeaderAt] : std::uint8_t{kHopByHop};
  if (protocol != kTcp && protocol != kUdp) {
    // A fragment or an extension header may hide a packet of any flow: later packets stay behind it.
    if (protocol != kIcmpv6) ++epoch_;
    start_group(packet);
    return;
  }
  Slot& slot = slots_[hash_of_flow(packet) % kFlowSlots];
  const auto candidate = may_merge(protocol) ? candidate_of(packet) : std::nullopt;
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
  const std::span transport = header.subspan(kIPv6HeaderSize);
  const std::size_t length = transport.size() + group.payload_bytes;
  put16(header, kPayloadLengthAt, length);
  const bool tcp = header[kNextHeaderAt] == kTcp;
  if (tcp && group.pushed) transport[kTcpFlagsAt] |= kTcpPsh;
  if (!tcp) put16(transport, kUdpLengthAt, length);
  const std::size_t checksum_at = tcp ? kTcpChecksumAt : kUdpChecksumAt;
  // The kernel adds the rest (NEEDS_CSUM) and wants the sum of the pseudo-header to start with.
  const ByteView addresses = ByteView(header).subspan(kSourceAt, 32);
  put16(transport, checksum_at, ones_sum(addresses, static_cast<std::uint32_t>(length + header[kNextHeaderAt])));
  return {.flags = kVnetNeedsChecksum,
          .gso_type = tcp ? kVnetGsoTcp6 : kVnetGsoUdp,
          .header_size = group.header_size,
          .gso_size = group.segment_size,
          .checksum_start = kIPv6HeaderSize,
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
