// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: the MTU of tunnels, and of TCP connections in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "adapters/sim/scenario.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::sim {
namespace mtu_scenario_test {

using std::chrono::seconds;
using testing::StartsWith;

const IPv6Address kOutside = dataplane::test::address("2001:db8:ffff::80");

class Mtu : public Scenario {
 protected:
  std::uint16_t mtu_of(const Offer& offer) {
    const TunnelSpec* tunnel = world.datapath().tunnels().find_by_inner(offer.client_inner);
    EXPECT_NE(tunnel, nullptr);
    return tunnel == nullptr ? std::uint16_t{0} : tunnel->mtu;
  }
  void set_mtu(const std::string& login, std::optional<std::uint16_t> mtu) {
    EXPECT_EQ(world.ask(ChangeAccountRequest{.login = login, .mtu = mtu}).status, AdminStatus::Done);
  }
  static Bytes syn(const IPv6Address& source, const IPv6Address& destination, std::uint16_t mss) {
    const Bytes option{2, 4, static_cast<std::uint8_t>(mss >> 8), static_cast<std::uint8_t>(mss)};
    return dataplane::test::make_tcp({source, destination}, {.flags = dataplane::kTcpSyn, .options = option}, {});
  }
};

TEST_F(Mtu, AnAccountsOwnMtuIsThatOfItsTunnel) {
  EXPECT_EQ(world.ask(AddAccountRequest{.login = "carol", .password = "christmas", .mtu = 1400}).status,
            AdminStatus::Done);
  Peer carol(world, 40000);
  Peer alice(world, 40001);
  EXPECT_EQ(mtu_of(connect(carol, "carol", "christmas")), 1400);
  EXPECT_EQ(mtu_of(connect(alice, "alice", "wonderland")), 1280);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Mtu, AChangeCountsForTheNextTunnel) {
  Peer before(world, 40000);
  const Offer offer = connect(before, "alice", "wonderland");
  set_mtu("alice", 1472);
  EXPECT_EQ(mtu_of(offer), 1280);
  Peer after(world, 40001);
  EXPECT_EQ(mtu_of(connect(after, "alice", "wonderland")), 1472);
  set_mtu("alice", std::nullopt);
  Peer again(world, 40002);
  EXPECT_EQ(mtu_of(connect(again, "alice", "wonderland")), 1280);
}

TEST_F(Mtu, OneWhoComesBackToItsPathGetsTheChangedMtu) {
  Peer peer(world, 40000);
  EXPECT_EQ(mtu_of(connect(peer, "alice", "wonderland")), 1280);
  set_mtu("alice", 1400);
  peer.set_sequence(7000);
  EXPECT_EQ(mtu_of(connect(peer, "alice", "wonderland")), 1400);
  EXPECT_EQ(live_tunnels(), 1U);
}

TEST_F(Mtu, ImpossibleOnesAreRefusedWithTheNameOfTheField) {
  for (const int mtu : {0, 1279, 1473, 65535}) {
    const auto wanted = static_cast<std::uint16_t>(mtu);
    EXPECT_THAT(world.ask(AddAccountRequest{.login = "carol", .password = "x", .mtu = wanted}).message,
                StartsWith("mtu: expected 1280 to 1472"));
    EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .mtu = wanted}).status, AdminStatus::Invalid);
  }
  EXPECT_EQ(world.disk().find("alice")->account.mtu, std::nullopt);
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "nobody", .mtu = 1400}).status, AdminStatus::NotFound);
}

TEST_F(Mtu, OtherChangesOfAnAccountLeaveItsMtu) {
  set_mtu("alice", 1400);
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .password = "looking-glass"}).status, AdminStatus::Done);
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .enabled = true}).status, AdminStatus::Done);
  EXPECT_EQ(world.disk().find("alice")->account.mtu, 1400);
}

TEST_F(Mtu, AnonymousClientsCanHaveOneOfTheirOwn) {
  configure([](BrokerConfig& config) {
    config.tunnel_mtu = 1400;
    config.tunnel_mtu_anonymous = 1300;
  });
  Peer anonymous(world, 40000);
  Peer alice(world, 40001);
  EXPECT_EQ(mtu_of(connect_anonymously(anonymous)), 1300);
  EXPECT_EQ(mtu_of(connect(alice, "alice", "wonderland")), 1400);
}

TEST_F(Mtu, ATunnelKeepsItsMtuAfterACrash) {
  set_mtu("alice", 1400);
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  world.crash(seconds(1), false);
  world.run_for(seconds(5));
  EXPECT_EQ(mtu_of(offer), 1400);
}

TEST_F(Mtu, TcpConnectionsAgreeOnWhatTheTunnelHolds) {
  set_mtu("alice", 1400);
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  EXPECT_TRUE(ping(peer, offer));
  world.datapath().route(syn(kOutside, offer.client_inner, 1440));
  world.run_for(seconds(1));
  EXPECT_THAT(peer.take_datagrams(), testing::Contains(syn(kOutside, offer.client_inner, 1340)));
  EXPECT_EQ(world.datapath().mss_clamped(), 1U);
}

}  // namespace mtu_scenario_test
}  // namespace tsp::sim
