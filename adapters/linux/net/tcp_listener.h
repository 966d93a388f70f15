// SPDX-License-Identifier: Apache-2.0
//
// The TCP side of the broker: accepts connections, names them, turns what happens on them into facts and executes
// the core's orders for them. How many of them are served, and for how long, is the core's decision; this only
// keeps the process from running out of descriptors.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/broker.h>
#include <tsp/time.h>

#include "adapters/linux/net/inherited_descriptors.h"

namespace asio {
class io_context;
}

namespace tsp::linux_ {

struct TcpOptions {
  std::vector<Endpoint> listen = {};         // "::": not for IPv4; port 0: any
  std::size_t connections_max = 4352;        // open and closing; beyond it new ones wait in the kernel's queue
  std::uint32_t accepts_per_tick_max = 100;  // a tick is 50 ms
  Duration write_timeout = std::chrono::seconds(30);
  Duration linger_timeout = std::chrono::seconds(5);
  InheritedDescriptors* inherited = nullptr;  // of which it takes those that listen there; for the call of open() only
};

class TcpListener {
 public:
  // StreamOpened, StreamBytesArrived, StreamDrained or StreamClosed; called on the io_context's thread, never from
  // inside a call of this class.
  using Sink = std::function<void(const Fact&)>;

  // With sockets that were inherited it accepts nobody before begin(): who waits there may wait until he can be served.
  // Error: one line.
  static std::expected<std::unique_ptr<TcpListener>, std::string> open(const TcpOptions& options, asio::io_context& io,
                                                                       Sink sink);
  // Closes everything at once.
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  // Otherwise, and the second time, nothing happens.
  void begin();
  // An order for a stream that is no more is ignored.
  void execute(SendStream order);
  void execute(const CloseStream& order);
  [[nodiscard]] std::size_t connections() const;
  // In the order of TcpOptions::listen; port 0 has become a real one.
  [[nodiscard]] std::vector<Endpoint> endpoints() const;
  // Of the sockets that listen.
  [[nodiscard]] std::vector<int> descriptors() const;

 private:
  struct Impl;
  explicit TcpListener(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace tsp::linux_
