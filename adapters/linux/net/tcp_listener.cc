// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/tcp_listener.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/ip/v6_only.hpp>

#include "adapters/linux/net/asio_endpoint.h"
#include "adapters/linux/net/tcp_stream.h"

namespace tsp::linux_ {
namespace {

using asio::ip::tcp;

constexpr Duration kAcceptTick = std::chrono::milliseconds(50);
constexpr int kBacklog = 1024;

std::error_code listen_on(tcp::acceptor& acceptor, const Endpoint& endpoint, InheritedDescriptors* inherited) {
  const tcp::endpoint local = to_asio(endpoint);
  std::error_code error;
  if (auto fd = inherited != nullptr ? inherited->take_listener(endpoint) : std::nullopt) {
    acceptor.assign(local.protocol(), fd->release(), error);
    if (!error) acceptor.listen(kBacklog, error);
    return error;
  }
  acceptor.open(local.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // "::" is not for IPv4, which has sockets of its own.
  if (!error && !endpoint.is_ipv4()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(local, error);
  if (!error) acceptor.listen(kBacklog, error);
  return error;
}

}  // namespace

struct TcpListener::Impl : std::enable_shared_from_this<Impl> {
  struct Port {
    tcp::acceptor acceptor;
    bool accepting = false;
  };

  Impl(const TcpOptions& given, asio::io_context& context, Sink facts)
      : options(given), io(context), tick(context), sink(std::move(facts)) {}

  void accept(Port& port);
  void accept_everywhere();
  void pause_until_next_tick();
  void on_accepted(tcp::socket socket);
  TcpStreamEvents events_of(StreamId id);
  void forget(StreamId id);
  void stop();

  TcpOptions options;
  asio::io_context& io;
  asio::steady_timer tick;
  Sink sink;
  std::vector<std::unique_ptr<Port>> ports;
  std::unordered_map<StreamId, std::shared_ptr<TcpStream>> streams;
  std::uint64_t last_id = 0;
  std::uint32_t accepted_in_tick = 0;
  bool begun = true;
  bool ticking = false;
  bool stopped = false;
};

void TcpListener::Impl::accept_everywhere() {
  for (const auto& port : ports) accept(*port);
}

void TcpListener::Impl::accept(Port& port) {
  if (stopped || !begun || port.accepting || streams.size() >= options.connections_max) return;
  if (accepted_in_tick >= options.accepts_per_tick_max) return;
  port.accepting = true;
  port.acceptor.async_accept([self = shared_from_this(), &port](const std::error_code& error, tcp::socket socket) {
    port.accepting = false;
    if (self->stopped) return;
    self->pause_until_next_tick();
    if (error) {
      // Out of descriptors or memory, or a peer that gave up: whichever, the next tick tries again.
      self->accepted_in_tick = self->options.accepts_per_tick_max;
      return;
    }
    ++self->accepted_in_tick;
    self->on_accepted(std::move(socket));
    self->accept(port);
  });
}

void TcpListener::Impl::pause_until_next_tick() {
  if (ticking) return;
  ticking = true;
  tick.expires_after(kAcceptTick);
  tick.async_wait([self = shared_from_this()](const std::error_code& error) {
    self->ticking = false;
    if (error || self->stopped) return;
    self->accepted_in_tick = 0;
    self->accept_everywhere();
  });
}

void TcpListener::Impl::on_accepted(tcp::socket socket) {
  std::error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const tcp::endpoint local = socket.local_endpoint(error);
  if (error) return;
  const StreamId id{++last_id};
  const TcpStreamLimits limits{.write_timeout = options.write_timeout, .linger_timeout = options.linger_timeout};
  const auto stream = std::make_shared<TcpStream>(std::move(socket), limits, events_of(id));
  streams.emplace(id, stream);
  stream->start();
  sink(StreamOpened{id, {from_asio(remote), from_asio(local)}});
}

TcpStreamEvents TcpListener::Impl::events_of(StreamId id) {
  return {.bytes_arrived = [this, id](ByteView bytes) { sink(StreamBytesArrived{id, bytes}); },
          .drained = [this, id] { sink(StreamDrained{id}); },
          .closed = [this, id] { sink(StreamClosed{id}); },
          .gone = [this, id] { forget(id); }};
}

void TcpListener::Impl::forget(StreamId id) {
  streams.erase(id);
  accept_everywhere();
}

void TcpListener::Impl::stop() {
  stopped = true;
  tick.cancel();
  for (const auto& port : ports) {
    std::error_code ignored;
    port->acceptor.close(ignored);
  }
  for (const auto& [id, stream] : streams) stream->abandon();
  streams.clear();
}

std::expected<std::unique_ptr<TcpListener>, std::string> TcpListener::open(const TcpOptions& options,
                                                                           asio::io_context& io, Sink sink) {
  auto impl = std::make_shared<Impl>(options, io, std::move(sink));
  const std::size_t taken_before = options.inherited != nullptr ? options.inherited->taken().size() : 0;
  for (const Endpoint& endpoint : options.listen) {
    auto port = std::make_unique<Impl::Port>(Impl::Port{tcp::acceptor(io)});
    if (const std::error_code error = listen_on(port->acceptor, endpoint, options.inherited)) {
      return std::unexpected("TCP " + to_text(endpoint) + ": " + error.message());
    }
    impl->ports.push_back(std::move(port));
  }
  impl->begun = options.inherited == nullptr || options.inherited->taken().size() == taken_before;
  impl->accept_everywhere();
  return std::unique_ptr<TcpListener>(new TcpListener(std::move(impl)));
}

TcpListener::TcpListener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

TcpListener::~TcpListener() {
  impl_->stop();
}

void TcpListener::begin() {
  if (!std::exchange(impl_->begun, true)) impl_->accept_everywhere();
}

void TcpListener::execute(SendStream order) {
  const auto stream = impl_->streams.find(order.stream);
  if (stream != impl_->streams.end()) stream->second->send(std::move(order.bytes), order.report_drained);
}

void TcpListener::execute(const CloseStream& order) {
  const auto stream = impl_->streams.find(order.stream);
  if (stream != impl_->streams.end()) stream->second->close();
}

std::size_t TcpListener::connections() const {
  return impl_->streams.size();
}

std::vector<int> TcpListener::descriptors() const {
  std::vector<int> out;
  for (const auto& port : impl_->ports) out.push_back(port->acceptor.native_handle());
  return out;
}

std::vector<Endpoint> TcpListener::endpoints() const {
  std::vector<Endpoint> out;
  for (const auto& port : impl_->ports) {
    std::error_code ignored;
    out.push_back(from_asio(port->acceptor.local_endpoint(ignored)));
  }
  return out;
}

}  // namespace tsp::linux_
