// SPDX-License-Identifier: Apache-2.0
//
// What all workers of a datapath have in common.
#pragma once

#include <atomic>
#include <optional>

#include <tsp/address.h>

#include "adapters/linux/datapath/probe_watch.h"
#include "adapters/linux/datapath/tun/forwarding_table.h"
#include "adapters/linux/datapath/tun/report_queue.h"

namespace tsp::linux_ {

// What is still in use of what the kernel granted.
struct OffloadState {
  std::atomic<bool> tun_tcp{false};
  std::atomic<bool> tun_udp{false};
  std::atomic<bool> udp_segment{false};
};

struct SharedState {
  SharedState(FileDescriptor event, const IPv6Address& server, const std::optional<IPv6Address>& ipv4_server)
      : reports(std::move(event)), server_address(server), ipv4_server_address(ipv4_server) {}

  [[nodiscard]] bool clamps_mss() const { return mss_clamp.load(std::memory_order_relaxed); }

  ForwardingTable table;
  ReportQueue reports;
  OffloadState offloads;
  ProbeWatch probes;
  std::atomic<bool> mss_clamp{true};
  // Sources of errors about addresses without a tunnel.
  const IPv6Address server_address;
  const std::optional<IPv6Address> ipv4_server_address;
};

}  // namespace tsp::linux_
