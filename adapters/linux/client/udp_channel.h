// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include <asio/posix/stream_descriptor.hpp>

#include "adapters/linux/client/channel.h"
#include "adapters/linux/client/datagram_batch.h"
#include "adapters/linux/client/resolve.h"

namespace tsp::linux_ {

class UdpChannel final : public Channel, public std::enable_shared_from_this<UdpChannel> {
 public:
  UdpChannel(asio::io_context& io, ChannelEvents events);

  void begin(const client::ServerName& server, client::OuterFamily family);
  // No event after this.
  void abandon();
  void send(ByteView bytes) override;
  [[nodiscard]] int datagram_fd() const override;

 private:
  void connect(const std::expected<Endpoint, std::string>& remote);
  void fail(std::string reason);
  void wait();
  void receive();
  void note_unreachable();

  asio::io_context& io_;
  asio::posix::stream_descriptor descriptor_;
  ChannelEvents events_;
  std::optional<Resolve> resolve_;
  DatagramBatch batch_;
  bool abandoned_ = false;
};

}  // namespace tsp::linux_
