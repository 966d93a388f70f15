// SPDX-License-Identifier: Apache-2.0
//
// Hands packets to the host's stack through a queue of the TUN device.
#pragma once

#include <sys/uio.h>

#include <array>
#include <span>

#include <tsp/types.h>

#include "adapters/linux/datapath/tun/shared_state.h"
#include "adapters/linux/datapath/tun/worker_counters.h"
#include "core/dataplane/coalesce.h"

namespace tsp::linux_ {

class TunWriter {
 public:
  TunWriter(int queue, OffloadState& offloads, WorkerCounters& counters)
      : queue_(queue), offloads_(offloads), counters_(counters) {}

  // False: the kernel did not take it; counted.
  bool write(ByteView packet);
  // One that is still to be cut up, or to get its checksum, as `vnet` says.
  bool write_merged(const dataplane::VnetHeader& vnet, ByteView packet);
  // All that was added to the coalescer: packets in memory that may be written, with kRoomBefore bytes before each,
  // which are used and put back. A super-packet that the kernel refuses is written packet by packet, and that kind is
  // given up when it happens again and again.
  void write_all(dataplane::Coalescer& coalescer);

  static constexpr std::size_t kRoomBefore = sizeof(dataplane::VnetHeader);

 private:
  bool write_in_place(ByteView packet);
  bool count_refusal(bool taken);
  [[nodiscard]] bool write_parts(const dataplane::VnetHeader& vnet, std::span<const ByteView> parts);
  void note_refusal(std::uint8_t gso_type);

  int queue_;
  OffloadState& offloads_;
  WorkerCounters& counters_;
  unsigned refusals_in_a_row_ = 0;
  std::array<iovec, 2 + dataplane::kSuperPacketPackets> vectors_{};
};

}  // namespace tsp::linux_
