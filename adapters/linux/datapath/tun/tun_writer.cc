// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/tun_writer.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/assert.h"

namespace tsp::linux_ {
namespace {

// One refusal may be the packet's fault; nobody shall be able to switch an offload off for all by sending one packet.
constexpr unsigned kRefusalsToGiveUp = 8;

}  // namespace

bool TunWriter::write(ByteView packet) {
  return count_refusal(write_parts({}, std::span(&packet, 1)));
}

bool TunWriter::write_merged(const dataplane::VnetHeader& vnet, ByteView packet) {
  return count_refusal(write_parts(vnet, std::span(&packet, 1)));
}

// The kernel takes one piece of memory with less work than two, or than a copy.
bool TunWriter::write_in_place(ByteView packet) {
  std::uint8_t* const header = const_cast<std::uint8_t*>(packet.data()) - kRoomBefore;
  std::array<std::uint8_t, kRoomBefore> before;
  std::memcpy(before.data(), header, before.size());
  std::memset(header, 0, kRoomBefore);
  const bool taken = ::write(queue_, header, kRoomBefore + packet.size()) >= 0;
  std::memcpy(header, before.data(), before.size());
  return count_refusal(taken);
}

bool TunWriter::count_refusal(bool taken) {
  if (!taken) counters_.drop(dataplane::DropReason::SendFailed);
  return taken;
}

void TunWriter::write_all(dataplane::Coalescer& coalescer) {
  for (std::size_t i = 0; i < coalescer.size(); ++i) {
    const dataplane::SuperPacket super = coalescer.at(i);
    if (super.packets == 1) {
      write_in_place(super.parts.front());
    } else if (write_parts(super.vnet, super.parts)) {
      refusals_in_a_row_ = 0;
      counters_.merged_up.add(super.packets);
    } else {
      if (errno == EINVAL) note_refusal(super.vnet.gso_type);
      for (const ByteView packet : coalescer.originals(i)) write_in_place(packet);
    }
  }
  coalescer.clear();
}

bool TunWriter::write_parts(const dataplane::VnetHeader& vnet, std::span<const ByteView> parts) {
  TSP_ASSERT(parts.size() < vectors_.size());
  vectors_[0] = {const_cast<dataplane::VnetHeader*>(&vnet), sizeof vnet};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    vectors_[i + 1] = {const_cast<std::uint8_t*>(parts[i].data()), parts[i].size()};
  }
  return writev(queue_, vectors_.data(), static_cast<int>(parts.size() + 1)) >= 0;
}

void TunWriter::note_refusal(std::uint8_t gso_type) {
  if (++refusals_in_a_row_ < kRefusalsToGiveUp) return;
  refusals_in_a_row_ = 0;
  std::atomic<bool>& offload = gso_type == dataplane::kVnetGsoUdp ? offloads_.tun_udp : offloads_.tun_tcp;
  offload.store(false, std::memory_order_relaxed);
}

}  // namespace tsp::linux_
