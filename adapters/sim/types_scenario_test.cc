// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: which type of tunnel a client gets, and tunnels in protocol 41.
#include <chrono>
#include <string>

#include "adapters/sim/scenario.h"
#include "core/wire/message.h"

namespace tsp::sim {
namespace types_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;
using namespace std::string_literals;

constexpr IPv4Address kPublic{{198, 18, 0, 7}};
constexpr IPv4Address kPrivate{{10, 1, 1, 5}};

class Types : public Scenario {
 protected:
  // Logs in and asks; the offer.
  std::optional<Offer> ask(Peer& peer, RequestedType type, const IPv4Address& claimed) {
    EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
    peer.want(type, claimed);
    return peer.create_offer();
  }
  // A tunnel in protocol 41, from that peer's address.
  Offer connect_bare(Peer& peer, const std::string& login = "alice", const std::string& password = "wonderland") {
    peer.want(RequestedType::V6V4, kPublic);
    return connect(peer, login, password);
  }
  bool ping_bare(Peer& peer, const Offer& offer) {
    peer.take_bare();
    peer.send_bare(make_echo_request(offer.client_inner, offer.server_inner, 1));
    world.run_for(seconds(1));
    const std::vector<Bytes> packets = peer.take_bare();
    return packets.size() == 1 && packets[0].size() > 40 && packets[0][40] == 129;
  }
};

// ---- the choice (RFC 5572 section 4.4.1) ------------------------------------------------------------------------

TEST_F(Types, CapabilityNamesWhatTheTransportCanCarry) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.greet(), "CAPABILITY TUNNEL=V6V4 TUNNEL=V6UDPV4 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n");
  configure([](BrokerConfig& config) { config.types = {TunnelType::V6UdpV4}; });
  EXPECT_EQ(Peer(world, 40001).greet(), "CAPABILITY TUNNEL=V6UDPV4 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n");
}

TEST_F(Types, AnyWithoutNatIsProtocol41) {
  Peer peer(world, 40000);
  const auto offer = ask(peer, RequestedType::V6AnyV4, kPublic);
  ASSERT_TRUE(offer.has_value());
  EXPECT_EQ(offer->type, TunnelType::V6V4);
  EXPECT_EQ(offer->client_outer, map_ipv4(kPublic));
}

TEST_F(Types, AnyBehindANatIsUdp) {
  Peer peer(world, 40000);
  const auto offer = ask(peer, RequestedType::V6AnyV4, kPrivate);
  ASSERT_TRUE(offer.has_value());
  EXPECT_EQ(offer->type, TunnelType::V6UdpV4);
}

TEST_F(Types, AnyWithoutNatIsUdpWhereUdpIsPreferred) {
  configure([](BrokerConfig& config) { config.prefer_udp = true; });
  Peer peer(world, 40000);
  const auto offer = ask(peer, RequestedType::V6AnyV4, kPublic);
  ASSERT_TRUE(offer.has_value());
  EXPECT_EQ(offer->type, TunnelType::V6UdpV4);
}

TEST_F(Types, AnyFromAnAddressThatProtocol41MustNotHaveIsUdp) {
  configure([](BrokerConfig& config) { config.allow_private_outer_addresses = false; });
  Peer peer(world, 40000);
  const auto offer = ask(peer, RequestedType::V6AnyV4, kPublic);
  ASSERT_TRUE(offer.has_value());
  EXPECT_EQ(offer->type, TunnelType::V6UdpV4);
}

TEST_F(Types, Protocol41BehindANatIs303) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  peer.want(RequestedType::V6V4, kPrivate);
  EXPECT_EQ(peer.create(), framed_error("303 Unsupported tunnel type"));
}

TEST_F(Types, Protocol41ToAReservedAddressIs501) {
  configure([](BrokerConfig& config) { config.allow_private_outer_addresses = false; });
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  peer.want(RequestedType::V6V4, kPublic);
  EXPECT_EQ(peer.create(), framed_error("501 Invalid IPv4 address"));
}

TEST_F(Types, Protocol41ToTheBrokersOwnAddressIs501) {
  configure([](BrokerConfig& config) { config.own_addresses = {map_ipv4(kPublic)}; });
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  peer.want(RequestedType::V6V4, kPublic);
  EXPECT_EQ(peer.create(), framed_error("501 Invalid IPv4 address"));
}

// ---- proxy="yes" ------------------------------------------------------------------------------------------------

constexpr IPv4Address kThird{{198, 18, 0, 99}};

class Proxies : public Types {
 protected:
  Proxies() {
    configure([](BrokerConfig& config) { config.allow_proxy = true; });
  }
  std::optional<std::string> ask_for_third(Peer& peer, RequestedType type = RequestedType::V6V4) {
    EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
    peer.want(type, kThird);
    peer.act_as_proxy();
    return peer.create();
  }
};

TEST_F(Types, AProxyIsRefusedUnlessItIsAllowed) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  peer.want(RequestedType::V6V4, kThird);
  peer.act_as_proxy();
  EXPECT_EQ(peer.create(), framed_error("303 Unsupported tunnel type"));
}

TEST_F(Proxies, TheTunnelGoesToTheMachineThatIsNamed) {
  Peer proxy(world, 40000);
  EXPECT_EQ(proxy.log_in_digest("alice", "wonderland"), kSuccess);
  proxy.want(RequestedType::V6V4, kThird);
  proxy.act_as_proxy();
  const auto offer = proxy.create_offer();
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->client_outer, map_ipv4(kThird));
  ASSERT_TRUE(proxy.accept());
  Peer third(world, 0, kThird);

  EXPECT_TRUE(ping_bare(third, *offer));
  EXPECT_FALSE(ping_bare(proxy, *offer));
}

TEST_F(Proxies, NothingIsSentToAMachineThatHasNotSpoken) {
  Peer proxy(world, 40000);
  EXPECT_EQ(proxy.log_in_digest("alice", "wonderland"), kSuccess);
  proxy.want(RequestedType::V6V4, kThird);
  proxy.act_as_proxy();
  const auto offer = proxy.create_offer();
  ASSERT_TRUE(offer && proxy.accept());
  Peer third(world, 0, kThird);

  world.datapath().route(make_echo_request(*parse_ipv6("2001:db8:ffff::80"), offer->client_inner, 1));
  world.run_for(seconds(1));

  EXPECT_TRUE(third.take_bare().empty());
  EXPECT_FALSE(world.disk().tunnels().begin()->second.confirmed);
}

TEST_F(Proxies, AnonymousOnesAreRefused) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_anonymously(), kSuccess);
  peer.want(RequestedType::V6V4, kThird);
  peer.act_as_proxy();
  EXPECT_EQ(peer.create(), framed_error("303 Unsupported tunnel type"));
}

TEST_F(Proxies, NoTunnelInUdpIsMadeForOne) {
  Peer peer(world, 40000);
  EXPECT_EQ(ask_for_third(peer, RequestedType::V6UdpV4), framed_error("303 Unsupported tunnel type"));
}

TEST_F(Proxies, TheBrokersOwnAddressIsRefused) {
  configure([](BrokerConfig& config) { config.own_addresses = {map_ipv4(kThird)}; });
  Peer peer(world, 40000);
  EXPECT_EQ(ask_for_third(peer), framed_error("501 Invalid IPv4 address"));
}

TEST_F(Proxies, AMachineThatHasATunnelKeepsIt) {
  Peer bob(world, 40001, kThird);
  bob.want(RequestedType::V6V4, kThird);
  connect(bob, "bob", "builder");
  Peer proxy(world, 40000);
  EXPECT_EQ(ask_for_third(proxy), framed_error("506 IPv4 address already used for existing tunnel"));
}

TEST_F(Proxies, WhoIsThereTakesTheAddressFromAProxy) {
  Peer proxy(world, 40000);
  ASSERT_TRUE(ask_for_third(proxy));
  ASSERT_TRUE(proxy.accept());
  Peer bob(world, 40001, kThird);
  bob.want(RequestedType::V6V4, kThird);
  const Offer offer = connect(bob, "bob", "builder");
  EXPECT_TRUE(ping_bare(bob, offer));
  EXPECT_EQ(live_tunnels(), 1U);
}

TEST_F(Types, ATypeThatIsSwitchedOffIs303) {
  configure([](BrokerConfig& config) { config.types = {TunnelType::V6V4}; });
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  EXPECT_EQ(peer.create(), framed_error("303 Unsupported tunnel type"));
}

// ---- tunnels in protocol 41 -------------------------------------------------------------------------------------

TEST_F(Types, PacketsInProtocol41ReachTheClientAndItsAnswersTheBroker) {
  Peer peer(world, 40000);
  const Offer offer = connect_bare(peer);
  EXPECT_EQ(offer.type, TunnelType::V6V4);
  EXPECT_TRUE(ping_bare(peer, offer));
  EXPECT_FALSE(ping(peer, offer)) << "its UDP path carries no packets";
}

TEST_F(Types, AnAccountKeepsItsAddressAndPrefixWhateverTypeItComesBackWith) {
  Peer first(world, 40000);
  const Offer in_udp = connect(first, "alice", "wonderland", 60);
  Peer second(world, 40001);
  second.want(RequestedType::V6V4, kPublic);
  const Offer bare = connect(second, "alice", "wonderland", 60);
  EXPECT_EQ(bare.type, TunnelType::V6V4);
  EXPECT_EQ(bare.client_inner, in_udp.client_inner);
  EXPECT_EQ(bare.delegated, in_udp.delegated);
  EXPECT_EQ(live_tunnels(), 1U) << "the new one has replaced the old one";
  EXPECT_TRUE(ping_bare(second, bare));
  Peer third(world, 40002);
  EXPECT_EQ(connect(third, "alice", "wonderland", 60).client_inner, in_udp.client_inner);
  EXPECT_EQ(live_tunnels(), 1U);
  world.run_for(seconds(1));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Types, TheAddressOfAnothersProtocol41TunnelIs506AndTheSameAccountReplaces) {
  Peer alice(world, 40000);
  const Offer offer = connect_bare(alice);
  Peer bob(world, 40001);
  EXPECT_EQ(bob.log_in_digest("bob", "builder"), kSuccess);
  bob.want(RequestedType::V6V4, kPublic);
  EXPECT_EQ(bob.create(), framed_error("506 IPv4 address already used for existing tunnel"));
  Peer again(world, 40002);
  EXPECT_EQ(connect_bare(again).client_inner, offer.client_inner);
  EXPECT_TRUE(ping_bare(again, offer));
}

TEST_F(Types, WhoWasFasterOnAnAddressKeepsItWhenTheOtherAccepts) {
  Peer alice(world, 40000);
  Peer bob(world, 40001);
  ASSERT_TRUE(ask(alice, RequestedType::V6V4, kPublic).has_value());
  EXPECT_EQ(bob.log_in_digest("bob", "builder"), kSuccess);
  bob.want(RequestedType::V6V4, kPublic);
  ASSERT_TRUE(bob.create_offer().has_value());
  EXPECT_TRUE(alice.accept());
  EXPECT_EQ(bob.say(Peer::action("accept")), framed_error("506 IPv4 address already used for existing tunnel"));
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Types, AnAnonymousTunnelOnAnAddressGivesWayToAnAccountThatHasProvedToBeThere) {
  Peer stranger(world, 40000);
  stranger.want(RequestedType::V6V4, kPublic);
  const Offer nobodys = connect_anonymously(stranger);
  Peer plain(world, 40001);
  EXPECT_EQ(plain.log_in_plain("alice", "wonderland"), kSuccess);
  plain.want(RequestedType::V6V4, kPublic);
  EXPECT_EQ(plain.create(), framed_error("506 IPv4 address already used for existing tunnel")) << "forged, perhaps";
  Peer proved(world, 40002);
  const Offer offer = connect_bare(proved);
  EXPECT_TRUE(ping_bare(proved, offer));
  EXPECT_NE(offer.client_inner, nobodys.client_inner);
  EXPECT_EQ(live_tunnels(), 1U);
}

TEST_F(Types, TheSameAnonymousClientGetsTheSameAddressAgain) {
  Peer first(world, 40000);
  first.want(RequestedType::V6V4, kPublic);
  const Offer before = connect_anonymously(first);
  Peer second(world, 40001);
  second.want(RequestedType::V6V4, kPublic);
  EXPECT_EQ(connect_anonymously(second).client_inner, before.client_inner);
  EXPECT_EQ(live_tunnels(), 1U);
}

TEST_F(Types, NothingIsSentInProtocol41BeforeTheClientHasShownThatItIsThere) {
  Peer peer(world, 40000);
  peer.want(RequestedType::V6V4, kPublic);
  const Offer offer = connect_anonymously(peer);
  world.datapath().route(make_echo_request(*parse_ipv6("2001:db8:ffff::1"), offer.client_inner, 1));
  world.run_for(seconds(1));
  EXPECT_THAT(peer.take_bare(), testing::IsEmpty());
  EXPECT_TRUE(ping_bare(peer, offer));
  world.datapath().route(make_echo_request(*parse_ipv6("2001:db8:ffff::1"), offer.client_inner, 2));
  world.run_for(seconds(1));
  EXPECT_EQ(peer.take_bare().size(), 1U);
}

TEST_F(Types, AnAnonymousRequestForProtocol41LeavesANeighboursTunnelInUdpAlone) {
  Peer alice(world, 40000);
  const Offer offer = connect(alice, "alice", "wonderland");
  Peer forger(world, 40000);  // the very same path
  forger.set_sequence(0x1000);
  forger.want(RequestedType::V6V4, kPublic);
  EXPECT_EQ(forger.log_in_anonymously(), kSuccess);
  EXPECT_TRUE(forger.create_offer().has_value());
  EXPECT_TRUE(forger.accept());
  EXPECT_TRUE(ping(alice, offer));
  EXPECT_EQ(live_tunnels(), 2U);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Types, ASilentTunnelInProtocol41Ends) {
  Peer peer(world, 40000);
  connect_bare(peer);
  world.run_for(minutes(4));
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Types, ATunnelInProtocol41SurvivesACrash) {
  Peer peer(world, 40000);
  const Offer offer = connect_bare(peer);
  world.crash(seconds(1), false);
  world.run_for(seconds(5));
  EXPECT_TRUE(ping_bare(peer, offer));
}

// ---- over TCP ---------------------------------------------------------------------------------------------------

class TypesOverTcp : public Types {
 protected:
  TypesOverTcp() {
    const FourTuple path{make_endpoint(kPublic, 50000), make_endpoint({{192, 0, 2, 1}}, 3653)};
    world.tell(StreamOpened{kStream, path});
  }
  std::string converse(std::string_view text) {
    world.tell(StreamBytesArrived{kStream, as_bytes(text)});
    world.run_for(seconds(1));
    std::string read;
    for (const Order& order : world.take_stream_orders()) {
      if (const auto* sent = std::get_if<SendStream>(&order)) read += as_text(sent->bytes);
      if (std::holds_alternative<CloseStream>(order)) read += "(closed)";
    }
    return read;
  }
  std::string create(const std::string& type, const std::string& claimed) {
    return converse(wire::framed_request("<tunnel action=\"create\" type=\"" + type +
                                         "\"><client><address type=\"ipv4\">" + claimed +
                                         "</address></client></tunnel>\r\n"));
  }

  static constexpr StreamId kStream{1};
};

TEST_F(TypesOverTcp, CapabilityNamesProtocol41Only) {
  EXPECT_EQ(converse("VERSION=2.0.2\r\n"), "CAPABILITY TUNNEL=V6V4 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n");
}

TEST_F(TypesOverTcp, ATunnelInProtocol41IsMadeAndOutlivesItsConnection) {
  converse("VERSION=2.0.2\r\n");
  converse("AUTHENTICATE PLAIN\r\n\0\0alice\0wonderland\r\n"s);
  const auto reply = wire::parse_offer_reply(create("v6anyv4", "198.18.0.7"));
  ASSERT_TRUE(reply && std::holds_alternative<Offer>(*reply));
  const Offer offer = std::get<Offer>(*reply);
  EXPECT_EQ(offer.type, TunnelType::V6V4);
  EXPECT_EQ(converse(Peer::action("accept")), "") << "nothing is said to an accept over TCP";
  Peer peer(world, 40000);
  EXPECT_TRUE(ping_bare(peer, offer));
  world.run_for(minutes(1));
  EXPECT_EQ(converse(""), "") << "with a tunnel it may be silent";
  world.tell(StreamClosed{kStream});
  EXPECT_TRUE(ping_bare(peer, offer));
}

TEST_F(TypesOverTcp, AnyBehindANatIs303) {
  converse("VERSION=2.0.2\r\nAUTHENTICATE ANONYMOUS\r\n");
  EXPECT_EQ(create("v6anyv4", "10.1.1.5"), framed_error("303 Unsupported tunnel type"));
}

}  // namespace types_scenario_test
}  // namespace tsp::sim
