// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: clients that have IPv6 only, and get IPv4 in it.
#include <chrono>
#include <string>

#include "adapters/sim/gogoc_client.h"
#include "adapters/sim/scenario.h"
#include "core/dataplane/packet_test_makers.h"
#include "core/pool/layout.h"
#include "core/wire/message.h"

namespace tsp::sim {
namespace v4v6_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;

WorldOptions world_with_ipv4() {
  WorldOptions options = default_world();
  options.broker.types = {TunnelType::V6V4, TunnelType::V6UdpV4, TunnelType::V4V6};
  options.broker.ipv4_pool = pool::derive_ipv4_layout(*parse_ipv4_prefix("100.64.0.0/16")).value();
  options.broker.ipv4_prefix_limits = {24, 30};
  return options;
}

IPv6Address ipv6(std::string_view text) {
  return *parse_ipv6(text);
}

const IPv6Address kHome = ipv6("2001:db8:c::7");

class IPv4InIPv6 : public Scenario {
 protected:
  IPv4InIPv6() : Scenario(world_with_ipv4()) {}

  Offer connect_alice(Peer& peer, std::optional<std::uint8_t> router_length = std::nullopt) {
    return connect(peer, "alice", "wonderland", router_length);
  }
  // The answer to an account's create from there.
  std::optional<std::string> refusal_from(const IPv6Address& address) {
    Peer peer(world, 40000, address);
    EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
    return peer.create();
  }
  static Bytes echo_request(const IPv6Address& source, const IPv6Address& destination) {
    return dataplane::test::make_echo_request({source, destination});
  }
  bool ping_bare(Peer& peer, const IPv6Address& source, const IPv6Address& destination) {
    peer.take_bare();
    peer.send_bare(echo_request(source, destination));
    world.run_for(seconds(1));
    const std::vector<Bytes> packets = peer.take_bare();
    return packets.size() == 1 && packets[0].size() > 20 && packets[0][0] >> 4 == 4 && packets[0][20] == 0;
  }
  const TunnelSpec& only_tunnel() {
    EXPECT_EQ(live_tunnels(), 1U);
    tunnels_ = world.datapath().tunnels().list();
    return tunnels_.front();
  }

 private:
  std::vector<TunnelSpec> tunnels_;
};

// ---- what is offered (RFC 5572 sections 3.1 and 4.4.1) ----------------------------------------------------------

TEST_F(IPv4InIPv6, IsAllThatIsPossibleOverIPv6) {
  EXPECT_EQ(Peer(world, 40000, kHome).greet(), "CAPABILITY TUNNEL=V4V6 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n");
  EXPECT_EQ(Peer(world, 40000).greet(),
            "CAPABILITY TUNNEL=V6V4 TUNNEL=V6UDPV4 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n");
}

TEST_F(IPv4InIPv6, OtherTypesOverIPv6Are303) {
  Peer peer(world, 40000, kHome);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  for (const RequestedType type : {RequestedType::V6V4, RequestedType::V6AnyV4}) {
    peer.want(type, {{192, 0, 2, 9}});
    EXPECT_EQ(peer.create(), framed_error("303 Unsupported tunnel type"));
  }
}

TEST_F(IPv4InIPv6, OverIPv4Is303) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  peer.want(RequestedType::V4V6, {{192, 0, 2, 9}});
  EXPECT_EQ(peer.create(), framed_error("303 Unsupported tunnel type"));
}

TEST_F(IPv4InIPv6, ThatIsSwitchedOffIs303) {
  configure([](BrokerConfig& config) { config.types = {TunnelType::V6V4}; });
  EXPECT_EQ(Peer(world, 40001, kHome).greet(), "CAPABILITY AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n");
  EXPECT_EQ(refusal_from(kHome), framed_error("303 Unsupported tunnel type"));
}

TEST_F(IPv4InIPv6, AHostGetsOneAddressOfItsOwn) {
  Peer peer(world, 40000, kHome);
  const Offer offer = connect_alice(peer);
  EXPECT_EQ(offer.type, TunnelType::V4V6);
  EXPECT_EQ(offer.client_outer, kHome);
  EXPECT_EQ(offer.server_outer, peer.path().local.address);
  EXPECT_EQ(to_unmapped_text(offer.server_inner), "100.64.0.1");
  EXPECT_TRUE(world.config().ipv4_pool->hosts.contains(offer.client_inner));
  EXPECT_EQ(offer.keepalive_address, offer.server_inner);
  EXPECT_EQ(offer.delegated, std::nullopt);
  const TunnelSpec& tunnel = only_tunnel();
  EXPECT_EQ(tunnel.type, TunnelType::V4V6);
  EXPECT_EQ(tunnel.path, (FourTuple{{kHome, 0}, {peer.path().local.address, 0}}));
  EXPECT_TRUE(tunnel.confirmed);
}

TEST_F(IPv4InIPv6, ARouterGetsAnIPv4Prefix) {
  Peer peer(world, 40000, kHome);
  const Offer offer = connect_alice(peer, 28);
  ASSERT_TRUE(offer.delegated);
  EXPECT_EQ(to_text(*offer.delegated), "100.64.128.0/28");
  EXPECT_EQ(only_tunnel().delegated, offer.delegated);
}

TEST_F(IPv4InIPv6, APrefixOfAnotherLengthTakesTheOldOnesPlace) {
  Peer peer(world, 40000, kHome);
  const Offer first = connect_alice(peer, 28);
  const Offer second = connect_alice(peer, 29);
  world.run_for(seconds(2));
  EXPECT_EQ(to_text(*second.delegated), "100.64.128.16/29") << "the old one is in quarantine";
  EXPECT_EQ(second.client_inner, first.client_inner);
  EXPECT_EQ(connect_alice(peer, 29).delegated, second.delegated);
  EXPECT_EQ(connect_alice(peer, 28).delegated, first.delegated) << "the account may have it back";
}

TEST_F(IPv4InIPv6, PrefixesOfOtherLengthsAre518) {
  Peer peer(world, 40000, kHome);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  for (const int length : {23, 31, 32, 48, 64, 128}) {
    EXPECT_EQ(peer.create(static_cast<std::uint8_t>(length)), framed_error("518 Unsupported prefix length")) << length;
    EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  }
}

// ---- one account ------------------------------------------------------------------------------------------------

TEST_F(IPv4InIPv6, TheAddressIsKeptBesideThatOfTheOtherFamily) {
  Peer over_ipv6(world, 40000, kHome);
  const Offer ipv4 = connect_alice(over_ipv6);
  Peer over_ipv4(world, 40001);
  const Offer ipv6_inside = connect_alice(over_ipv4, 64);
  EXPECT_EQ(only_tunnel().type, TunnelType::V6UdpV4) << "an account has one tunnel";
  const Offer again = connect_alice(over_ipv6);
  EXPECT_EQ(again.client_inner, ipv4.client_inner);
  EXPECT_EQ(only_tunnel().type, TunnelType::V4V6);
  EXPECT_EQ(connect_alice(over_ipv4, 64).delegated, ipv6_inside.delegated);
}

TEST_F(IPv4InIPv6, AnotherAddressOutsideTakesTheTunnelAlong) {
  Peer home(world, 40000, kHome);
  const Offer first = connect_alice(home);
  Peer elsewhere(world, 40000, ipv6("2001:db8:d::9"));
  EXPECT_EQ(connect_alice(elsewhere).client_inner, first.client_inner);
  EXPECT_EQ(only_tunnel().path.remote.address, ipv6("2001:db8:d::9"));
}

TEST_F(IPv4InIPv6, ADeletedAccountsAddressesAreNobodysForAWhile) {
  Peer peer(world, 40000, kHome);
  const Offer offer = connect_alice(peer, 24);
  static_cast<void>(world.ask(DeleteAccountRequest{.login = "alice"}));
  world.run_for(seconds(5));
  EXPECT_EQ(live_tunnels(), 0U);
  Peer other(world, 40000, ipv6("2001:db8:d::9"));
  const Offer next = connect(other, "bob", "builder", 24);
  EXPECT_NE(next.client_inner, offer.client_inner);
  EXPECT_EQ(to_text(*next.delegated), "100.64.129.0/24");
}

TEST_F(IPv4InIPv6, ATunnelOutlivesTheBrokersCrash) {
  Peer peer(world, 40000, kHome);
  const Offer offer = connect_alice(peer, 28);
  world.crash(seconds(5), false);
  world.run_for(seconds(10));
  EXPECT_EQ(only_tunnel().inner, offer.client_inner);
  EXPECT_EQ(only_tunnel().delegated, offer.delegated);
}

TEST_F(IPv4InIPv6, NameServersOfAnIPv4PrefixArePassedOver) {
  configure([](BrokerConfig& config) { config.dns = DnsPolicy{.domain = "tunnels.example"}; });
  Peer over_ipv4(world, 40001);
  over_ipv4.name_servers({"ns.alice.example"});
  EXPECT_EQ(connect_alice(over_ipv4, 56).name_servers, std::vector<std::string>{"ns.alice.example"});
  Peer peer(world, 40000, kHome);
  peer.name_servers({"ns.other.example"});
  const Offer offer = connect_alice(peer, 28);
  EXPECT_TRUE(offer.name_servers.empty());
  EXPECT_EQ(offer.client_name, std::nullopt);
  EXPECT_EQ(connect_alice(over_ipv4, 56).name_servers, std::vector<std::string>{"ns.alice.example"});
}

TEST_F(IPv4InIPv6, NothingOfAnIPv4PrefixIsInTheDns) {
  configure([](BrokerConfig& config) { config.dns = DnsPolicy{.domain = "tunnels.example"}; });
  Peer over_ipv4(world, 40001);
  over_ipv4.name_servers({"ns.alice.example"});
  static_cast<void>(connect_alice(over_ipv4, 56));
  Peer peer(world, 40000, kHome);
  static_cast<void>(connect_alice(peer, 28));
  static_cast<void>(connect_alice(peer, 29));
  world.crash(seconds(5), false);  // it takes what is in quarantine out of the DNS as it starts
  world.run_for(seconds(10));
  for (const auto& [prefix, names] : world.dns().delegations()) EXPECT_FALSE(is_mapped(prefix)) << to_text(prefix);
  EXPECT_EQ(world.dns().delegations().size(), 1U);
}

// ---- packets ----------------------------------------------------------------------------------------------------

TEST_F(IPv4InIPv6, EchoRequestsToTheServerAddressAreAnswered) {
  Peer peer(world, 40000, kHome);
  const Offer offer = connect_alice(peer);
  EXPECT_TRUE(ping_bare(peer, offer.client_inner, offer.server_inner));
}

TEST_F(IPv4InIPv6, RoutersReachEachOther) {
  Peer alice(world, 40000, kHome);
  const Offer of_alice = connect_alice(alice, 28);
  Peer bob(world, 40000, ipv6("2001:db8:d::9"));
  const Offer of_bob = connect(bob, "bob", "builder", 28);
  bob.take_bare();
  alice.send_bare(echo_request(of_alice.delegated->base, of_bob.delegated->base));
  world.run_for(seconds(1));
  EXPECT_EQ(bob.take_bare().size(), 1U);
}

TEST_F(IPv4InIPv6, ForeignSourcesAndIPv6InsideAreDropped) {
  Peer peer(world, 40000, kHome);
  const Offer offer = connect_alice(peer);
  peer.take_bare();
  peer.send_bare(echo_request(map_ipv4({{100, 64, 0, 77}}), offer.server_inner));
  peer.send_bare(make_echo_request(ipv6("2001:db8:1::5"), ipv6("2001:db8:1::1"), 1));
  world.run_for(seconds(1));
  EXPECT_TRUE(peer.take_bare().empty());
  EXPECT_EQ(world.datapath().dropped(dataplane::DropReason::ForeignSource), 1U);
  EXPECT_EQ(world.datapath().dropped(dataplane::DropReason::WrongVersion), 1U);
}

TEST_F(IPv4InIPv6, WhatTheDatapathHasLostIsNotTheClientsYet) {
  Peer peer(world, 40000, kHome);
  const Offer before = connect_alice(peer);
  world.datapath().inject(DatapathFault::Failed);
  world.datapath().reset();
  world.run_for(seconds(1));
  Peer again(world, 40001, kHome);
  EXPECT_EQ(again.log_in_digest("alice", "wonderland"), kSuccess);
  EXPECT_TRUE(again.create_offer().has_value());
  EXPECT_FALSE(again.accept()) << "although the broker knows a tunnel with the same lease on the same path";
  world.datapath().inject(DatapathFault::None);
  world.run_for(seconds(10));
  EXPECT_EQ(connect_alice(again).client_inner, before.client_inner);
}

TEST_F(IPv4InIPv6, AnIdleTunnelEnds) {
  Peer peer(world, 40000, kHome);
  const Offer offer = connect_alice(peer);
  for (int minute = 0; minute < 4; ++minute) {
    EXPECT_TRUE(ping_bare(peer, offer.client_inner, offer.server_inner));
    world.run_for(minutes(1));
  }
  EXPECT_EQ(live_tunnels(), 1U);
  world.run_for(minutes(4));
  EXPECT_EQ(live_tunnels(), 0U);
}

// ---- the address outside ----------------------------------------------------------------------------------------

TEST_F(IPv4InIPv6, TheSourceCountsNotWhatIsClaimed) {
  Peer peer(world, 40000, kHome);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  const wire::CreateRequest request{.type = RequestedType::V4V6, .client_ipv6 = ipv6("2001:db8:9::9")};
  EXPECT_TRUE(wire::parse_offer_reply(peer.say(wire::framed_request(wire::create_text(request))).value()).has_value());
  EXPECT_TRUE(peer.accept());
  EXPECT_EQ(only_tunnel().path.remote.address, kHome);
}

TEST_F(IPv4InIPv6, WithoutAnAddressItIs502) {
  Peer peer(world, 40000, kHome);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  const wire::CreateRequest request{.type = RequestedType::V4V6, .client_ipv4 = IPv4Address{{192, 0, 2, 9}}};
  EXPECT_EQ(peer.say(wire::framed_request(wire::create_text(request))), framed_error("502 Invalid IPv6 address"));
}

TEST_F(IPv4InIPv6, FromWhereNoTunnelCanLeadItIs502) {
  configure([](BrokerConfig& config) { config.own_addresses = {ipv6("2001:db8:b::2")}; });
  for (const char* address : {"fe80::7", "2001:db8:b::2", "2001:db8:1:8000::7", "2002:a00:1::1"}) {
    EXPECT_EQ(refusal_from(ipv6(address)), framed_error("502 Invalid IPv6 address")) << address;
  }
}

TEST_F(IPv4InIPv6, AnotherAccountsAddressOutsideIsInUse) {
  Peer peer(world, 40000, kHome);
  static_cast<void>(connect_alice(peer));
  Peer neighbour(world, 40001, kHome);
  EXPECT_EQ(neighbour.log_in_digest("bob", "builder"), kSuccess);
  EXPECT_EQ(neighbour.create(), framed_error("506 IPv4 address already used for existing tunnel"));
}

TEST_F(IPv4InIPv6, AnonymousClientsAreCountedByTheirSlash64) {
  configure([](BrokerConfig& config) { config.anonymous_tunnels_per_source_max = 2; });
  Peer first(world, 40000, ipv6("2001:db8:c::1"));
  Peer second(world, 40000, ipv6("2001:db8:c::2"));
  EXPECT_TRUE(world.config().ipv4_pool->anonymous->contains(connect_anonymously(first).client_inner));
  static_cast<void>(connect_anonymously(second));
  Peer third(world, 40000, ipv6("2001:db8:c::3"));
  EXPECT_EQ(third.log_in_anonymously(), kSuccess);
  EXPECT_EQ(third.create(), framed_error("301 No more tunnels available"));
  Peer stranger(world, 40000, ipv6("2001:db8:c:1::1"));
  static_cast<void>(connect_anonymously(stranger));
}

}  // namespace v4v6_scenario_test
}  // namespace tsp::sim
