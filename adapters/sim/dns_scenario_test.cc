// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: what accounts have in the DNS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sim/scenario.h"
#include "core/wire/message.h"

namespace tsp::sim {
namespace dns_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Names = std::vector<std::string>;

const Names kThree = {"ns1.example.org", "ns2.example.org", "ns3.example.org"};

WorldOptions world_with_dns() {
  WorldOptions options = default_world();
  options.broker.dns = DnsPolicy{.domain = "tunnels.example"};
  return options;
}

class Dns : public Scenario {
 protected:
  explicit Dns(WorldOptions options = world_with_dns()) : Scenario(std::move(options)) {}

  // A router's tunnel from that port.
  Offer connect_router(std::uint16_t port, const Names& names, std::uint8_t length = 56) {
    Peer peer(world, port);
    peer.name_servers(names);
    const Offer offer = connect(peer, "alice", "wonderland", length);
    world.run_for(seconds(1));
    return offer;
  }
  Names stored() { return world.disk().find("alice")->name_servers; }
};

TEST_F(Dns, TheReverseZoneOfARoutersPrefixIsDelegatedToTheServersThatItNames) {
  EXPECT_TRUE(world.dns().complete());
  const Offer offer = connect_router(40000, kThree);

  EXPECT_EQ(offer.name_servers, kThree);
  EXPECT_EQ(stored(), kThree);
  EXPECT_THAT(world.dns().delegations(), ElementsAre(Pair(*offer.delegated, kThree)));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Dns, NothingIsDelegatedBeforeTheOfferIsAccepted) {
  Peer peer(world, 40000);
  peer.name_servers(kThree);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(peer.create_offer(56).has_value());
  world.run_for(seconds(1));

  EXPECT_THAT(stored(), IsEmpty());
  EXPECT_THAT(world.dns().delegations(), IsEmpty());
}

// What gogoc does whenever it comes back.
TEST_F(Dns, AShorterListOnReconnectRemovesNothing) {
  const Offer before = connect_router(40000, kThree);
  const Offer after = connect_router(40001, {"ns1.example.org"});

  EXPECT_EQ(after.name_servers, kThree);
  EXPECT_EQ(after.delegated, before.delegated);
  EXPECT_THAT(world.dns().delegations(), ElementsAre(Pair(*before.delegated, kThree)));
  EXPECT_EQ(connect_router(40002, {}).name_servers, kThree);
  EXPECT_EQ(stored(), kThree);
}

TEST_F(Dns, AnotherFirstNameReplacesTheList) {
  const Offer offer = connect_router(40000, kThree);
  const Names others = {"ns2.example.org", "a.example.net"};

  EXPECT_EQ(connect_router(40001, others).name_servers, others);
  EXPECT_THAT(world.dns().delegations(), ElementsAre(Pair(*offer.delegated, others)));
}

TEST_F(Dns, ANameThatIsNewReplacesTheListToo) {
  connect_router(40000, kThree);
  const Names others = {"ns1.example.org", "a.example.net"};

  EXPECT_EQ(connect_router(40001, others).name_servers, others);
  EXPECT_EQ(stored(), others);
}

TEST_F(Dns, NamesCanBeChangedWithinASession) {
  Peer peer(world, 40000);
  peer.name_servers(kThree);
  const Offer offer = connect(peer, "alice", "wonderland", 56);
  peer.name_servers({"a.example.net"});
  EXPECT_EQ(peer.create_offer(56)->name_servers, Names{"a.example.net"});
  EXPECT_TRUE(peer.accept());
  world.run_for(seconds(1));

  EXPECT_EQ(stored(), Names{"a.example.net"});
  EXPECT_THAT(world.dns().delegations(), ElementsAre(Pair(*offer.delegated, Names{"a.example.net"})));
  peer.name_servers({});
  EXPECT_EQ(peer.create_offer(56)->name_servers, Names{"a.example.net"});
}

TEST_F(Dns, NamesAreKeptInOneForm) {
  EXPECT_EQ(connect_router(40000, {"NS1.Example.ORG.", "ns1.example.org", "ns2.example.org"}).name_servers,
            (Names{"ns1.example.org", "ns2.example.org"}));
}

// RFC 5572 section 5.2 names addresses; an NS record cannot.
TEST_F(Dns, AddressesAreNoNameServersAndNoReasonToRefuseATunnel) {
  const Offer offer = connect_router(40000, {"192.0.2.53", "2001:db8::53", "localhost"});

  EXPECT_THAT(offer.name_servers, IsEmpty());
  EXPECT_TRUE(offer.delegated.has_value());
  EXPECT_THAT(world.dns().delegations(), IsEmpty());
  EXPECT_EQ(connect_router(40001, {"192.0.2.53", "ns.example.org"}).name_servers, Names{"ns.example.org"});
}

TEST_F(Dns, APrefixOfAnotherLengthTakesTheDelegationWithIt) {
  const Offer before = connect_router(40000, kThree, 60);
  const Offer after = connect_router(40001, {}, 56);

  EXPECT_NE(after.delegated, before.delegated);
  EXPECT_THAT(world.dns().delegations(), ElementsAre(Pair(*after.delegated, kThree)));
}

TEST_F(Dns, AHostKeepsTheDelegationOfThePrefixItsAccountHolds) {
  const Offer offer = connect_router(40000, kThree);
  Peer host(world, 40001);
  static_cast<void>(connect(host, "alice", "wonderland"));
  world.run_for(seconds(1));

  EXPECT_THAT(world.dns().delegations(), ElementsAre(Pair(*offer.delegated, kThree)));
}

TEST_F(Dns, TheInformationAboutATunnelRepeatsItsNameServers) {
  Peer peer(world, 40000);
  peer.name_servers(kThree);
  static_cast<void>(connect(peer, "alice", "wonderland", 56));
  const auto told = wire::parse_offer_reply(peer.say(Peer::action("info")).value_or(""));

  ASSERT_TRUE(told && std::holds_alternative<Offer>(*told));
  EXPECT_EQ(std::get<Offer>(*told).name_servers, kThree);
}

TEST_F(Dns, AnAccountsAddressHasItsLoginAsName) {
  static_cast<void>(world.add_account("Alice", "capital"));
  static_cast<void>(world.add_account("a.b", "dotted"));
  Peer alice(world, 40000);
  Peer capital(world, 40001);
  Peer dotted(world, 40002);
  Peer anonymous(world, 40003);
  const Offer offer = connect(alice, "alice", "wonderland");

  EXPECT_EQ(offer.client_name, "alice.tunnels.example");
  EXPECT_EQ(connect(capital, "Alice", "capital").client_name, std::nullopt);
  EXPECT_EQ(connect(dotted, "a.b", "dotted").client_name, std::nullopt);
  EXPECT_EQ(connect_anonymously(anonymous).client_name, std::nullopt);
  world.run_for(seconds(1));
  EXPECT_THAT(world.dns().host_names(), ElementsAre(Pair("alice.tunnels.example", offer.client_inner)));
}

TEST_F(Dns, ADeletedAccountHasNothingInTheDns) {
  connect_router(40000, kThree);
  EXPECT_EQ(world.ask(DeleteAccountRequest{.login = "alice"}).status, AdminStatus::Done);
  world.run_for(seconds(1));

  EXPECT_THAT(world.dns().delegations(), IsEmpty());
  EXPECT_THAT(world.dns().host_names(), IsEmpty());
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Dns, WhatACrashKeptFromBeingWithdrawnIsWithdrawnAtTheNextStart) {
  connect_router(40000, kThree);
  world.store().inject(StoreFault::LostAfterDone);
  world.command(DeleteAccountRequest{.login = "alice"});
  ASSERT_TRUE(world.run_until([&] { return !world.disk().find("alice").has_value(); }, minutes(1)));
  ASSERT_FALSE(world.dns().delegations().empty());
  world.crash(seconds(1), false);

  EXPECT_TRUE(world.run_until([&] { return world.alive() && world.dns().complete(); }, minutes(1)));
  EXPECT_THAT(world.dns().delegations(), IsEmpty());
}

TEST_F(Dns, WhatACrashKeptFromBeingPublishedIsPublishedAtTheNextStart) {
  world.set_store_delay_max(seconds(2));
  Peer peer(world, 40000);
  peer.name_servers(kThree);
  EXPECT_EQ(peer.log_in_plain("alice", "wonderland"), kSuccess);
  std::optional<Offer> offer = peer.create_offer(56);
  ASSERT_TRUE(offer.has_value());
  peer.cast(peer.sequence() + 1, Peer::action("accept"));
  ASSERT_TRUE(world.run_until([&] { return !stored().empty(); }, minutes(1)));
  ASSERT_THAT(world.dns().delegations(), IsEmpty());
  world.crash(seconds(1), true);

  EXPECT_TRUE(world.run_until([&] { return world.alive() && world.dns().complete(); }, minutes(1)));
  EXPECT_THAT(world.dns().delegations(), ElementsAre(Pair(*offer->delegated, kThree)));
}

TEST_F(Dns, EveryAccountIsPublishedAtStart) {
  for (int i = 0; i < 1100; ++i) {
    static_cast<void>(world.add_account("host" + std::to_string(i), "secret"));
  }
  const Offer offer = connect_router(40000, kThree);
  world.crash(seconds(1), false);
  ASSERT_TRUE(world.run_until([&] { return world.alive(); }, minutes(1)));
  EXPECT_FALSE(world.dns().complete());

  EXPECT_TRUE(world.run_until([&] { return world.dns().complete(); }, minutes(1)));
  EXPECT_THAT(world.dns().delegations(), ElementsAre(Pair(*offer.delegated, kThree)));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Dns, AStoreThatIsAwayDelaysTheDnsAndNotTheTunnel) {
  Peer peer(world, 40000);
  peer.name_servers(kThree);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  const auto offer = peer.create_offer(56);
  ASSERT_TRUE(offer.has_value());
  ASSERT_TRUE(peer.accept());
  world.store().inject(StoreFault::Unavailable);
  EXPECT_TRUE(ping(peer, *offer));
  world.run_for(seconds(5));
  world.store().inject(StoreFault::None);
  world.run_for(seconds(5));

  EXPECT_THAT(world.dns().delegations(), ElementsAre(Pair(*offer->delegated, kThree)));
}

class WithoutDns : public Dns {
 protected:
  WithoutDns() : Dns(default_world()) {}
};

TEST_F(WithoutDns, NameServersAreNotListenedTo) {
  const Offer offer = connect_router(40000, kThree);

  EXPECT_TRUE(offer.delegated.has_value());
  EXPECT_THAT(offer.name_servers, IsEmpty());
  EXPECT_EQ(offer.client_name, std::nullopt);
  EXPECT_THAT(stored(), IsEmpty());
  EXPECT_THAT(world.dns().delegations(), IsEmpty());
}

}  // namespace dns_scenario_test
}  // namespace tsp::sim
