// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/head_server.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <asio/read_until.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/write.hpp>

#include "adapters/linux/http/connection_seats.h"
#include "adapters/linux/net/asio_endpoint.h"

namespace tsp::linux_ {
namespace {

using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr std::size_t kThreads = 4;
constexpr int kBacklog = 128;
constexpr std::size_t kHeadBytesMax = 4096;
constexpr std::size_t kDrainedBytesMax = 65536;  // of what a client sends after its head
constexpr auto kFarewell = std::chrono::seconds(2);
constexpr auto kAcceptRetry = std::chrono::milliseconds(100);

using TlsContext = std::shared_ptr<asio::ssl::context>;

std::expected<TlsContext, std::string> read_certificate(const HeadServerOptions& options) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  std::error_code error;
  context->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  context->use_certificate_chain_file(options.certificate, error);
  if (error) {
    return std::unexpected(options.section + ".certificate: " + options.certificate +
                           " cannot be used: " + error.message());
  }
  context->use_private_key_file(options.private_key, asio::ssl::context::pem, error);
  if (error) {
    return std::unexpected(options.section + ".private_key: " + options.private_key +
                           " cannot be used: " + error.message());
  }
  return context;
}

// From the head of a request to the bytes of its answer.
using AnswerBytes = std::function<std::string(std::string_view head, const FourTuple& path)>;

// One request and its answer. Everything runs on the socket's strand; each handler keeps the connection alive.
template <class Stream>
class Connection : public std::enable_shared_from_this<Connection<Stream>> {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  Connection(Stream stream, TlsContext tls, std::unique_ptr<ConnectionSeats::Seat> seat, const FourTuple& path,
             AnswerBytes answer)
      : tls_(std::move(tls)),
        seat_(std::move(seat)),
        path_(path),
        answer_(std::move(answer)),
        stream_(std::move(stream)),
        deadline_(stream_.get_executor()) {}

  void start(Duration timeout) {
    asio::post(stream_.get_executor(), [self = this->shared_from_this(), timeout] { self->begin(timeout); });
  }

 private:
  void begin(Duration timeout) {
    limit(timeout);
    if constexpr (kTls) {
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this(), timeout](const std::error_code& error) {
                                if (!error) self->read(timeout);
                              });
    } else {
      read(timeout);
    }
  }

  // Whatever is under way ends then. Destroying the connection ends the timer.
  void limit(Duration timeout) {
    deadline_.expires_after(timeout);
    deadline_.async_wait([weak = this->weak_from_this()](const std::error_code& error) {
      const auto self = weak.lock();
      std::error_code ignored;
      if (self && !error) self->stream_.lowest_layer().close(ignored);
    });
  }

  void read(Duration timeout) {
    asio::async_read_until(stream_, asio::dynamic_buffer(received_, kHeadBytesMax), "\r\n\r\n",
                           [self = this->shared_from_this(), timeout](const std::error_code& error, std::size_t size) {
                             // not_found: the head is too long.
                             if (error && error != asio::error::not_found) return;
                             self->write(std::string_view(self->received_).substr(0, error ? 0 : size), timeout);
                           });
  }

  void write(std::string_view head, Duration timeout) {
    response_ = answer_(head, path_);
    limit(timeout);
    asio::async_write(stream_, asio::buffer(response_),
                      [self = this->shared_from_this()](const std::error_code& error, std::size_t /*size*/) {
                        if (!error) self->finish();
                      });
  }

  // The client may still be sending; a socket that is closed then resets the connection, and the answer is lost.
  void finish() {
    limit(kFarewell);
    if constexpr (kTls) {
      stream_.async_shutdown([self = this->shared_from_this()](const std::error_code& /*error*/) {});
    } else {
      std::error_code ignored;
      stream_.shutdown(tcp::socket::shutdown_send, ignored);
      drain();
    }
  }

  void drain() {
    received_.resize(kHeadBytesMax);
    stream_.async_read_some(asio::buffer(received_),
                            [self = this->shared_from_this()](const std::error_code& error, std::size_t size) {
                              self->drained_ += size;
                              if (!error && self->drained_ < kDrainedBytesMax) self->drain();
                            });
  }

  TlsContext tls_;
  std::unique_ptr<ConnectionSeats::Seat> seat_;
  FourTuple path_;
  AnswerBytes answer_;
  Stream stream_;
  asio::steady_timer deadline_;
  std::string received_;
  std::string response_;
  std::size_t drained_ = 0;
};

}  // namespace

struct HeadServer::Impl {
  explicit Impl(const HeadServerOptions& given)
      : options(given),
        seats({.all_max = given.connections_max,
               .per_source_max = given.connections_per_source_max,
               .shared_sources = given.shared_sources}) {}

  std::optional<std::string> listen(const Endpoint& endpoint);
  void accept(tcp::acceptor& acceptor);
  void accept_later(tcp::acceptor& acceptor);
  void begin(tcp::socket socket);

  HeadServerOptions options;
  ConnectionSeats seats;
  Answer answer;
  std::mutex tls_mutex;
  TlsContext tls;
  asio::io_context io;  // before whatever lives on it
  std::vector<std::unique_ptr<tcp::acceptor>> acceptors;
  std::vector<std::thread> threads;
};

std::optional<std::string> HeadServer::Impl::listen(const Endpoint& endpoint) {
  auto acceptor = std::make_unique<tcp::acceptor>(io);
  std::error_code error;
  acceptor->open(to_asio(endpoint).protocol(), error);
  if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && !endpoint.is_ipv4()) acceptor->set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor->bind(to_asio(endpoint), error);
  if (!error) acceptor->listen(kBacklog, error);
  if (error) return options.section + ".listen: " + to_text(endpoint) + " cannot be used: " + error.message();
  acceptors.push_back(std::move(acceptor));
  return std::nullopt;
}

void HeadServer::Impl::accept(tcp::acceptor& acceptor) {
  acceptor.async_accept(asio::make_strand(io), [this, &acceptor](const std::error_code& error, auto socket) {
    // Out of descriptors, or a peer that gave up.
    if (error) return accept_later(acceptor);
    begin(tcp::socket(std::move(socket)));
    accept(acceptor);
  });
}

void HeadServer::Impl::accept_later(tcp::acceptor& acceptor) {
  const auto pause = std::make_shared<asio::steady_timer>(io, kAcceptRetry);
  pause->async_wait([this, &acceptor, pause](const std::error_code& error) {
    if (!error) accept(acceptor);
  });
}

void HeadServer::Impl::begin(tcp::socket socket) {
  std::error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const tcp::endpoint local = socket.local_endpoint(error);
  if (error) return;
  const FourTuple path{.remote = from_asio(remote), .local = from_asio(local)};
  auto seat = std::make_unique<ConnectionSeats::Seat>(seats, path.remote.address);
  if (!seat->is_free()) return;
  const AnswerBytes answering = [this](std::string_view text, const FourTuple& from) {
    const auto head = parse_http_head(text);
    return http_response(head ? answer(*head, from) : HttpAnswer{400, "this is not HTTP"});
  };
  TlsContext context;
  {
    const std::lock_guard lock(tls_mutex);
    context = tls;
  }
  if (context) {
    TlsStream stream(std::move(socket), *context);
    std::make_shared<Connection<TlsStream>>(std::move(stream), context, std::move(seat), path, answering)
        ->start(options.timeout);
  } else {
    std::make_shared<Connection<tcp::socket>>(std::move(socket), nullptr, std::move(seat), path, answering)
        ->start(options.timeout);
  }
}

std::expected<std::unique_ptr<HeadServer>, std::string> HeadServer::open(const HeadServerOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (!options.certificate.empty()) {
    auto context = read_certificate(options);
    if (!context) return std::unexpected(std::move(context.error()));
    impl->tls = std::move(*context);
  }
  for (const Endpoint& endpoint : options.listen) {
    if (auto error = impl->listen(endpoint)) return std::unexpected(std::move(*error));
  }
  return std::unique_ptr<HeadServer>(new HeadServer(std::move(impl)));
}

void HeadServer::serve(Answer answer) {
  impl_->answer = std::move(answer);
  for (const auto& acceptor : impl_->acceptors) impl_->accept(*acceptor);
  for (std::size_t i = 0; i < kThreads; ++i) impl_->threads.emplace_back([io = &impl_->io] { io->run(); });
}

std::optional<std::string> HeadServer::renew_certificate() {
  if (impl_->options.certificate.empty()) return std::nullopt;
  auto context = read_certificate(impl_->options);
  if (!context) return std::move(context.error());
  const std::lock_guard lock(impl_->tls_mutex);
  impl_->tls = std::move(*context);
  return std::nullopt;
}

HeadServer::HeadServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HeadServer::~HeadServer() {
  impl_->io.stop();
  for (std::thread& thread : impl_->threads) thread.join();
}

}  // namespace tsp::linux_
