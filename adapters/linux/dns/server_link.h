// SPDX-License-Identifier: Apache-2.0
//
// What an update queue needs of the world: time, and one exchange with its server at a time.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <tsp/address.h>
#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp::linux_::dns {

// The answer, or why there is none.
using ExchangeDone = std::function<void(std::expected<Bytes, std::string>)>;

// Calls nothing from inside of its own functions, and nothing any more when it is destroyed.
class ServerLink {
 public:
  virtual ~ServerLink() = default;
  [[nodiscard]] virtual Now now() const = 0;
  // Calls `wake` once, at that time or soon after. A later call takes its place.
  virtual void wake_at(Instant at, std::function<void()> wake) = 0;
  // Calls `done` once. Not before the last one is done.
  virtual void exchange(Bytes request, ExchangeDone done) = 0;
};

// A TCP connection for each exchange (RFC 7766 section 5 has every server take them), so that neither size nor loss
// matters, and a server that was restarted in between is not noticed.
class TcpServerLink final : public ServerLink {
 public:
  TcpServerLink(asio::io_context& io, const Endpoint& server, Duration timeout = std::chrono::seconds(5));
  ~TcpServerLink() override;
  TcpServerLink(const TcpServerLink&) = delete;
  TcpServerLink& operator=(const TcpServerLink&) = delete;

  [[nodiscard]] Now now() const override;
  void wake_at(Instant at, std::function<void()> wake) override;
  void exchange(Bytes request, ExchangeDone done) override;

 private:
  class Exchange;

  asio::io_context& io_;
  asio::steady_timer wake_timer_;
  Endpoint server_;
  Duration timeout_;
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace tsp::linux_::dns
