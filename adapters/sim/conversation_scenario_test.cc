// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: conversations over UDP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "adapters/sim/scenario.h"
#include "core/auth/digest_md5.h"
#include "core/wire/message.h"

namespace tsp::sim {
namespace conversation_scenario_test {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::StartsWith;

// ---- the reliable conversation --------------------------------------------------------------------------------

TEST_F(Scenario, ARetransmissionAtEachStepGetsTheSameBytesAndNothingHappensTwice) {
  Peer peer(world, 40000);
  const auto twice = [&](std::string_view text) {
    const auto first = peer.say(text);
    const auto second = peer.send(peer.sequence(), text, 777);
    EXPECT_TRUE(first.has_value());
    EXPECT_EQ(first, second) << text;
    return first.value_or("");
  };
  twice("VERSION=2.0.2\r\n");
  const auto challenge = auth::parse_challenge(twice("AUTHENTICATE DIGEST-MD5\r\n"));
  ASSERT_TRUE(challenge.has_value());
  twice(auth::make_response(*challenge, "alice", "wonderland", "1", "x").token + "\r\n");
  EXPECT_EQ(twice(""), kSuccess);
  const std::string create =
      "Content-length: 143\r\n<tunnel action=\"create\" type=\"v6udpv4\"><client><address "
      "type=\"ipv4\">10.1.1.5</address><keepalive interval=\"30\"></keepalive></client></tunnel>\r\n";
  twice(create);
  const std::uint64_t claims = world.broker().status().claims;
  EXPECT_EQ(twice(Peer::action("accept")), "");
  EXPECT_EQ(world.broker().status().claims, claims);
  EXPECT_EQ(world.broker().status().counters.sessions_started, 1U);
  EXPECT_EQ(world.count_events(EventCode::TunnelUp), 1U);
  EXPECT_EQ(live_tunnels(), 1U);
}

TEST_F(Scenario, TheCachedReplyIsNotSentForEver) {
  Peer peer(world, 40000);
  peer.greet();
  int answers = 0;
  for (int i = 0; i < 20; ++i) answers += peer.send(peer.sequence(), "VERSION=2.0.2\r\n").has_value() ? 1 : 0;
  EXPECT_EQ(answers, 8);
}

TEST_F(Scenario, SequenceNumbersMayStartAnywhereAndWrap) {
  for (const std::uint32_t start : {0x0U, 0x1U, 0xF0U, 0xFFFFFFEU}) {
    Peer peer(world, static_cast<std::uint16_t>(41000 + start % 100));
    peer.set_sequence(start - 1);
    connect_anonymously(peer);
  }
  EXPECT_EQ(live_tunnels(), 4U);
}

TEST_F(Scenario, AMessageAfterALostPollIsAccepted) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_anonymously(), kSuccess);
  peer.set_sequence(peer.sequence() + 1);
  EXPECT_TRUE(peer.create_offer().has_value());
}

TEST_F(Scenario, ALateDuplicateOfAnEarlierMessageIsIgnored) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_anonymously(), kSuccess);
  ASSERT_TRUE(peer.create_offer().has_value());
  EXPECT_EQ(peer.send(0xF1, "AUTHENTICATE ANONYMOUS\r\n"), std::nullopt);
  EXPECT_TRUE(peer.accept());
}

TEST_F(Scenario, ALateDuplicateOfVersionDoesNotDisturbTheNegotiation) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_anonymously(), kSuccess);
  EXPECT_THAT(peer.send(0xF0, "VERSION=2.0.2\r\n").value_or(""), StartsWith("CAPABILITY "));
  ASSERT_TRUE(peer.create_offer().has_value());
  EXPECT_TRUE(peer.accept());
}

TEST_F(Scenario, AnAbandonedSessionIsForgottenWithWhatItWasOffered) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(peer.create_offer(56).has_value());
  EXPECT_EQ(world.disk().claims().size(), 2U);
  world.run_for(seconds(75));
  EXPECT_EQ(world.broker().status().counters.sessions_now, 0U);
  EXPECT_TRUE(world.disk().claims().empty());
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Scenario, StrangersWhoDoNotGreetAreNotAnswered) {
  Peer peer(world, 40000);
  for (const std::string_view text : {"", "AUTHENTICATE ANONYMOUS\r\n", "200 Success\r\n", "CAPABILITY X\r\n",
                                      "Content-length: 4\r\nabcd", "310 TSP status error\r\n"}) {
    EXPECT_EQ(peer.say(text), std::nullopt) << text;
  }
  EXPECT_EQ(world.broker().status().counters.sessions_now, 0U);
}

TEST_F(Scenario, AnotherServersPortIsNotAnswered) {
  EXPECT_EQ(Peer(world, 3653).greet(), std::nullopt);
  EXPECT_EQ(Peer(world, 53).greet(), std::nullopt);
}

TEST_F(Scenario, AnEchoRequestIsAnsweredWithoutASession) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.say("ECHO REQUEST"), kSuccess);
  EXPECT_EQ(world.broker().status().counters.sessions_now, 0U);
}

TEST_F(Scenario, AnUnsupportedVersionIsRefusedWithoutASession) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.say("VERSION=0.1\r\n"), "302 Unsupported client version\r\n");
  EXPECT_EQ(world.broker().status().counters.sessions_now, 0U);
}

// ---- authentication -------------------------------------------------------------------------------------------

TEST_F(Scenario, UnknownUserAndWrongPasswordGetTheSameAnswer) {
  EXPECT_EQ(Peer(world, 40000).log_in_digest("alice", "wrong"), kAuthFailed);
  EXPECT_EQ(Peer(world, 40001).log_in_digest("nobody", "wonderland"), kAuthFailed);
  EXPECT_EQ(Peer(world, 40002).log_in_plain("alice", "wrong"), kAuthFailed);
  EXPECT_EQ(Peer(world, 40003).log_in_plain("nobody", "wonderland"), kAuthFailed);
  EXPECT_EQ(world.count_events(EventCode::AuthenticationFailed), 4U);
}

TEST_F(Scenario, AFailedAuthenticationEndsTheSession) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_plain("alice", "wrong"), kAuthFailed);
  EXPECT_EQ(peer.say("AUTHENTICATE ANONYMOUS\r\n"), std::nullopt);
}

TEST_F(Scenario, APasswordGuesserIsStoppedButTheOwnerIsNot) {
  Peer guesser(world, 50000, IPv4Address{{203, 0, 113, 66}});
  for (int i = 0; i < 30; ++i) {
    guesser.set_sequence(0xEF + static_cast<std::uint32_t>(i) * 100);
    EXPECT_EQ(guesser.log_in_plain("alice", "guess" + std::to_string(i)), kAuthFailed);
  }
  guesser.set_sequence(0xEF + 9000);
  EXPECT_EQ(guesser.log_in_plain("alice", "wonderland"), kAuthFailed) << "even the right password, for a while";
  Peer owner(world, 40000);
  EXPECT_EQ(owner.log_in_plain("alice", "wonderland"), kSuccess);
}

// ---- offers ---------------------------------------------------------------------------------------------------

TEST_F(Scenario, AnAccountKeepsItsAddressAndPrefixFromWhereverItComes) {
  Peer first(world, 40000);
  const Offer at_home = connect(first, "alice", "wonderland", 56);
  ASSERT_TRUE(at_home.delegated.has_value());
  Peer second(world, 50000, IPv4Address{{203, 0, 113, 9}});
  const Offer abroad = connect(second, "alice", "wonderland", 56);
  EXPECT_EQ(abroad.client_inner, at_home.client_inner);
  EXPECT_EQ(abroad.delegated, at_home.delegated);
  EXPECT_EQ(live_tunnels(), 1U);
  EXPECT_FALSE(ping(first, at_home));
  EXPECT_TRUE(ping(second, abroad));
}

TEST_F(Scenario, TheOldTunnelServesUntilTheNewOneIsAccepted) {
  Peer first(world, 40000);
  const Offer offer = connect(first, "alice", "wonderland");
  Peer second(world, 50000);
  EXPECT_EQ(second.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(second.create_offer().has_value());
  EXPECT_TRUE(ping(first, offer));
  EXPECT_TRUE(second.accept());
  EXPECT_FALSE(ping(first, offer));
}

TEST_F(Scenario, AHostKeepsItsPrefixReserved) {
  Peer router(world, 40000);
  const Offer as_router = connect(router, "alice", "wonderland", 60);
  Peer host(world, 40001);
  EXPECT_FALSE(connect(host, "alice", "wonderland").delegated.has_value());
  Peer again(world, 40002);
  EXPECT_EQ(connect(again, "alice", "wonderland", 60).delegated, as_router.delegated);
}

TEST_F(Scenario, AnotherLengthReplacesThePrefixAndTheOldOneIsQuarantined) {
  Peer first(world, 40000);
  const Offer before = connect(first, "alice", "wonderland", 60);
  Peer second(world, 40001);
  const Offer after = connect(second, "alice", "wonderland", 56);
  ASSERT_TRUE(before.delegated && after.delegated);
  EXPECT_EQ(after.client_inner, before.client_inner);
  world.run_for(seconds(1));
  EXPECT_EQ(world.disk().claims().at(*before.delegated).state, ClaimState::Quarantined);
  EXPECT_EQ(world.disk().claims().at(*after.delegated).state, ClaimState::Held);
  world.run_for(minutes(32));
  EXPECT_FALSE(world.disk().claims().contains(*before.delegated));
}

TEST_F(Scenario, WhatARouterCannotHaveIsRefusedWithTheRightStatus) {
  Peer anonymous(world, 40000);
  EXPECT_EQ(anonymous.log_in_anonymously(), kSuccess);
  EXPECT_EQ(anonymous.create(64), framed_error("522 Prefix requested for anonymous"));
  Peer alice(world, 40001);
  EXPECT_EQ(alice.log_in_digest("alice", "wonderland"), kSuccess);
  EXPECT_EQ(alice.create(48), framed_error("518 Unsupported prefix length"));
  EXPECT_EQ(alice.create(65), framed_error("518 Unsupported prefix length"));
  Peer bob(world, 40002);
  EXPECT_EQ(bob.log_in_digest("bob", "builder"), kSuccess);
  EXPECT_EQ(bob.create(0), framed_error("518 Unsupported prefix length"));
  EXPECT_EQ(bob.say(wire::framed_request("<tunnel action=\"create\" type=\"v6udpv4\"><client><address "
                                         "type=\"ipv4\">10.0.0.2</address><router/></client></tunnel>")),
            framed_error("520 Missing prefix length"));
}

TEST_F(Scenario, TypesThatCannotBeCreatedGet303AndAMissingAddress501) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_anonymously(), kSuccess);
  EXPECT_EQ(peer.say(wire::framed_request("<tunnel action=\"create\" type=\"v6v4\"><client><address "
                                          "type=\"ipv4\">10.0.0.2</address></client></tunnel>")),
            framed_error("303 Unsupported tunnel type"));
  EXPECT_EQ(peer.say(wire::framed_request("<tunnel action=\"create\" type=\"v6udpv4\"><client/></tunnel>")),
            framed_error("501 Invalid IPv4 address"));
}

TEST_F(Scenario, AnonymousAddressesAreQuarantinedAfterUse) {
  Peer peer(world, 40000);
  const Offer offer = connect_anonymously(peer);
  world.run_for(minutes(4));
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(world.disk().claims().at(host_prefix(offer.client_inner)).state, ClaimState::Quarantined);
  world.run_for(minutes(6));
  EXPECT_TRUE(world.disk().claims().empty());
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Scenario, AMessageThatIsTooLargeIsABadRequest) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_anonymously(), kSuccess);
  EXPECT_EQ(peer.say("Content-length: 5000\r\n" + std::string(5000, 'x')),
            framed_error("500 Invalid request format or specified length"));
}

class Quotas : public Scenario {
 protected:
  static WorldOptions few() {
    WorldOptions options = default_world();
    options.broker.tunnels_max = 3;
    options.broker.anonymous_tunnels_per_source_max = 2;
    return options;
  }
  Quotas() : Scenario(few()) {}
};

TEST_F(Quotas, HoldAlsoForOffersThatWereMadeBeforeTheLastPlaceWasTaken) {
  Peer first(world, 40000);
  Peer second(world, 40001);
  Peer third(world, 40002);
  for (Peer* peer : {&first, &second, &third}) {
    EXPECT_EQ(peer->log_in_anonymously(), kSuccess);
    EXPECT_TRUE(peer->create_offer().has_value());
  }
  EXPECT_TRUE(first.accept());
  EXPECT_TRUE(second.accept());
  EXPECT_EQ(third.say(Peer::action("accept")), framed_error("301 No more tunnels available"));
  EXPECT_EQ(third.create(), framed_error("301 No more tunnels available"));
}

TEST_F(Quotas, ATunnelThatTakesAnothersPlaceIsNotOneMore) {
  for (std::uint16_t i = 0; i < 2; ++i) {
    Peer anonymous(world, static_cast<std::uint16_t>(40000 + i));
    connect_anonymously(anonymous);
  }
  Peer home(world, 41000);
  connect(home, "alice", "wonderland");
  Peer bob(world, 42000);
  EXPECT_EQ(bob.log_in_digest("bob", "builder"), kSuccess);
  EXPECT_EQ(bob.create(), framed_error("301 No more tunnels available"));
  Peer office(world, 43000);
  connect(office, "alice", "wonderland");
  EXPECT_EQ(live_tunnels(), 3U);
}

TEST_F(Scenario, RejectGivesTheAddressBack) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(peer.create_offer(56).has_value());
  EXPECT_EQ(peer.say(Peer::action("reject")), "");
  world.run_for(seconds(1));
  EXPECT_TRUE(world.disk().claims().empty());
}

TEST_F(Scenario, DeleteEndsTheTunnelAndKeepsTheReservation) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  EXPECT_EQ(peer.say(Peer::action("delete")), "Content-length: 13\r\n200 Success\r\n");
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(world.disk().claims().at(host_prefix(offer.client_inner)).state, ClaimState::Held);
  EXPECT_EQ(peer.say(Peer::action("delete")), framed_error("310 Server side error"));
}

TEST_F(Scenario, InfoRepeatsTheParametersOfTheTunnel) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_anonymously(), kSuccess);
  const auto offered = peer.create();
  EXPECT_TRUE(peer.accept());
  EXPECT_EQ(peer.say(Peer::action("info")), offered);
}

TEST_F(Scenario, InfoWithoutATunnelIsA310) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_anonymously(), kSuccess);
  EXPECT_EQ(peer.say(Peer::action("info")), framed_error("310 Server side error"));
}

// ---- the same path again ----------------------------------------------------------------------------------------

TEST_F(Scenario, AClientThatRestartsBehindTheSameMappingGetsItsTunnelAgain) {
  Peer peer(world, 40000);
  const Offer before = connect(peer, "alice", "wonderland");
  peer.set_sequence(0xEF);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  const auto after = peer.create_offer();
  ASSERT_TRUE(after.has_value());
  EXPECT_TRUE(ping(peer, before));
  EXPECT_TRUE(peer.accept());
  EXPECT_EQ(after->client_inner, before.client_inner);
  EXPECT_EQ(live_tunnels(), 1U);
  EXPECT_TRUE(ping(peer, *after));
}

TEST_F(Scenario, AForgedVersionDoesNotDisturbATunnel) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  for (std::uint32_t i = 0; i < 20; ++i) peer.cast(0xF0 + 1000 * i, "VERSION=2.0.2\r\n");
  world.run_for(minutes(1));
  EXPECT_TRUE(ping(peer, offer));
  EXPECT_EQ(world.count_events(EventCode::TunnelDown), 0U);
}

TEST_F(Scenario, AForgedAnonymousSessionChangesNothingForAnAnonymousClient) {
  Peer peer(world, 40000);
  const Offer offer = connect_anonymously(peer);
  EXPECT_TRUE(ping(peer, offer));
  Peer forger(world, 40000);
  forger.set_sequence(5000);
  const Offer forged = connect_anonymously(forger);
  EXPECT_EQ(forged.client_inner, offer.client_inner);
  EXPECT_TRUE(ping(peer, offer));
  EXPECT_EQ(world.count_events(EventCode::TunnelDown), 0U);
}

// Between two keepalives a client says nothing: whoever is quick must not profit from that.
TEST_F(Scenario, AQuickForgedSessionDoesNotTakeTheTunnelOfAnAccountBetweenItsKeepalives) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  ASSERT_TRUE(ping(peer, offer));
  world.run_for(seconds(offer.keepalive_seconds - 1));
  Peer forger(world, 40000);
  forger.set_sequence(5000);
  EXPECT_EQ(forger.log_in_anonymously(), kSuccess);
  ASSERT_TRUE(forger.create_offer().has_value());
  EXPECT_FALSE(forger.accept());
  EXPECT_TRUE(ping(peer, offer));
}

TEST_F(Scenario, AForgedAnonymousSessionDoesNotTakeTheTunnelOfAnAccountThatIsInUse) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  Peer forger(world, 40000);
  forger.set_sequence(5000);
  EXPECT_EQ(forger.log_in_anonymously(), kSuccess);
  ASSERT_TRUE(forger.create_offer().has_value());
  EXPECT_TRUE(ping(peer, offer));
  EXPECT_FALSE(forger.accept());
  EXPECT_TRUE(ping(peer, offer));
}

TEST_F(Scenario, AnAbandonedMappingCanBeUsedByTheNextAnonymousClient) {
  Peer peer(world, 40000);
  const Offer old = connect(peer, "alice", "wonderland");
  world.run_for(seconds(2 * old.keepalive_seconds + 5));
  Peer next(world, 40000);
  next.set_sequence(5000);
  const Offer offer = connect_anonymously(next);
  EXPECT_TRUE(ping(next, offer));
  EXPECT_EQ(live_tunnels(), 1U);
}

// ---- confirmation ---------------------------------------------------------------------------------------------

TEST_F(Scenario, NothingIsSentToAnAnonymousClientBeforeItsFirstPacket) {
  Peer peer(world, 40000);
  const Offer offer = connect_anonymously(peer);
  peer.take_datagrams();
  world.datapath().route(make_echo_request(*parse_ipv6("2001:db8:ffff::1"), offer.client_inner, 1));
  world.run_for(seconds(1));
  EXPECT_TRUE(peer.take_datagrams().empty());
  EXPECT_TRUE(ping(peer, offer));
  world.datapath().route(make_echo_request(*parse_ipv6("2001:db8:ffff::1"), offer.client_inner, 2));
  world.run_for(seconds(1));
  EXPECT_EQ(peer.take_datagrams().size(), 1U);
  EXPECT_TRUE(world.disk().tunnels().begin()->second.confirmed);
}

TEST_F(Scenario, AClientThatProvedItsAddressIsServedAtOnce) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  peer.take_datagrams();
  world.datapath().route(make_echo_request(*parse_ipv6("2001:db8:ffff::1"), offer.client_inner, 1));
  world.run_for(seconds(1));
  EXPECT_EQ(peer.take_datagrams().size(), 1U);
}

// ---- lifetimes ------------------------------------------------------------------------------------------------

TEST_F(Scenario, ATunnelLivesAsLongAsItsClientKeepsItAlive) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  for (int i = 0; i < 10; ++i) {
    world.run_for(minutes(1));
    EXPECT_TRUE(ping(peer, offer));
  }
  world.run_for(minutes(3));
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Scenario, TwoDevicesOnOneAccountAreDamped) {
  Peer home(world, 40000);
  Peer office(world, 40001);
  bool refused = false;
  for (int i = 0; i < 8 && !refused; ++i) {
    Peer& peer = i % 2 == 0 ? home : office;
    peer.set_sequence(static_cast<std::uint32_t>(i) * 1000);
    EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
    const auto answer = peer.create();
    refused = answer == framed_error("301 No more tunnels available");
    if (!refused) {
      EXPECT_TRUE(peer.accept());
    }
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(world.count_events(EventCode::EvictionsDamped), 1U);
  world.run_for(minutes(2));
  Peer later(world, 40002);
  connect(later, "alice", "wonderland");
}

// Found by seed 3000338: two devices on one account.
TEST_F(Scenario, WhoseTunnelWasReplacedWhileItAskedForMoreIsToldNoYes) {
  Peer first(world, 40000);
  connect(first, "alice", "wonderland");
  Peer second(world, 40001);
  EXPECT_EQ(second.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(second.create_offer().has_value());
  world.datapath().inject(DatapathFault::Stalled);
  second.cast(second.sequence() + 1, Peer::action("accept"));
  world.run_for(seconds(1));
  world.store().inject(StoreFault::Unavailable);
  EXPECT_EQ(first.create(60), std::nullopt) << "it is being worked on";
  world.datapath().inject(DatapathFault::None);
  world.run_for(seconds(61));
  EXPECT_EQ(first.say(Peer::action("accept")), framed_error("500 Invalid request format or specified length"));
}

}  // namespace conversation_scenario_test
}  // namespace tsp::sim
