// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/downlink.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "adapters/linux/datapath/tun/rcu.h"
#include "adapters/linux/net/clock.h"
#include "core/dataplane/address_scope.h"
#include "core/dataplane/mss.h"
#include "core/dataplane/packet.h"

namespace tsp::linux_ {

using dataplane::AddressScope;
using dataplane::DownlinkAction;
using dataplane::DropReason;

namespace {

constexpr std::size_t kPacketsPerBurst = 64;
constexpr std::size_t kHeaderSize = sizeof(dataplane::VnetHeader);
constexpr std::size_t kPacketBytesMax = 65'536;
constexpr std::size_t kBufferBytes = std::size_t{512} * 1024;
// What must be free before a packet is read: itself, and its segments as far as one send takes them.
constexpr std::size_t kRoomToRead = 3 * kPacketBytesMax;

bool is_link_scope(const IPv6Address& destination) {
  const AddressScope scope = dataplane::scope_of(destination, {});
  return scope == AddressScope::LinkLocal || scope == AddressScope::LinkMulticast;
}

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
    counters_.drop(DropReason::NotIPv6);
    return;
  }
  Tunnel* tunnel = shared_.table.find_by_inner(dataplane::destination_of(packet.bytes));
  if (tunnel == nullptr) {
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
  // What the host tells its neighbours on each link (MLD, router advertisements) is nobody's packet here.
  if (is_link_scope(dataplane::destination_of(packet))) return;
  if (shared_.probes.active() && shared_.probes.note(dataplane::read_probe(packet))) return;
  counters_.drop(DropReason::NoTunnel);
  errors_.address_unreachable(shared_.server_address, packet, now);
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

void Downlink::flush(std::size_t kept) {
  batch_.flush();
  used_ = kept;
}

}  // namespace tsp::linux_
