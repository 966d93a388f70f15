// SPDX-License-Identifier: Apache-2.0
//
// The core in surroundings that answer at once and cost next to nothing, so that what is measured is the core.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>

#include <tsp/broker.h>

#include "core/auth/digest_md5.h"
#include "core/pool/layout.h"

namespace tsp::bench {

inline constexpr const char* kRealm = "tb.example.net";
inline constexpr const char* kPassword = "correct horse battery staple";
inline constexpr Duration kBetweenMessages = std::chrono::microseconds(10);

inline std::string login_of(std::size_t number) {
  return "load" + std::to_string(number);
}

// A different host for each, over many networks, so that no rate limit is met.
inline IPv4Address address_of(std::size_t number) {
  const auto octet = [&](unsigned shift) { return static_cast<std::uint8_t>(number >> shift); };
  return {{10, octet(0), octet(8), octet(16)}};
}

inline std::size_t number_of(const IPv4Address& address) {
  const auto& octets = address.octets;
  return octets[1] | std::size_t{octets[2]} << 8 | std::size_t{octets[3]} << 16;
}

inline std::shared_ptr<const BrokerConfig> broker_config() {
  BrokerConfig config;
  config.realm = kRealm;
  config.pool = *pool::derive_layout(*parse_prefix("2001:db8::/32"));
  config.auth_anonymous = true;
  config.auth_plain = true;
  config.dns_servers = {*parse_ipv6("2001:db8:ffff::53")};
  return std::make_shared<const BrokerConfig>(config);
}

// Knows as many accounts as it is told to, and remembers the address of each.
class InstantStore {
 public:
  explicit InstantStore(std::size_t accounts) : records_(accounts) {
    for (std::size_t i = 0; i < accounts; ++i) {
      Account& account = records_[i].account;
      account.id = AccountId{i + 1};
      account.login = login_of(i);
      account.verifier = auth::make_verifier(account.login, kRealm, kPassword);
    }
  }

  StoreDone execute(const StoreOrder& order) {
    return std::visit([this](const auto& known) { return this->run(known); }, order);
  }

 private:
  StoreDone run(const FindAccount& order) const {
    StoreDone done{.op = order.op};
    const std::size_t number = std::strtoull(order.login.c_str() + 4, nullptr, 10);
    if (number < records_.size()) done.accounts.push_back(records_[number]);
    return done;
  }
  StoreDone run(const CommitChanges& order) {
    for (const StoreChange& change : order.changes) {
      const auto* put = std::get_if<PutClaim>(&change);
      if (put == nullptr || put->claim.owner == kAnonymous) continue;
      records_[put->claim.owner.value - 1].address = put->claim;
    }
    return {.op = order.op};
  }
  template <class Other>
  static StoreDone run(const Other& order) {
    return {.op = order.op};
  }

  std::vector<AccountRecord> records_;
};

// The broker with its surroundings, and one inbox for each client.
class World {
 public:
  World(std::size_t clients, std::size_t accounts)
      : store_(accounts), inboxes_(clients), broker_(broker_config(), Seed{1, 2, 3}, now_) {
    execute_orders();
  }

  void send(std::size_t client, const Bytes& datagram) {
    now_.mono = now_.mono + kBetweenMessages;
    now_.wall = now_.wall + kBetweenMessages;
    broker_.handle(now_, DatagramArrived{{make_endpoint(address_of(client), port_), local_}, datagram});
    execute_orders();
    benchmark::DoNotOptimize(broker_.next_deadline());
  }

  void pass(Duration time) {
    now_.mono = now_.mono + time;
    now_.wall = now_.wall + time;
    broker_.advance(now_);
    execute_orders();
  }

  // As clients do that begin anew: from then on their datagrams come from other ports.
  void change_ports() { ++port_; }

  [[nodiscard]] std::optional<Bytes> take_reply(std::size_t client) {
    return std::exchange(inboxes_[client], std::nullopt);
  }
  [[nodiscard]] Instant now() const { return now_.mono; }
  [[nodiscard]] StatusView status() const { return broker_.status(); }

 private:
  void execute_orders() {
    while (auto order = broker_.poll()) {
      if (auto* datagram = std::get_if<SendDatagram>(&*order)) {
        inboxes_[number_of(datagram->path.remote.ipv4())] = std::move(datagram->payload);
      } else if (const auto* stored = std::get_if<StoreOrder>(&*order)) {
        broker_.handle(now_, store_.execute(*stored));
      } else if (const auto* forwarded = std::get_if<DatapathOrder>(&*order)) {
        broker_.handle(now_, DatapathDone{.op = op_of(*forwarded)});
      }
    }
  }

  std::uint16_t port_ = 61000;
  Endpoint local_ = make_endpoint({{192, 0, 2, 1}}, 3653);
  Now now_{Instant{std::chrono::seconds(1000)}, WallTime{std::chrono::seconds(1'700'000'000)}};
  InstantStore store_;
  std::vector<std::optional<Bytes>> inboxes_;
  Broker broker_;
};

}  // namespace tsp::bench
