// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/client_loop.h"

#include <chrono>
#include <utility>

#include <asio/post.hpp>

#include "adapters/linux/client/connected_socket.h"
#include "adapters/linux/net/clock.h"
#include "core/client/inner.h"

namespace tsp::linux_ {
namespace {

constexpr auto kAddressCheckInterval = std::chrono::seconds(10);

Instant now() {
  return read_clock().mono;
}

}  // namespace

ClientLoop::ClientLoop(asio::io_context& io, client::ClientConfig config, HostSetup& host, const Seed& seed,
                       Sinks sinks)
    : io_(io),
      host_(host),
      changes_(io, host.options(),
               {.up = [this](const Offer& offer) { return set_up(offer); },
                .down = [this] { take_down(); },
                .failed = [this](std::string reason) { handle_later(client::TunnelBroke{std::move(reason)}); },
                .hook_ended = [this](const HookResult& result) { sinks_.hook(result); }}),
      sinks_(std::move(sinks)),
      supervisor_(std::move(config), seed, now()),
      timer_(io),
      address_timer_(io) {
  asio::post(io_, [this] { carry_out(); });
}

void ClientLoop::stop() {
  handle(client::StopRequested{});
}

void ClientLoop::handle(const client::Fact& fact) {
  supervisor_.handle(now(), fact);
  carry_out();
}

// For what is found out while an order is being executed.
void ClientLoop::handle_later(client::Fact fact) {
  asio::post(io_, [this, fact = std::move(fact)] { handle(fact); });
}

void ClientLoop::carry_out() {
  while (const auto order = supervisor_.poll()) {
    std::visit([this](const auto& what) { execute(what); }, *order);
  }
  arm_timer();
}

void ClientLoop::arm_timer() {
  const auto deadline = supervisor_.next_deadline();
  if (!deadline) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(std::chrono::steady_clock::time_point(deadline->since_boot));
  timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    supervisor_.advance(now());
    carry_out();
  });
}

// ---- orders ---------------------------------------------------------------------------------------------------

void ClientLoop::execute(const client::OpenSocket& order) {
  channels_[order.socket] = open_channel(io_, order, events_of(order.socket));
}

void ClientLoop::execute(const client::CloseSocket& order) {
  channels_.erase(order.socket);
  paths_.erase(order.socket);
}

void ClientLoop::execute(const client::SendBytes& order) {
  const auto channel = channels_.find(order.socket);
  if (channel != channels_.end()) channel->second->send(order.bytes);
}

void ClientLoop::execute(const client::PrepareTunnel& order) {
  std::optional<std::string> problem;
  // While another tunnel is up, its device is there already.
  if (const auto ready = host_.prepare(order.offer); !ready) problem = ready.error();
  handle_later(client::TunnelPrepared{order.socket, std::move(problem)});
}

void ClientLoop::execute(const client::TunnelUp& order) {
  pump_.reset();
  bare_carrier_.reset();
  tunnel_socket_ = order.socket;
  in_udp_ = order.offer.type == TunnelType::V6UdpV4;
  outer_address_ = paths_.at(order.socket).local.address;
  watch_outer_address();
  changes_.up(order.offer);
}

void ClientLoop::execute(const client::TunnelDown&) {
  address_timer_.cancel();
  tunnel_socket_.reset();
  pump_.reset();
  bare_carrier_.reset();
  up_report_.reset();
  changes_.down();
}

void ClientLoop::execute(const client::SendPacket& order) {
  if (pump_) return pump_->send(order.packet);
  // A hook takes its time, and the host is not set up yet. A tunnel in UDP can be kept alive all the same.
  const auto channel = tunnel_socket_ && in_udp_ ? channels_.find(*tunnel_socket_) : channels_.end();
  if (channel != channels_.end()) channel->second->send(order.packet);
}

void ClientLoop::execute(const client::DeliverPacket& order) {
  Bytes packet = order.packet;
  if (pump_) pump_->deliver(packet);
}

void ClientLoop::execute(const client::Report& order) {
  // Accepted by the server; this host may need more time, or fail, and then what follows says why.
  if (order.code == client::ReportCode::TunnelUp && !pump_) {
    up_report_ = order;
    return;
  }
  sinks_.report(order);
}

void ClientLoop::execute(const client::Finished& order) {
  finished_ = order.reason;
  execute(client::TunnelDown{});
  channels_.clear();
}

// ---- the host -------------------------------------------------------------------------------------------------

std::expected<void, std::string> ClientLoop::set_up(const Offer& offer) {
  if (auto set = host_.up(offer); !set) return set;
  const auto carrier = open_carrier(offer);
  if (!carrier) return std::unexpected(carrier.error());
  pump_ = std::make_unique<TunnelPump>(
      io_, host_.tun(), *carrier, offer, host_.options(),
      PumpEvents{.unreachable = [this, socket = *tunnel_socket_] { handle_later(client::PeerUnreachable{socket}); },
                 .device_lost = [this] { handle_later(client::TunnelBroke{"the tunnel device is gone"}); }});
  if (up_report_) sinks_.report(*up_report_);
  up_report_.reset();
  return {};
}

void ClientLoop::take_down() {
  host_.down();
  if (finished_) io_.stop();
}

// ---- what happens ---------------------------------------------------------------------------------------------

ChannelEvents ClientLoop::events_of(client::SocketId socket) {
  return {.opened =
              [this, socket](const Endpoint& local, const Endpoint& remote) {
                paths_[socket] = {.remote = remote, .local = local};
                handle(client::SocketOpened{socket, local, remote});
              },
          .failed = [this, socket](std::string reason) { handle(client::SocketFailed{socket, std::move(reason)}); },
          .unreachable = [this, socket] { handle(client::PeerUnreachable{socket}); },
          .arrived = [this, socket](std::span<std::uint8_t> bytes) { arrived(socket, bytes); }};
}

void ClientLoop::arrived(client::SocketId socket, std::span<std::uint8_t> bytes) {
  const bool carries_packets = pump_ && tunnel_socket_ == socket && pump_->offer().type == TunnelType::V6UdpV4;
  if (!carries_packets) return handle(client::BytesArrived{socket, bytes});
  switch (client::classify_inbound(pump_->offer(), bytes)) {
    case client::Inbound::Deliver:
      return pump_->deliver(bytes);
    case client::Inbound::Supervisor:
      return handle(client::BytesArrived{socket, bytes});
    case client::Inbound::Drop:
      return;
  }
}

void ClientLoop::packet_arrived(std::span<std::uint8_t> packet) {
  if (!pump_) return;
  switch (client::classify_inbound(pump_->offer(), packet)) {
    case client::Inbound::Deliver:
      return pump_->deliver(packet);
    case client::Inbound::Supervisor:
      return handle(client::PacketArrived{packet});
    case client::Inbound::Drop:
      return;
  }
}

std::expected<int, std::string> ClientLoop::open_carrier(const Offer& offer) {
  if (offer.type == TunnelType::V6UdpV4) return channels_.at(*tunnel_socket_)->datagram_fd();
  const auto wanted = host_.tun() < 0 ? BareCarrier::Wanted::EchoReplies : BareCarrier::Wanted::Everything;
  auto opened = BareCarrier::open(io_, paths_.at(*tunnel_socket_).local.address, offer.server_outer, wanted,
                                  [this](std::span<std::uint8_t> packet) { packet_arrived(packet); });
  if (!opened) return std::unexpected(opened.error());
  bare_carrier_ = std::move(*opened);
  return bare_carrier_->fd();
}

// A change of address is seen here long before the keepalive notices.
void ClientLoop::watch_outer_address() {
  address_timer_.expires_after(kAddressCheckInterval);
  address_timer_.async_wait([this](const asio::error_code& error) {
    if (error || !tunnel_socket_) return;
    check_outer_address();
    watch_outer_address();
  });
}

void ClientLoop::check_outer_address() {
  const auto source = source_towards(paths_.at(*tunnel_socket_).remote);
  if (!source) return;  // no way out at the moment: no reason to begin anything
  const bool changed = outer_address_ != *source;
  outer_address_ = *source;
  if (changed) handle(client::OuterAddressChanged{});
}

}  // namespace tsp::linux_
