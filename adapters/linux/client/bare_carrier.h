// SPDX-License-Identifier: Apache-2.0
//
// What carries the packets of a tunnel without UDP: IPv6 directly in IPv4 (protocol 41, v6v4), or IPv4 directly in IPv6
// (protocol 4, v4v6).
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

class BareCarrier {
 public:
  // The packet may be changed. It may be several that the kernel has merged (core/dataplane/merged.h).
  using Arrived = std::function<void(std::span<std::uint8_t> packet)>;
  // EchoReplies, only with v6v4: the packets are the kernel's, which has a tunnel device for them; only what answers a
  // keepalive is wanted here as well.
  enum class Wanted : std::uint8_t { Everything, EchoReplies };

  // Takes packets from `server` to `local` only. Error: one line.
  [[nodiscard]] static std::expected<std::unique_ptr<BareCarrier>, std::string> open(asio::io_context& io,
                                                                                     const IPv6Address& local,
                                                                                     const IPv6Address& server,
                                                                                     Wanted wanted, Arrived arrived);

  // Connected: what is written to it goes to the server.
  [[nodiscard]] int fd() { return descriptor_.native_handle(); }

 private:
  BareCarrier(asio::io_context& io, FileDescriptor fd, bool over_ipv4, Arrived arrived);
  void wait();
  void receive();

  asio::posix::stream_descriptor descriptor_;
  bool over_ipv4_;
  Arrived arrived_;
  DatagramBatch batch_{DatagramBatch::kMergedSizeMax};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for handlers that come after the destructor
};

}  // namespace tsp::linux_
