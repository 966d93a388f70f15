// SPDX-License-Identifier: Apache-2.0
//
// To the clients: packets that the host routed to the TUN device.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/linux/datapath/tun/error_sender.h"
#include "adapters/linux/datapath/tun/outgoing_batch.h"
#include "adapters/linux/datapath/tun/shared_state.h"
#include "adapters/linux/datapath/tun/tun_writer.h"
#include "adapters/linux/datapath/tun/worker_counters.h"
#include "core/dataplane/segment.h"

namespace tsp::linux_ {

class Downlink {
 public:
  // `sockets`: by Tunnel::listener.
  Downlink(SharedState& shared, int queue, std::span<const OuterSocket> sockets, TunWriter& writer,
           WorkerCounters& counters);

  // Takes one burst from the device. False: the device is gone.
  [[nodiscard]] bool forward();

 private:
  struct Packet {
    dataplane::VnetHeader vnet;
    std::span<std::uint8_t> bytes;
  };

  [[nodiscard]] std::optional<Packet> read();
  void handle(const Packet& packet, Instant now);
  void handle_unroutable(ByteView packet, Instant now);
  void clamp(const Tunnel& tunnel, const Packet& packet);
  void send(Tunnel& tunnel, const Packet& packet, const dataplane::SuperLayout& layout);
  void send_segments(Tunnel& tunnel, ByteView packet, const dataplane::SuperLayout& layout);
  void send_fragments(Tunnel& tunnel, const Packet& packet, const dataplane::SuperLayout& layout);
  // `packet` is in the buffer already.
  void add_fragments(Tunnel& tunnel, ByteView packet);
  // Everything behind `kept` bytes of the buffer is free afterwards.
  void flush(std::size_t kept);

  SharedState& shared_;
  int queue_;
  WorkerCounters& counters_;
  ErrorSender errors_;
  OutgoingBatch batch_;
  // Packets and segments one behind the other, so that neighbours go out in one piece.
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t used_;
  bool device_gone_ = false;
};

}  // namespace tsp::linux_
