// SPDX-License-Identifier: Apache-2.0
//
// From the clients: what comes in on the broker's sockets, to the host's stack or to the signalling engine.
#pragma once

#include <cstdint>
#include <span>

#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/linux/datapath/tun/shared_state.h"
#include "adapters/linux/datapath/tun/tun_writer.h"
#include "adapters/linux/datapath/tun/worker_counters.h"
#include "adapters/linux/net/outer_socket.h"
#include "adapters/linux/net/receive_batch.h"
#include "core/dataplane/coalesce.h"

namespace tsp::linux_ {

class Uplink {
 public:
  Uplink(SharedState& shared, TunWriter& writer, WorkerCounters& counters)
      : shared_(shared), writer_(writer), counters_(counters) {}

  // Takes one burst from the socket.
  void receive(const OuterSocket& socket);

 private:
  // The tunnel of the datagrams that are being handled, and what they add to its counters.
  struct Flow {
    FourTuple path;
    Tunnel* tunnel = nullptr;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
  };

  void handle(const ReceivedDatagrams& received, const OuterSocket& socket, Instant now);
  // What came in a protocol without ports: there is no signalling in it.
  void handle_bare(const ReceivedDatagrams& received, const OuterSocket& socket, Instant now);
  void handle_inner(std::span<std::uint8_t> packet, const OuterSocket& socket, Instant now);
  // Returns how many packets it stands for.
  [[nodiscard]] std::size_t forward(std::span<std::uint8_t> packet, bool may_be_merged);
  void handle_signalling(const FourTuple& path, ByteView payload);
  void follow(const FourTuple& path);
  void finish_flow();
  void mark_alive(Tunnel& tunnel, Instant now);
  void answer_echo(ByteView request, const OuterSocket& socket);

  SharedState& shared_;
  TunWriter& writer_;
  WorkerCounters& counters_;
  static_assert(ReceiveBatch::kRoomBefore >= TunWriter::kRoomBefore);
  ReceiveBatch batch_;
  dataplane::Coalescer coalescer_;
  Flow flow_;
};

}  // namespace tsp::linux_
