// SPDX-License-Identifier: Apache-2.0
//
// Runs a ClientSupervisor on an io_context: executes its orders with sockets, timers and the host's network, and tells
// it what happened.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "adapters/linux/client/bare_carrier.h"
#include "adapters/linux/client/channel.h"
#include "adapters/linux/client/client_options.h"
#include "adapters/linux/client/hooked_host.h"
#include "adapters/linux/client/host_setup.h"
#include "adapters/linux/client/tunnel_pump.h"
#include "core/client/supervisor.h"

namespace tsp::linux_ {

class ClientLoop {
 public:
  struct Sinks {
    std::function<void(const client::Report&)> report;
    std::function<void(const HookResult&)> hook;
  };

  // Begins when the io_context runs, and stops it when the supervisor is finished and the host is as it was.
  ClientLoop(asio::io_context& io, client::ClientConfig config, HostSetup& host, const Seed& seed, Sinks sinks);

  // Ends orderly.
  void stop();
  [[nodiscard]] std::optional<client::FinishReason> finished() const { return finished_; }

 private:
  void handle(const client::Fact& fact);
  void handle_later(client::Fact fact);
  void carry_out();
  void arm_timer();

  void execute(const client::OpenSocket& order);
  void execute(const client::CloseSocket& order);
  void execute(const client::SendBytes& order);
  void execute(const client::PrepareTunnel& order);
  void execute(const client::TunnelUp& order);
  void execute(const client::TunnelDown& order);
  void execute(const client::SendPacket& order);
  void execute(const client::DeliverPacket& order);
  void execute(const client::Report& order);
  void execute(const client::Finished& order);

  [[nodiscard]] std::expected<void, std::string> set_up(const Offer& offer);
  void take_down();
  [[nodiscard]] ChannelEvents events_of(client::SocketId socket);
  void arrived(client::SocketId socket, std::span<std::uint8_t> bytes);
  void packet_arrived(std::span<std::uint8_t> packet);
  [[nodiscard]] std::expected<int, std::string> open_carrier(const Offer& offer);
  void watch_outer_address();
  void check_outer_address();

  asio::io_context& io_;
  HostSetup& host_;
  HookedHost changes_;
  Sinks sinks_;
  client::ClientSupervisor supervisor_;
  asio::steady_timer timer_;
  asio::steady_timer address_timer_;
  std::map<client::SocketId, std::unique_ptr<Channel>> channels_;
  std::unique_ptr<BareCarrier> bare_carrier_;
  std::unique_ptr<TunnelPump> pump_;  // after what carries its packets: goes before it
  std::optional<client::SocketId> tunnel_socket_;
  bool in_udp_ = false;                      // the tunnel of tunnel_socket_
  std::optional<client::Report> up_report_;  // waits until the host is set up
  std::map<client::SocketId, FourTuple> paths_;
  IPv6Address outer_address_;  // of this host, for the tunnel's server, when it was looked at last
  std::optional<client::FinishReason> finished_;
};

}  // namespace tsp::linux_
