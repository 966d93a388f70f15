// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/core_client.h"

#include <algorithm>
#include <variant>

#include "adapters/sim/seed.h"

namespace tsp::sim {
CoreClient::CoreClient(client::ClientConfig config, Host host)
    : config_(std::move(config)), address_(host.address), server_(host.server), random_(host.random) {
  config_.server.host = to_text(server_.ipv4());
  restart(host.now);
}

void CoreClient::restart(Instant now) {
  ports_.clear();
  tunnel_.reset();
  supervisor_.emplace(config_, seed_from(random_), now);
  settle(now);
}

void CoreClient::receive(Instant now, std::uint16_t port, ByteView datagram) {
  if (port == 0) {
    supervisor_->handle(now, client::PacketArrived{datagram});
    return settle(now);
  }
  const auto socket = socket_on(port);
  if (!socket) return;
  supervisor_->handle(now, client::BytesArrived{*socket, datagram});
  settle(now);
}

void CoreClient::refuse(Instant now, std::uint16_t port) {
  const auto socket = socket_on(port);
  if (!socket) return;
  supervisor_->handle(now, client::PeerUnreachable{*socket});
  settle(now);
}

std::optional<client::SocketId> CoreClient::socket_on(std::uint16_t port) const {
  const auto found = std::ranges::find(ports_, port, [](const auto& known) { return known.second; });
  return found == ports_.end() ? std::nullopt : std::optional(found->first);
}

void CoreClient::advance(Instant now) {
  supervisor_->advance(now);
  settle(now);
}

Instant CoreClient::next_deadline() const {
  return supervisor_->next_deadline().value_or(Instant{Duration::max()});
}

// Orders lead to facts, and those to orders.
void CoreClient::settle(Instant now) {
  do {
    for (const client::Fact& fact : std::exchange(facts_, {})) supervisor_->handle(now, fact);
    while (const auto order = supervisor_->poll()) std::visit([this](const auto& known) { execute(known); }, *order);
  } while (!facts_.empty());
}

void CoreClient::execute(const client::OpenSocket& order) {
  if (order.transport != client::Transport::Udp) {
    facts_.emplace_back(client::SocketFailed{order.socket, "the simulated world has no TCP"});
    return;
  }
  port_ = static_cast<std::uint16_t>(random_.between(32768, 60999));
  ports_[order.socket] = port_;
  facts_.emplace_back(client::SocketOpened{.socket = order.socket, .local = {address_, port_}, .remote = server_});
}

void CoreClient::execute(const client::CloseSocket& order) {
  ports_.erase(order.socket);
  if (tunnel_) port_ = ports_.at(*tunnel_);
}

void CoreClient::execute(const client::SendBytes& order) {
  departures_.push_back({ports_.at(order.socket), order.bytes});
}

void CoreClient::execute(const client::PrepareTunnel& order) {
  facts_.emplace_back(client::TunnelPrepared{order.socket, std::nullopt});
}

void CoreClient::execute(const client::SendPacket& order) {
  if (!tunnel_) return;
  departures_.push_back({tunnel_type_ == TunnelType::V6V4 ? std::uint16_t{0} : ports_.at(*tunnel_), order.packet});
}

}  // namespace tsp::sim
