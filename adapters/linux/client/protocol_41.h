// SPDX-License-Identifier: Apache-2.0
//
// IPv6 directly in IPv4 (protocol 41): what carries the packets of a v6v4 tunnel.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/client/datagram_batch.h"
#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

class Protocol41 {
 public:
  // The packet may be changed.
  using Arrived = std::function<void(std::span<std::uint8_t> packet)>;
  // EchoReplies: the packets are the kernel's, which has a tunnel device for them; only what answers a keepalive is
  // wanted here as well.
  enum class Wanted : std::uint8_t { Everything, EchoReplies };

  // Takes packets from `server` only. Error: one line.
  [[nodiscard]] static std::expected<std::unique_ptr<Protocol41>, std::string> open(asio::io_context& io,
                                                                                    const IPv4Address& server,
                                                                                    Wanted wanted, Arrived arrived);

  // Connected: what is written to it goes to the server.
  [[nodiscard]] int fd() { return descriptor_.native_handle(); }

 private:
  Protocol41(asio::io_context& io, FileDescriptor fd, Arrived arrived);
  void wait();
  void receive();

  asio::posix::stream_descriptor descriptor_;
  Arrived arrived_;
  DatagramBatch batch_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for handlers that come after the destructor
};

}  // namespace tsp::linux_
