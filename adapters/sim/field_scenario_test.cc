// SPDX-License-Identifier: Apache-2.0
//
// What went wrong with other brokers, played through in the simulated world.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sim/scenario.h"

namespace tsp::sim {
namespace field_scenario_test {

using std::chrono::seconds;

class Field : public Scenario {
 protected:
  static WorldOptions many_from_one_source() {
    WorldOptions options = default_world();
    options.broker.anonymous_tunnels_per_source_max = 100;
    return options;
  }
  Field() : Scenario(many_from_one_source()) {}
};

TEST_F(Field, AnOlderVersionFromTheSamePortDoesNotMeetTheSessionThatWasBegun) {
  for (const char* begun : {"AUTHENTICATE DIGEST-MD5\r\n", "AUTHENTICATE PLAIN\r\n", "AUTHENTICATE ANONYMOUS\r\n"}) {
    Peer peer(world, 40000);
    peer.greet();
    peer.say(begun);
    peer.set_sequence(0xEF);
    EXPECT_TRUE(peer.say("VERSION=2.0.1\r\n").value_or("").starts_with("CAPABILITY "));
    EXPECT_EQ(peer.say("AUTHENTICATE ANONYMOUS\r\n"), kSuccess);
    const auto offer = peer.create_offer();
    ASSERT_TRUE(offer.has_value());
    EXPECT_TRUE(peer.accept());
    EXPECT_TRUE(ping(peer, *offer));
  }
}

TEST_F(Field, ARestartLoopEveryTenSecondsForAnHourLocksNobodyOut) {
  unsigned served = 0;
  std::uint16_t port = 40000;
  for (int attempt = 0; attempt < 360; ++attempt) {
    Peer peer(world, port++);
    EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess) << "attempt " << attempt;
    const auto reply = peer.create();
    if (reply != framed_error("301 No more tunnels available")) {
      EXPECT_TRUE(peer.accept());
      ++served;
    }
    world.run_for(seconds(10));
  }
  EXPECT_GE(served, 240U);
  world.run_for(seconds(60));
  Peer calm(world, port);
  const Offer offer = connect(calm, "alice", "wonderland");
  EXPECT_TRUE(ping(calm, offer));
  EXPECT_EQ(live_tunnels(), 1U);
}

TEST_F(Field, FiftyClientsBehindOneAddressEachKeepTheirTunnelForTenMinutes) {
  std::vector<std::pair<Peer, Offer>> clients;
  clients.reserve(50);
  for (std::uint16_t i = 0; i < 50; ++i) {
    Peer peer(world, static_cast<std::uint16_t>(40000 + i));
    const Offer offer = connect_anonymously(peer);
    clients.emplace_back(std::move(peer), offer);
  }
  for (int round = 0; round < 20; ++round) {
    for (auto& [peer, offer] : clients) {
      peer.take_datagrams();
      peer.send_inner(make_echo_request(offer.client_inner, offer.server_inner, 1));
    }
    world.run_for(seconds(30));
    for (auto& [peer, offer] : clients) {
      const std::vector<Bytes> datagrams = peer.take_datagrams();
      ASSERT_EQ(datagrams.size(), 1U);
      EXPECT_EQ(datagrams[0][40], 129);
      EXPECT_TRUE(std::equal(offer.client_inner.octets.begin(), offer.client_inner.octets.end(), &datagrams[0][24]));
    }
  }
  EXPECT_EQ(live_tunnels(), 50U);
}

}  // namespace field_scenario_test
}  // namespace tsp::sim
