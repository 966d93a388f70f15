// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/tunnel.h"

#include <algorithm>

namespace tsp::linux_ {
namespace {

TunnelSpec as_confirmed(TunnelSpec spec) {
  spec.confirmed = true;
  return spec;
}

}  // namespace

Tunnel::Tunnel(const TunnelSpec& wanted, std::size_t listener_index, std::uint64_t version, Instant now)
    : spec(as_confirmed(wanted)),
      remote(to_socket_address(wanted.path.remote)),
      listener(listener_index),
      confirmed(wanted.confirmed),
      segmentation_refused(wanted.type != TunnelType::V6UdpV4),
      installed(now),
      born(version) {
  by_path.tunnel = this;
  by_inner.tunnel = this;
  by_inner.prefix = host_prefix(wanted.inner);
  by_delegated.tunnel = this;
  if (wanted.delegated) by_delegated.prefix = *wanted.delegated;
}

TunnelUsage Tunnel::usage() const {
  return {.id = spec.id,
          .last_seen = std::max(installed, last_packet_up.load(std::memory_order_relaxed)),
          .packets_up = packets_up.load(std::memory_order_relaxed),
          .packets_down = packets_down.load(std::memory_order_relaxed),
          .bytes_up = bytes_up.load(std::memory_order_relaxed),
          .bytes_down = bytes_down.load(std::memory_order_relaxed)};
}

bool Tunnel::is_like(const TunnelSpec& other) const {
  return spec == as_confirmed(other);
}

}  // namespace tsp::linux_
