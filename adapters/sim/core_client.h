// SPDX-License-Identifier: Apache-2.0
//
// Our own client, the very machine of tsp-connect, on a host of the simulated world; over UDP.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/sim/client.h"
#include "core/client/supervisor.h"

namespace tsp::sim {

class CoreClient final : public Client {
 public:
  // `config` need not name the server: it is the host's.
  CoreClient(client::ClientConfig config, Host host);

  void receive(Instant now, std::uint16_t port, ByteView datagram) override;
  void refuse(Instant now, std::uint16_t port) override;
  void advance(Instant now) override;
  [[nodiscard]] Instant next_deadline() const override;
  [[nodiscard]] std::vector<Departure> take_departures() override { return std::exchange(departures_, {}); }
  void restart(Instant now) override;
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] bool content() const override { return supervisor_->tunnel_up(); }

 private:
  void settle(Instant now);
  [[nodiscard]] std::optional<client::SocketId> socket_on(std::uint16_t port) const;
  void execute(const client::OpenSocket& order);
  void execute(const client::CloseSocket& order);
  void execute(const client::SendBytes& order);
  void execute(const client::PrepareTunnel& order);
  void execute(const client::SendPacket& order);
  void execute(const client::TunnelUp& order) {
    tunnel_ = order.socket;
    tunnel_type_ = order.offer.type;
  }
  void execute(const client::TunnelDown&) { tunnel_.reset(); }
  // The rest would be the host's work.
  template <class Order>
  void execute(const Order&) {}

  client::ClientConfig config_;
  IPv6Address address_;
  Endpoint server_;
  Random random_;
  std::optional<client::ClientSupervisor> supervisor_;
  std::map<client::SocketId, std::uint16_t> ports_;
  std::optional<client::SocketId> tunnel_;
  TunnelType tunnel_type_ = TunnelType::V6UdpV4;
  std::uint16_t port_ = 0;
  std::vector<client::Fact> facts_;  // what the host has to tell it
  std::vector<Departure> departures_;
};

}  // namespace tsp::sim
