// SPDX-License-Identifier: Apache-2.0
//
// What the tests of checkers share: a world in which nothing happens by itself, and hands that forge what a wrong
// broker would do in it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/sim/checkers/truth.h"
#include "adapters/sim/world.h"
#include "core/wire/udp_header.h"

namespace tsp::sim {

inline constexpr AccountId kAlice{7};
inline constexpr AccountId kBob{8};
inline const IPv6Address kInner = *parse_ipv6("2001:db8:1::a1");
inline const IPv6Address kOtherInner = *parse_ipv6("2001:db8:1::b1");
inline const IPv6Prefix kPrefix = *parse_prefix("2001:db8:1:4200::/56");
inline constexpr std::string_view kAliceSays{"\0alice\0wonderland\r\n", 19};

inline FourTuple path_from(std::uint16_t port) {
  return {make_endpoint(IPv4Address{{198, 51, 100, 7}}, port), make_endpoint(IPv4Address{{192, 0, 2, 1}}, 3653)};
}
inline const FourTuple kPath = path_from(40000);
inline const FourTuple kOtherPath = path_from(40001);

inline std::string offer_of(const IPv6Address& inner, const std::optional<IPv6Prefix>& prefix = std::nullopt) {
  std::string text = "Content-length: 999\r\n200 Success\r\n<tunnel action=\"info\"><server><address type=\"ipv6\">";
  text += "2001:db8:1::1</address></server><client><address type=\"ipv4\">198.51.100.7</address>";
  text += "<address type=\"ipv6\">" + to_full_text(inner) + "</address>";
  if (prefix) {
    text += "<router><prefix length=\"" + std::to_string(prefix->length) + "\">" + to_full_text(prefix->base) +
            "</prefix></router>";
  }
  return text + "</client></tunnel>\r\n";
}
inline const std::string kAccept = "Content-length: 35\r\n<tunnel action=\"accept\"></tunnel>\r\n";

inline Bytes datagram(std::uint32_t word, std::string_view text, std::uint8_t timestamp = 1) {
  return wire::with_header(wire::make_udp_header(wire::Sequence(word), timestamp), text);
}

inline PutClaim put(const IPv6Prefix& prefix, AccountId owner, ClaimState state = ClaimState::Held) {
  return {Claim{.prefix = prefix, .owner = owner, .state = state, .broker = BrokerId{1}}};
}
inline TunnelRecord record_of(std::uint64_t id, AccountId account, const FourTuple& path, const IPv6Address& inner) {
  return {.id = TunnelId{id}, .account = account, .path = path, .inner = inner, .keepalive_seconds = 30};
}
inline TunnelSpec spec_of(const TunnelRecord& record) {
  return {.id = record.id,
          .path = record.path,
          .inner = record.inner,
          .delegated = record.delegated,
          .server_address = *parse_ipv6("2001:db8:1::1"),
          .mtu = record.mtu,
          .confirmed = record.confirmed};
}

template <class Checker>
class Watched : public testing::Test {
 protected:
  Watched() : world(default_world(), 1), truth(world), checker(world, truth) {
    world.run_for(std::chrono::seconds(2));
    commit({AddAccount{Account{.id = kAlice, .login = "alice"}}, AddAccount{Account{.id = kBob, .login = "bob"}}});
  }

  void arrive(const FourTuple& path, const Bytes& bytes) {
    tell([&](Observer& observer) { observer.on_arrival(path, bytes); });
  }
  void leave(const FourTuple& path, const Bytes& bytes) {
    tell([&](Observer& observer) { observer.on_departure(path, bytes); });
  }
  void converse(const FourTuple& path, std::uint32_t word, std::string_view said, std::string_view answered) {
    arrive(path, datagram(word, said));
    leave(path, datagram(word, answered));
  }
  void log_in(const FourTuple& path) {
    converse(path, 0xF0, "VERSION=2.0.2\r\n", "CAPABILITY AUTH=PLAIN\r\n");
    converse(path, 0xF1, "AUTHENTICATE PLAIN\r\n", "");
    converse(path, 0xF2, kAliceSays, "200 Success\r\n");
  }
  void commit(const std::vector<StoreChange>& changes) {
    tell([&](Observer& observer) { observer.on_commit(changes); });
  }
  // In the world's datapath, with what it needs on disk.
  void record(const TunnelRecord& tunnel) {
    std::vector<StoreChange> changes{put(host_prefix(tunnel.inner), tunnel.account)};
    if (tunnel.delegated) changes.emplace_back(put(*tunnel.delegated, tunnel.account));
    changes.emplace_back(PutTunnel{tunnel});
    commit(changes);
  }
  void execute(const DatapathOrder& order) {
    OpId op{++last_op};
    DatapathOrder numbered = order;
    std::visit([op](auto& known) { known.op = op; }, numbered);
    tell([&](Observer& observer) { observer.on_order(numbered); });
    world.datapath().submit(numbered);
    world.datapath().execute(op);
    tell([&](Observer& observer) { observer.on_datapath(numbered, DatapathStatus::Done); });
  }
  void install(const TunnelRecord& tunnel, std::vector<TunnelId> replaces = {}) {
    execute(InstallTunnel{.spec = spec_of(tunnel), .replaces = std::move(replaces)});
  }
  void establish(const TunnelRecord& tunnel) {
    record(tunnel);
    install(tunnel);
  }
  void hear(const Fact& fact) {
    tell([&](Observer& observer) { observer.on_fact(fact); });
  }
  void order(const Order& order) {
    tell([&](Observer& observer) { observer.on_order(order); });
  }
  // What was reported, and forgets nothing: a world keeps the first.
  std::string found() const { return world.violation().value_or("nothing"); }

  World world;
  Truth truth;
  Checker checker;
  std::uint64_t last_op = 1'000'000;

 private:
  template <class Call>
  void tell(Call call) {
    call(truth);
    call(checker);
  }
};

}  // namespace tsp::sim
