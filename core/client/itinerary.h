// SPDX-License-Identifier: Apache-2.0
//
// Where the next attempt goes. A round begins at the first configured server and goes on, without giving up, from one
// transport to the next (C-08), from one version to an older one (C-09), from a server to those it names (C-27), and
// then to the next configured server, until there is a tunnel or nowhere left to go. Each round is finite. Where there
// is a choice the nearest server comes first, if somebody measures.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/client/config.h"
#include "core/client/failure.h"
#include "core/client/transport.h"

namespace tsp::client {

class Itinerary {
 public:
  static constexpr Duration kVersionDelay = std::chrono::seconds(1);
  static constexpr std::size_t kBrokersMax = 8;  // of one list

  explicit Itinerary(std::shared_ptr<const ClientConfig> config);

  // A new round, that asks for tunnels of this type.
  void restart(RequestedType type);

  [[nodiscard]] const ServerName& server() const { return server_; }
  [[nodiscard]] Transport transport() const { return transport_; }
  [[nodiscard]] std::string_view version() const;
  // Whether a redirect led here; such a server's address must be one we may go to.
  [[nodiscard]] bool redirected() const { return hops_ > 0 || from_cache_; }
  [[nodiscard]] bool may_connect(const Endpoint& remote) const;

  // The servers of which the next attempt may take the nearest: at least two, server() the first of them; or none.
  [[nodiscard]] const std::vector<ServerName>& unordered() const { return unordered_; }
  // The same, nearest first.
  void ordered(const std::vector<ServerName>& servers);

  struct GoOn {
    Duration delay{};
  };
  struct RoundOver {
    RetryClass retry = RetryClass::Later;
    Failure failure;  // the one that decided
  };
  // What follows a failed attempt.
  [[nodiscard]] std::variant<GoOn, RoundOver> after(const Failure& failure);

 private:
  using Step = std::variant<GoOn, RoundOver>;
  void go_to(ServerName server);
  // What is left of them is `ahead`.
  void go_to_first(const std::vector<ServerName>& servers, std::deque<ServerName>& ahead);
  [[nodiscard]] Step follow(const Failure& failure);
  [[nodiscard]] Step next_server(const Failure& failure);
  // Nothing more can be had from the configured server that led here.
  [[nodiscard]] Step next_configured(RetryClass retry, Failure failure);
  [[nodiscard]] std::vector<ServerName> acceptable(const std::vector<std::string>& brokers) const;
  [[nodiscard]] bool is_of_family(const IPv6Address& address) const;
  [[nodiscard]] bool may_go_to(const ServerName& server) const;

  std::shared_ptr<const ClientConfig> config_;
  RequestedType type_;
  ServerName server_;
  Transport transport_ = Transport::Udp;
  std::size_t version_index_ = 0;
  unsigned hops_ = 0;
  bool from_cache_ = false;
  std::deque<ServerName> configured_ahead_;
  bool worth_trying_soon_ = false;  // one of the configured servers has failed in a way that may pass
  std::deque<ServerName> ahead_;    // of the last broker list, still to be tried
  std::set<ServerName> visited_;    // in this round
  std::vector<ServerName> cached_;  // the last usable broker list: for when no configured server helps
  std::vector<ServerName> unordered_;
};

}  // namespace tsp::client
