// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/server_link.h"

#include <array>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include "adapters/linux/dns/wire_format.h"
#include "adapters/linux/net/asio_endpoint.h"
#include "adapters/linux/net/clock.h"
#include "core/base/assert.h"

namespace tsp::linux_::dns {
namespace {

using asio::ip::tcp;

}  // namespace

// Connects, asks, reads one answer, and is over.
class TcpServerLink::Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, const Endpoint& server, ExchangeDone done)
      : socket_(io), deadline_(io), server_(server), done_(std::move(done)) {}

  void start(ByteView request, Duration timeout) {
    append_u16(buffer_, static_cast<std::uint16_t>(request.size()));  // RFC 1035 section 4.2.2
    append(buffer_, request);
    deadline_.expires_after(timeout);
    deadline_.async_wait([self = shared_from_this(), timeout](const asio::error_code& error) {
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
      if (!error) self->fail("no answer within " + std::to_string(ms) + " ms");
    });
    socket_.async_connect(to_asio(server_), [self = shared_from_this()](const asio::error_code& error) {
      if (!self->has_failed(error)) self->write();
    });
  }

  void abandon() {
    done_ = nullptr;
    deadline_.cancel();
    asio::error_code ignored;
    socket_.close(ignored);
  }

 private:
  void write() {
    asio::async_write(socket_, asio::buffer(buffer_),
                      [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                        if (!self->has_failed(error)) self->read_size();
                      });
  }

  void read_size() {
    buffer_.assign(2, 0);
    asio::async_read(socket_, asio::buffer(buffer_),
                     [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                       if (!self->has_failed(error)) self->read_answer(get_u16(self->buffer_, 0));
                     });
  }

  void read_answer(std::size_t size) {
    buffer_.assign(size, 0);
    asio::async_read(socket_, asio::buffer(buffer_),
                     [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                       if (!self->has_failed(error)) self->finish(std::move(self->buffer_));
                     });
  }

  // True too if nobody wants to hear of it any more.
  bool has_failed(const asio::error_code& error) {
    if (!done_) return true;
    if (!error) return false;
    fail(error == asio::error::eof ? "the server closed the connection without an answer" : error.message());
    return true;
  }

  void fail(const std::string& reason) { finish(std::unexpected("DNS server " + to_text(server_) + ": " + reason)); }

  void finish(std::expected<Bytes, std::string> result) {
    const ExchangeDone done = std::exchange(done_, nullptr);
    abandon();
    if (done) done(std::move(result));
  }

  tcp::socket socket_;
  asio::steady_timer deadline_;
  Endpoint server_;
  Bytes buffer_;
  ExchangeDone done_;
};

TcpServerLink::TcpServerLink(asio::io_context& io, const Endpoint& server, Duration timeout)
    : io_(io), wake_timer_(io), server_(server), timeout_(timeout) {}

TcpServerLink::~TcpServerLink() {
  if (exchange_) exchange_->abandon();
}

Now TcpServerLink::now() const {
  return read_clock();
}

void TcpServerLink::wake_at(Instant at, std::function<void()> wake) {
  wake_timer_.expires_at(std::chrono::steady_clock::time_point(at.since_boot));
  wake_timer_.async_wait([moved = std::move(wake)](const asio::error_code& error) {
    if (!error) moved();
  });
}

void TcpServerLink::exchange(Bytes request, ExchangeDone done) {
  TSP_ASSERT(request.size() <= 65535);
  exchange_ = std::make_shared<Exchange>(io_, server_, std::move(done));
  exchange_->start(request, timeout_);
}

}  // namespace tsp::linux_::dns
