// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include <asio/ip/tcp.hpp>

#include "adapters/linux/client/channel.h"
#include "adapters/linux/client/resolve.h"

namespace tsp::linux_ {

class TcpChannel final : public Channel, public std::enable_shared_from_this<TcpChannel> {
 public:
  TcpChannel(asio::io_context& io, ChannelEvents events);

  void begin(const client::ServerName& server, client::OuterFamily family);
  // No event after this. What was ordered to be sent is still sent, if the kernel takes it at once.
  void abandon();
  void send(ByteView bytes) override;

 private:
  void connect(const std::expected<Endpoint, std::string>& remote);
  void connected(const Endpoint& remote, const asio::error_code& error);
  void read();
  void write();
  void fail(std::string reason);

  asio::io_context& io_;
  asio::ip::tcp::socket socket_;
  ChannelEvents events_;
  std::optional<Resolve> resolve_;
  std::array<std::uint8_t, 4096> buffer_{};
  std::deque<Bytes> unsent_;
  bool writing_ = false;
  bool abandoned_ = false;
};

}  // namespace tsp::linux_
