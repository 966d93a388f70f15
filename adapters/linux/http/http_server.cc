// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/http_server.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/strand.hpp>

#include "adapters/linux/http/http_connection.h"
#include "adapters/linux/http/request_limits.h"
#include "adapters/linux/net/asio_endpoint.h"

namespace tsp::linux_ {
namespace {

using asio::ip::tcp;
using asio::local::stream_protocol;

constexpr std::size_t kThreads = 4;
constexpr int kBacklog = 128;
constexpr mode_t kSocketMode = 0660;
constexpr int kNiceness = 10;  // whatever strangers ask for yields to the tunnels
constexpr auto kAcceptRetry = std::chrono::milliseconds(100);

std::expected<TlsContext, std::string> read_certificate(const HttpServerOptions& options) {
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

// None: gone already.
std::optional<HttpPeer> peer_of(const tcp::socket& socket) {
  std::error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return std::nullopt;
  const tcp::endpoint local = socket.local_endpoint(error);
  if (error) return std::nullopt;
  return HttpPeer{.path = {.remote = from_asio(remote), .local = from_asio(local)}};
}

std::optional<HttpPeer> peer_of(stream_protocol::socket& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return HttpPeer{.uid = credentials.uid};
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(const HttpServerOptions& given)
      : options(given),
        seats({.all_max = given.connections_max,
               .per_source_max = given.connections_per_source_max,
               .shared_sources = given.shared_sources}) {
    if (given.connections_per_source) new_connections.emplace(*given.connections_per_source);
  }

  std::optional<std::string> listen(const Endpoint& endpoint);
  std::optional<std::string> listen_on_unix_socket();
  template <class Acceptor>
  void accept(Acceptor& acceptor);
  template <class Acceptor>
  void accept_later(Acceptor& acceptor);
  template <class Socket>
  void begin(Socket socket);
  [[nodiscard]] bool may_connect(const IPv6Address& address);
  template <class Stream>
  void start(Stream stream, TlsContext context, std::unique_ptr<ConnectionSeats::Seat> seat, const HttpPeer& peer);

  HttpServerOptions options;
  ConnectionSeats seats;
  std::optional<RequestLimits> new_connections;
  Answer answer;
  std::mutex tls_mutex;
  TlsContext tls;
  asio::io_context io;  // before whatever lives on it
  std::vector<std::unique_ptr<tcp::acceptor>> acceptors;
  std::optional<stream_protocol::acceptor> unix_acceptor;
  std::vector<std::thread> threads;
};

std::optional<std::string> HttpServer::Impl::listen(const Endpoint& endpoint) {
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

std::optional<std::string> HttpServer::Impl::listen_on_unix_socket() {
  auto& acceptor = unix_acceptor.emplace(io);
  const auto note_errno = [](std::error_code& error) { error.assign(errno, std::generic_category()); };
  std::error_code error;
  acceptor.open(stream_protocol(), error);
  // The file gets the mode of the socket less the umask: never more than wanted, and then exactly what is wanted.
  if (!error && fchmod(acceptor.native_handle(), kSocketMode) != 0) note_errno(error);
  if (!error) acceptor.bind(stream_protocol::endpoint(options.unix_socket), error);
  if (!error && chmod(options.unix_socket.c_str(), kSocketMode) != 0) note_errno(error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error) return options.unix_socket + ": cannot be made: " + error.message();
  return std::nullopt;
}

template <class Acceptor>
void HttpServer::Impl::accept(Acceptor& acceptor) {
  acceptor.async_accept(asio::make_strand(io), [this, &acceptor](const std::error_code& error, auto socket) {
    // Out of descriptors, or a peer that gave up.
    if (error) return accept_later(acceptor);
    begin(typename Acceptor::protocol_type::socket(std::move(socket)));
    accept(acceptor);
  });
}

template <class Acceptor>
void HttpServer::Impl::accept_later(Acceptor& acceptor) {
  const auto pause = std::make_shared<asio::steady_timer>(io, kAcceptRetry);
  pause->async_wait([this, &acceptor, pause](const std::error_code& error) {
    if (!error) accept(acceptor);
  });
}

template <class Socket>
void HttpServer::Impl::begin(Socket socket) {
  const auto peer = peer_of(socket);
  if (!peer) return;
  auto seat = std::make_unique<ConnectionSeats::Seat>(seats, peer->path.remote.address);
  if (!seat->is_free()) return;
  if constexpr (std::is_same_v<Socket, tcp::socket>) {
    if (!may_connect(peer->path.remote.address)) return;
    TlsContext context;
    {
      const std::lock_guard lock(tls_mutex);
      context = tls;
    }
    if (context) return start(TlsStream(std::move(socket), *context), context, std::move(seat), *peer);
  }
  start(std::move(socket), nullptr, std::move(seat), *peer);
}

bool HttpServer::Impl::may_connect(const IPv6Address& address) {
  if (!new_connections || std::ranges::find(options.shared_sources, address) != options.shared_sources.end())
    return true;
  return new_connections->may_ask(address);
}

template <class Stream>
void HttpServer::Impl::start(Stream stream, TlsContext context, std::unique_ptr<ConnectionSeats::Seat> seat,
                             const HttpPeer& peer) {
  std::make_shared<HttpConnection<Stream>>(std::move(stream), std::move(context), std::move(seat), peer,
                                           ConnectionOwner{options, answer})
      ->start();
}

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::open(const HttpServerOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (!options.certificate.empty()) {
    auto context = read_certificate(options);
    if (!context) return std::unexpected(std::move(context.error()));
    impl->tls = std::move(*context);
  }
  for (const Endpoint& endpoint : options.listen) {
    if (auto error = impl->listen(endpoint)) return std::unexpected(std::move(*error));
  }
  if (!options.unix_socket.empty()) {
    if (auto error = impl->listen_on_unix_socket()) return std::unexpected(std::move(*error));
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

void HttpServer::serve(Answer answer) {
  impl_->answer = std::move(answer);
  for (const auto& acceptor : impl_->acceptors) impl_->accept(*acceptor);
  if (impl_->unix_acceptor) impl_->accept(*impl_->unix_acceptor);
  for (std::size_t i = 0; i < kThreads; ++i) {
    impl_->threads.emplace_back([io = &impl_->io, is_for_strangers = !impl_->unix_acceptor] {
      if (is_for_strangers) setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
      io->run();
    });
  }
}

std::optional<std::string> HttpServer::renew_certificate() {
  if (impl_->options.certificate.empty()) return std::nullopt;
  auto context = read_certificate(impl_->options);
  if (!context) return std::move(context.error());
  const std::lock_guard lock(impl_->tls_mutex);
  impl_->tls = std::move(*context);
  return std::nullopt;
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->io.stop();
  for (std::thread& thread : impl_->threads) thread.join();
}

}  // namespace tsp::linux_
