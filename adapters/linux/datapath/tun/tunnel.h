// SPDX-License-Identifier: Apache-2.0
//
// A tunnel as the workers see it. Made and unmade by the main thread; found, counted and confirmed by any worker.
#pragma once

#include <urcu/rculfhash.h>
#include <urcu/urcu-memb.h>

#include <atomic>
#include <cstdint>
#include <limits>

#include <tsp/datapath.h>
#include <tsp/time.h>

#include "adapters/linux/net/udp_message.h"

namespace tsp::linux_ {

struct Tunnel;

// What the hash tables hold. A delegated prefix, an inner address and a path each have one.
struct TunnelNode {
  cds_lfht_node link{};
  Tunnel* tunnel = nullptr;
  IPv6Prefix prefix;  // not of a path
};

struct Tunnel {
  Tunnel(const TunnelSpec& wanted, std::size_t listener_index, std::uint64_t version, Instant now);

  static constexpr Instant kNever{Duration::min()};

  // `spec.confirmed` is always true, so that spec can be read without care; `confirmed` has the truth.
  const TunnelSpec spec;
  const SocketAddress remote;
  const std::size_t listener;  // which of a worker's sockets its datagrams leave by

  std::atomic<bool> confirmed;
  // Sending several datagrams at once failed on the way to this client, or is not possible without UDP.
  std::atomic<bool> segmentation_refused;
  const Instant installed;
  std::atomic<Instant> last_packet_up{kNever};
  std::atomic<std::uint64_t> packets_up{0};
  std::atomic<std::uint64_t> packets_down{0};
  std::atomic<std::uint64_t> bytes_up{0};
  std::atomic<std::uint64_t> bytes_down{0};

  // Of the forwarding table: the tunnel is there in the versions from `born` to before `died`.
  const std::uint64_t born;
  std::atomic<std::uint64_t> died{std::numeric_limits<std::uint64_t>::max()};
  TunnelNode by_path;
  TunnelNode by_inner;
  TunnelNode by_delegated;  // only with spec.delegated
  rcu_head reclaim{};

  void count_up(std::uint64_t packets, std::uint64_t bytes) {
    packets_up.fetch_add(packets, std::memory_order_relaxed);
    bytes_up.fetch_add(bytes, std::memory_order_relaxed);
  }
  void count_down(std::uint64_t packets, std::uint64_t bytes) {
    packets_down.fetch_add(packets, std::memory_order_relaxed);
    bytes_down.fetch_add(bytes, std::memory_order_relaxed);
  }
  [[nodiscard]] bool used_since(Instant since) const { return last_packet_up.load(std::memory_order_relaxed) >= since; }
  [[nodiscard]] TunnelUsage usage() const;
  // Whether it was made of this spec; `confirmed` does not matter.
  [[nodiscard]] bool is_like(const TunnelSpec& other) const;
};

}  // namespace tsp::linux_
