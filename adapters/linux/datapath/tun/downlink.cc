// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/downlink.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "adapters/linux/datapath/tun/rcu.h"
#include "adapters/linux/net/clock.h"
#include "core/base/assert.h"
#include "core/dataplane/fragment.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/mss.h"

namespace tsp::linux_ {

using dataplane::DownlinkAction;
using dataplane::DropReason;

namespace {

constexpr std::size_t kPacketsPerBurst = 64;
constexpr std::size_t kHeaderSize = sizeof(dataplane::VnetHeader);
constexpr std::size_t kPacketBytesMax = 65'536;
constexpr std::size_t kBufferBytes = std::size_t{512} * 1024;
// What must be free before a packet is read: itself, and its segments as far as one send takes them.
constexpr std::size_t kRoomToRead = 3 * kPacketBytesMax;
// A segment, and its fragments with a header each.
constexpr std::size_t kRoomForFragments = 2 * kPacketBytesMax;

}  // namespace

Downlink::Downlink(SharedState& shared, int queue, std::span<const OuterSocket> sockets, TunWriter& writer,
                   WorkerCounters& counters)
    : shared_(shared),
      queue_(queue),
      counters_(counters),
      errors_(writer, counters),
      batch_(sockets, shared.offloads, counters),
      buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(kBufferBytes)),
      used_(kHeaderSize) {}

bool Downlink::forward() {
  const Instant now = read_clock().mono;
  const RcuReadSection section;
  for (std::size_t i = 0; i < kPacketsPerBurst; ++i) {
    if (kBufferBytes - used_ < kRoomToRead) flush(kHeaderSize);
    const auto packet = read();
    if (!packet) break;
    handle(*packet, now);
  }
  flush(kHeaderSize);
  return !device_gone_;
}

// The kernel fills one piece of memory with less work than two. So the header is read onto the last bytes of the packet
// before, which are put back.
std::optional<Downlink::Packet> Downlink::read() {
  std::uint8_t* const at = buffer_.get() + used_;
  std::uint8_t* const header = at - kHeaderSize;
  std::array<std::uint8_t, kHeaderSize> before;
  std::memcpy(before.data(), header, before.size());
  const ssize_t size = ::read(queue_, header, kHeaderSize + kPacketBytesMax);
  if (size < static_cast<ssize_t>(kHeaderSize)) {
    // An administrator may take the device down; only one that was deleted never comes back.
    device_gone_ = size < 0 && errno == EBADFD;
    return std::nullopt;
  }
  Packet packet{.vnet = {}, .bytes = {at, static_cast<std::size_t>(size) - kHeaderSize}};
  std::memcpy(&packet.vnet, header, kHeaderSize);
  std::memcpy(header, before.data(), before.size());
  return packet;
}

void Downlink::handle(const Packet& packet, Instant now) {
  const auto layout = dataplane::layout_of(packet.vnet, packet.bytes);
  if (!layout) {
    counters_.drop(DropReason::NotIp);
    return;
  }
  const IPv6Address destination = dataplane::destination_of(packet.bytes);
  Tunnel* tunnel = shared_.table.find_by_inner(destination);
  if (tunnel == nullptr || !dataplane::leads_to_client(tunnel->spec, destination)) {
    handle_unroutable(packet.bytes, now);
    return;
  }
  if (!tunnel->confirmed.load(std::memory_order_relaxed)) {
    counters_.drop(DropReason::Unconfirmed, layout->segments);
    return;
  }
  const auto verdict = dataplane::check_downlink(tunnel->spec, packet.bytes, layout->segment_size);
  switch (verdict.action) {
    case DownlinkAction::Forward:
      clamp(*tunnel, packet);
      send(*tunnel, packet, *layout);
      break;
    case DownlinkAction::Fragment:
      send_fragments(*tunnel, packet, *layout);
      break;
    case DownlinkAction::PacketTooBig:
      counters_.drop(DropReason::TooBig, layout->segments);
      errors_.packet_too_big(tunnel->spec, packet.bytes, now);
      break;
    case DownlinkAction::Drop:
      counters_.drop(verdict.reason, layout->segments);
      break;
  }
}

void Downlink::handle_unroutable(ByteView packet, Instant now) {
  // What the host tells its neighbours on each link (MLD, IGMP, router advertisements) is nobody's packet here.
  if (dataplane::is_for_link(packet)) return;
  if (shared_.probes.active() && shared_.probes.note(dataplane::read_probe(packet))) return;
  counters_.drop(DropReason::NoTunnel);
  if (!dataplane::is_ipv4(packet)) {
    errors_.address_unreachable(shared_.server_address, packet, now);
  } else if (shared_.ipv4_server_address) {
    errors_.address_unreachable(*shared_.ipv4_server_address, packet, now);
  }
}

// An unfinished checksum is finished later, or for each segment.
void Downlink::clamp(const Tunnel& tunnel, const Packet& packet) {
  if (!shared_.clamps_mss()) return;
  const bool unfinished = (packet.vnet.flags & dataplane::kVnetNeedsChecksum) != 0;
  const auto checksum = unfinished ? dataplane::ChecksumState::Unfinished : dataplane::ChecksumState::Finished;
  if (dataplane::clamp_mss(packet.bytes, tunnel.spec.mtu, checksum)) counters_.mss_clamped.add();
}

void Downlink::send(Tunnel& tunnel, const Packet& packet, const dataplane::SuperLayout& layout) {
  used_ += packet.bytes.size();
  if (layout.segments > 1) {
    send_segments(tunnel, packet.bytes, layout);
    return;
  }
  dataplane::complete_checksum(packet.vnet, packet.bytes);
  batch_.add(tunnel, packet.bytes, packet.bytes.size());
}

void Downlink::send_segments(Tunnel& tunnel, ByteView packet, const dataplane::SuperLayout& layout) {
  const auto end_of_packet = static_cast<std::size_t>(packet.data() + packet.size() - buffer_.get());
  for (std::size_t done = 0; done < layout.segments;) {
    if (kBufferBytes - used_ < kPacketBytesMax) flush(end_of_packet);
    const std::span<std::uint8_t> room(buffer_.get() + used_, kBufferBytes - used_);
    const dataplane::SegmentRun run = dataplane::segment(layout, packet, done, room);
    batch_.add(tunnel, room.first(run.bytes), layout.segment_size);
    used_ += run.bytes;
    done += run.segments;
  }
}

void Downlink::send_fragments(Tunnel& tunnel, const Packet& packet, const dataplane::SuperLayout& layout) {
  used_ += packet.bytes.size();
  const std::size_t end_of_packet = used_;
  if (layout.segments == 1) {
    dataplane::complete_checksum(packet.vnet, packet.bytes);
    add_fragments(tunnel, packet.bytes);
    return;
  }
  // Each segment is only a step to its fragments, but these are cut from it: it stays until they are sent.
  for (std::size_t done = 0; done < layout.segments; ++done) {
    if (kBufferBytes - used_ < kRoomForFragments) flush(end_of_packet);
    const std::span<std::uint8_t> room(buffer_.get() + used_, layout.segment_size);
    const dataplane::SegmentRun run = dataplane::segment(layout, packet.bytes, done, room);
    used_ += run.bytes;
    add_fragments(tunnel, room.first(run.bytes));
  }
}

void Downlink::add_fragments(Tunnel& tunnel, ByteView packet) {
  const std::size_t mtu = tunnel.spec.mtu;
  TSP_ASSERT(mtu >= dataplane::kIPv6MinimumMtu);  // smaller ones would need more headers than there is room for
  dataplane::Fragmenter fragmenter(packet, mtu);
  for (;;) {
    const std::span<std::uint8_t> room(buffer_.get() + used_, mtu);
    const std::size_t size = fragmenter.next(room);
    if (size == 0) return;
    batch_.add(tunnel, room.first(size), size);
    used_ += size;
  }
}

void Downlink::flush(std::size_t kept) {
  batch_.flush();
  used_ = kept;
}

}  // namespace tsp::linux_
