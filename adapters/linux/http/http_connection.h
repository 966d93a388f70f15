// SPDX-License-Identifier: Apache-2.0
//
// HTTP requests, one after the other, and their answers, over TCP, TLS or a Unix socket. An answer whose body is live
// takes no thread while there is nothing to write.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include <tsp/time.h>

#include "adapters/linux/http/connection_seats.h"
#include "adapters/linux/http/http_server.h"

namespace tsp::linux_ {

using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;
using TlsContext = std::shared_ptr<asio::ssl::context>;

// What a connection belongs to.
struct ConnectionOwner {
  const HttpServerOptions& options;
  const HttpServer::Answer& answer;
};

// Everything runs on the socket's strand; each handler keeps the connection alive.
template <class Stream>
class HttpConnection : public std::enable_shared_from_this<HttpConnection<Stream>> {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;
  static constexpr std::size_t kHeadBytesMax = 8192;
  static constexpr std::size_t kDrainedBytesMax = 65536;  // of what a client sends after its request
  static constexpr auto kFarewell = std::chrono::seconds(2);
  static constexpr auto kSilenceMax = std::chrono::seconds(10);  // of a live body

  HttpConnection(Stream stream, TlsContext tls, std::unique_ptr<ConnectionSeats::Seat> seat, const HttpPeer& peer,
                 ConnectionOwner owner)
      : tls_(std::move(tls)),
        seat_(std::move(seat)),
        peer_(peer),
        owner_(owner),
        stream_(std::move(stream)),
        deadline_(stream_.get_executor()) {}

  void start() {
    asio::post(stream_.get_executor(), [self = this->shared_from_this()] { self->begin(); });
  }

 private:
  void begin() {
    limit(owner_.options.timeout);
    if constexpr (kTls) {
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](const std::error_code& error) {
                                if (!error) self->read_head();
                              });
    } else {
      read_head();
    }
  }

  // Whatever is under way ends then. Destroying the connection ends the timer.
  void limit(Duration timeout) {
    deadline_.expires_after(timeout);
    deadline_.async_wait([weak = this->weak_from_this()](const std::error_code& error) {
      const auto self = weak.lock();
      // It may have been put off while this waited for its turn.
      if (!self || error || self->deadline_.expiry() > asio::steady_timer::clock_type::now()) return;
      self->close();
    });
  }

  // Whatever is under way ends.
  void close() {
    std::error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

  void read_head() {
    asio::async_read_until(stream_, asio::dynamic_buffer(received_, kHeadBytesMax), "\r\n\r\n",
                           [self = this->shared_from_this()](const std::error_code& error, std::size_t size) {
                             // not_found: the head is too long.
                             if (error && error != asio::error::not_found) return;
                             self->read_body(error ? 0 : size);
                           });
  }

  void read_body(std::size_t head_size) {
    auto head = parse_http_head(std::string_view(received_).substr(0, head_size));
    keeps_ = false;  // where a request begins after one that is refused is not known
    if (!head) return write(owner_.options.refuse(400, "this is not HTTP"));
    const auto length = body_length(*head, owner_.options.body_bytes_max);
    if (!length) return refuse_body(length.error());
    received_.erase(0, head_size);
    keeps_ = head->keeps_connection && owner_.options.patience.has_value();
    const std::size_t missing = *length - std::min(received_.size(), *length);
    received_.resize(received_.size() + missing);
    asio::async_read(stream_, asio::buffer(received_) + (received_.size() - missing),
                     [self = this->shared_from_this(), head = std::move(*head), length = *length](
                         const std::error_code& error, std::size_t /*size*/) mutable {
                       if (error) return;
                       std::string body = self->received_.substr(0, length);
                       self->received_.erase(0, length);  // what is left is of the next request
                       self->answer({.head = std::move(head), .body = std::move(body), .peer = self->peer_});
                     });
  }

  // What goes wrong with one request, for instance for want of memory, is no harm to others.
  void answer(const HttpRequest& request) {
    HttpAnswer answer;
    try {
      answer = owner_.answer(request);
    } catch (const std::exception&) {
      answer = owner_.options.refuse(500, "internal error");
    }
    write(answer);
  }

  void refuse_body(int status) {
    std::string_view reason = "Content-Length: expected a whole number";
    if (status == 411) reason = "a body needs a Content-Length";
    if (status == 413) reason = owner_.options.body_bytes_max > 0 ? "the body is too large" : "expected no body";
    write(owner_.options.refuse(status, reason));
  }

  void write(const HttpAnswer& answer) {
    keeps_ = keeps_ && !answer.is_last && !answer.live && seat_->may_stay();
    response_ = http_response(answer, keeps_ ? Afterwards::Keep : Afterwards::Close);
    live_ = answer.live;
    limit(owner_.options.timeout);
    asio::async_write(stream_, asio::buffer(response_),
                      [self = this->shared_from_this()](const std::error_code& error, std::size_t /*size*/) {
                        if (error) return;
                        if (self->live_) return self->follow();
                        if (self->keeps_) return self->await_request();
                        self->finish();
                      });
  }

  // Its time begins with its first byte.
  void await_request() {
    if (!received_.empty()) return begin_request();
    received_.resize(kHeadBytesMax);
    limit(*owner_.options.patience);
    stream_.async_read_some(asio::buffer(received_),
                            [self = this->shared_from_this()](const std::error_code& error, std::size_t size) {
                              if (error) return;
                              self->received_.resize(size);
                              self->begin_request();
                            });
  }

  void begin_request() {
    limit(owner_.options.timeout);
    read_head();
  }

  // The client may still be sending; a socket that is closed then resets the connection, and the answer is lost.
  void finish() {
    limit(kFarewell);
    if constexpr (kTls) {
      stream_.async_shutdown([self = this->shared_from_this()](const std::error_code& /*error*/) {});
    } else {
      std::error_code ignored;
      stream_.shutdown(Stream::shutdown_send, ignored);
      if (!live_) listen();
    }
  }

  // To what does not matter, until the client is gone.
  void listen() {
    received_.resize(kHeadBytesMax);
    drain();
  }

  void drain() {
    stream_.async_read_some(asio::buffer(received_),
                            [self = this->shared_from_this()](const std::error_code& error, std::size_t size) {
                              self->drained_ += size;
                              if (!error && self->drained_ < kDrainedBytesMax) return self->drain();
                              if (self->live_) self->close();
                            });
  }

  // ---- a body that is live

  void follow() {
    live_->begin([weak = this->weak_from_this()] {
      auto self = weak.lock();
      if (!self || self->woken_.exchange(true)) return;  // it is going to look already
      const auto executor = self->stream_.get_executor();
      asio::post(executor, [self = std::move(self)] {
        self->woken_ = false;
        self->write_more(LiveBody::Occasion::News);
      });
    });
    listen();
    write_more(LiveBody::Occasion::News);
  }

  void write_more(LiveBody::Occasion occasion) {
    if (writing_ || finishing_) return;  // it looks again when that is written
    auto piece = next_piece(occasion);
    if (!piece) {
      finishing_ = true;
      return finish();
    }
    if (piece->empty()) return await_silence();
    response_ = std::move(*piece);
    writing_ = true;
    limit(owner_.options.timeout);
    asio::async_write(stream_, asio::buffer(response_),
                      [self = this->shared_from_this()](const std::error_code& error, std::size_t /*size*/) {
                        self->writing_ = false;
                        if (error) return self->close();
                        self->write_more(LiveBody::Occasion::News);
                      });
  }

  std::optional<std::string> next_piece(LiveBody::Occasion occasion) {
    try {
      return live_->next(occasion);
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

  void await_silence() {
    deadline_.expires_after(kSilenceMax);
    deadline_.async_wait([weak = this->weak_from_this()](const std::error_code& error) {
      const auto self = weak.lock();
      if (!self || error || self->deadline_.expiry() > asio::steady_timer::clock_type::now()) return;
      self->write_more(LiveBody::Occasion::Silence);
    });
  }

  TlsContext tls_;
  std::unique_ptr<ConnectionSeats::Seat> seat_;
  HttpPeer peer_;
  ConnectionOwner owner_;
  Stream stream_;
  asio::steady_timer deadline_;
  std::string received_;
  std::string response_;
  std::size_t drained_ = 0;
  std::shared_ptr<LiveBody> live_;
  std::atomic<bool> woken_ = false;
  bool keeps_ = false;  // the connection, for another request
  bool writing_ = false;
  bool finishing_ = false;
};

}  // namespace tsp::linux_
