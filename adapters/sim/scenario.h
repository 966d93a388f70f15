// SPDX-License-Identifier: Apache-2.0
//
// What the scenarios share: a world with two accounts, watched by all checkers, and peers driven by hand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/sim/checkers/checkers.h"
#include "adapters/sim/peer.h"
#include "adapters/sim/world.h"

namespace tsp::sim {

inline constexpr std::string_view kSuccess = "200 Success\r\n";
inline constexpr std::string_view kAuthFailed = "300 Authentication failed\r\n";

// "Content-length: N" and the line.
inline std::string framed_error(std::string_view line) {
  return "Content-length: " + std::to_string(line.size() + 2) + "\r\n" + std::string(line) + "\r\n";
}

class Scenario : public testing::Test {
 protected:
  explicit Scenario(WorldOptions options = default_world()) : world(std::move(options), 1) {
    add_checkers(world);
    static_cast<void>(world.add_account("alice", "wonderland"));
    static_cast<void>(world.add_account("bob", "builder"));
    world.run_for(std::chrono::seconds(2));
  }
  void TearDown() override { EXPECT_EQ(world.violation(), std::nullopt); }

  // A tunnel of `login` from that port.
  Offer connect(Peer& peer, const std::string& login, const std::string& password,
                std::optional<std::uint8_t> router_length = std::nullopt) {
    EXPECT_EQ(peer.log_in_digest(login, password), kSuccess);
    const auto offer = peer.create_offer(router_length);
    EXPECT_TRUE(offer.has_value());
    EXPECT_TRUE(peer.accept());
    return offer.value_or(Offer{});
  }
  Offer connect_anonymously(Peer& peer) {
    EXPECT_EQ(peer.log_in_anonymously(), kSuccess);
    const auto offer = peer.create_offer();
    EXPECT_TRUE(offer.has_value());
    EXPECT_TRUE(peer.accept());
    return offer.value_or(Offer{});
  }
  // Echo through the tunnel; whether it was answered.
  bool ping(Peer& peer, const Offer& offer) {
    peer.take_datagrams();
    peer.send_inner(make_echo_request(offer.client_inner, offer.server_inner, 1));
    world.run_for(std::chrono::seconds(1));
    for (const Bytes& datagram : peer.take_datagrams()) {
      if (datagram.size() > 40 && datagram[0] >> 4 == 6 && datagram[40] == 129) return true;
    }
    return false;
  }
  void configure(const std::function<void(BrokerConfig&)>& change) {
    BrokerConfig config = world.config();
    change(config);
    world.reload(std::move(config));
  }
  std::size_t live_tunnels() { return world.datapath().tunnels().size(); }

  World world;
};

// In which store, datapath and broker have to agree when all is quiet.
class SettledScenario : public Scenario {
 protected:
  using Scenario::Scenario;
  void TearDown() override {
    world.run_for(std::chrono::seconds(20));
    EXPECT_EQ(world.find_disagreement(), std::nullopt);
    Scenario::TearDown();
  }
};

}  // namespace tsp::sim
