// SPDX-License-Identifier: Apache-2.0
//
// Moves packets between the TUN device and the socket that carries them, without going through the supervisor.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <tsp/client.h>
#include <tsp/types.h>

#include "adapters/linux/client/client_options.h"
#include "adapters/linux/client/datagram_batch.h"
#include "core/dataplane/vnet_header.h"

namespace tsp::linux_ {

struct PumpEvents {
  std::function<void()> unreachable;  // an ICMP error came back
  std::function<void()> device_lost;  // nothing can be read from it any more
};

class TunnelPump {
 public:
  // `tun` is duplicated; -1: the kernel moves the packets of the host without this. `carrier` is a connected socket
  // that must live as long as this. Events come from the io_context only; they must not destroy this at once.
  TunnelPump(asio::io_context& io, int tun, int carrier, Offer offer, const HostOptions& host, PumpEvents events);

  // To the host. The MSS of a TCP SYN is lowered to what the tunnel holds, here and on the way to the server. What the
  // kernel has merged on its way in, which only a socket without ports sees, is cut up again.
  void deliver(std::span<std::uint8_t> packet);
  // To the server.
  void send(ByteView packet);
  [[nodiscard]] const Offer& offer() const { return offer_; }

 private:
  void wait();
  void read_batch();
  void write(ByteView packet);
  void write_apart(const dataplane::VnetHeader& merged, std::span<std::uint8_t> packet);
  void clamp(std::span<std::uint8_t> packet) const;
  // The size of the next packet in batch_.room(); 0: nothing waits; none: the device is gone.
  [[nodiscard]] std::optional<std::size_t> read_packet();

  asio::posix::stream_descriptor tun_;
  int carrier_;
  Offer offer_;
  std::size_t mtu_;  // bytes of an inner packet
  bool clamps_;
  PumpEvents events_;
  DatagramBatch batch_;
  Bytes segments_;                                              // of a merged packet
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for handlers that come after the destructor
};

}  // namespace tsp::linux_
