// SPDX-License-Identifier: Apache-2.0
//
// ICMP errors to the senders of packets that cannot reach a client. They go to the host's stack, which knows the way.
#pragma once

#include <optional>

#include <tsp/address.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/linux/datapath/tun/tun_writer.h"
#include "adapters/linux/datapath/tun/worker_counters.h"
#include "core/dataplane/error_limiter.h"

namespace tsp::linux_ {

class ErrorSender {
 public:
  ErrorSender(TunWriter& writer, WorkerCounters& counters) : writer_(writer), counters_(counters) {}

  void packet_too_big(const TunnelSpec& tunnel, ByteView packet, Instant now);
  // `from`: an address of the broker, of the packet's version.
  void address_unreachable(const IPv6Address& from, ByteView packet, Instant now);

 private:
  void send(const std::optional<Bytes>& error, ByteView about, Instant now);

  TunWriter& writer_;
  WorkerCounters& counters_;
  dataplane::ErrorLimiter limiter_;
};

}  // namespace tsp::linux_
