// SPDX-License-Identifier: Apache-2.0
//
// What a datapath has done since it was opened, summed over its workers.
#pragma once

#include <array>
#include <cstdint>

#include "core/dataplane/drop_reason.h"

namespace tsp::linux_ {

struct OffloadCounters {
  // Whether the offload is in use: asked for, supported, and not given up since.
  bool udp_gro = false;  // the kernel merges received datagrams
  bool tun_tso = false;  // super-packets of TCP cross the device
  bool tun_uso = false;  // super-packets of UDP cross the device (Linux 6.2)
  // Sending several datagrams at once is given up for one tunnel at a time: it depends on the way to its client.
  bool udp_segment = false;
  std::uint64_t udp_segment_refused = 0;  // tunnels for which it was given up
  std::uint64_t merged_up = 0;            // packets that went to the host inside a super-packet
  std::uint64_t segmented_down = 0;       // datagrams that were sent with others in one piece
};

struct DatapathCounters {
  std::uint64_t packets_up = 0;       // accepted from clients
  std::uint64_t packets_down = 0;     // sent to clients
  std::uint64_t bytes_up = 0;         // inner bytes
  std::uint64_t bytes_down = 0;       // inner bytes
  std::uint64_t echo_replies = 0;     // to echo requests to a server address
  std::uint64_t icmp_errors = 0;      // Packet Too Big, Fragmentation Needed and unreachable, sent
  std::uint64_t outer_errors = 0;     // ICMP errors that came back about packets in protocols without ports
  std::uint64_t signalling = 0;       // datagrams handed to the signalling sink's queue
  std::uint64_t mss_clamped = 0;      // TCP SYNs whose MSS was too large for the tunnel, both ways
  std::uint64_t routing_repairs = 0;  // how often the address or a route was missing and put back
  std::array<std::uint64_t, dataplane::kDropReasons> drops{};
  OffloadCounters offloads;

  [[nodiscard]] std::uint64_t dropped(dataplane::DropReason reason) const {
    return drops[static_cast<std::size_t>(reason)];
  }
};

}  // namespace tsp::linux_
