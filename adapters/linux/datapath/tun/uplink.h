// SPDX-License-Identifier: Apache-2.0
//
// From the clients: datagrams of the broker's port to the host's IPv6 stack, or to the signalling engine.
#pragma once

#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/linux/datapath/tun/shared_state.h"
#include "adapters/linux/datapath/tun/tun_writer.h"
#include "adapters/linux/datapath/tun/worker_counters.h"
#include "adapters/linux/net/udp_receive_batch.h"
#include "adapters/linux/net/udp_socket.h"
#include "core/dataplane/coalesce.h"

namespace tsp::linux_ {

class Uplink {
 public:
  Uplink(SharedState& shared, TunWriter& writer, WorkerCounters& counters)
      : shared_(shared), writer_(writer), counters_(counters) {}

  // Takes one burst from the socket.
  void receive(const UdpSocket& socket);

 private:
  // The tunnel of the datagrams that are being handled, and what they add to its counters.
  struct Flow {
    FourTuple path;
    Tunnel* tunnel = nullptr;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
  };

  void handle(const ReceivedDatagrams& received, const UdpSocket& socket, Instant now);
  void handle_inner(ByteView packet, const UdpSocket& socket, Instant now);
  void handle_signalling(const FourTuple& path, ByteView payload);
  void follow(const FourTuple& path);
  void finish_flow();
  void mark_alive(Tunnel& tunnel, Instant now);
  void answer_echo(ByteView request, const UdpSocket& socket);

  SharedState& shared_;
  TunWriter& writer_;
  WorkerCounters& counters_;
  static_assert(UdpReceiveBatch::kRoomBefore >= TunWriter::kRoomBefore);
  UdpReceiveBatch batch_;
  dataplane::Coalescer coalescer_;
  Flow flow_;
};

}  // namespace tsp::linux_
