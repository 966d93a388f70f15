// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: clients that are sent to another broker, and a broker that drains.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "adapters/sim/scenario.h"
#include "core/wire/examples.h"

namespace tsp::sim {
namespace redirect_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What old clients read (RFC 5572 section 4.7.4 has no example of it). The example ends in the NUL that they need after
// AUTHENTICATE; at VERSION there is none.
constexpr std::string_view kAtVersion =
    wire::examples::kRedirectAtAuthenticate.substr(0, wire::examples::kRedirectAtAuthenticate.size() - 1);
constexpr std::string_view kAtCreate = wire::examples::kRedirectAtCreate;
constexpr std::string_view kBusy = "530 Server too busy\r\n";
const std::string kFull = framed_error("301 No more tunnels available");

WorldOptions two_more_brokers(std::uint32_t tunnels_max) {
  WorldOptions options = default_world();
  options.broker.tunnels_max = tunnels_max;
  // The second is named after the first whoever asks.
  options.broker.other_brokers = {{IPv4Address{{192, 0, 2, 33}}, 1}, {std::string("ts1.example.net"), 0}};
  return options;
}

std::vector<OtherBroker> brokers_by_address(std::size_t count) {
  std::vector<OtherBroker> brokers(count);
  for (std::uint8_t i = 0; i < count; ++i) {
    brokers[i].address.host.emplace<IPv4Address>(IPv4Address{{192, 0, 2, static_cast<std::uint8_t>(40 + i)}});
  }
  return brokers;
}

// Every peer has an address of its own, as the limits are by source.
IPv4Address source(std::uint8_t number) {
  return {{198, 18, 1, number}};
}

class Redirects : public Scenario {
 protected:
  explicit Redirects(WorldOptions options = two_more_brokers(1000)) : Scenario(std::move(options)) {}

  AdminReply drain(std::optional<Duration> deadline = std::nullopt) { return world.ask(DrainRequest{deadline}); }
  // The same of a broker that would otherwise be empty, and stop.
  void drain_with_a_tunnel() {
    Peer holder(world, 40000, source(250));
    connect(holder, "alice", "wonderland");
    drain();
  }
  Counters counters() { return world.broker().status().counters; }
  void use_brokers(std::vector<OtherBroker> brokers) {
    BrokerConfig config = world.config();
    config.other_brokers = std::move(brokers);
    world.reload(config);
  }
};

class FullBroker : public Redirects {
 protected:
  FullBroker() : Redirects(two_more_brokers(1)) {}
};

// ---- full -------------------------------------------------------------------------------------------------------

TEST_F(FullBroker, AGreetingIsAnsweredWithTheOtherBrokersAndNoSessionIsKept) {
  Peer first(world, 40000, source(1));
  connect(first, "alice", "wonderland");
  const auto sessions = counters().sessions_now;
  Peer second(world, 40000, source(2));
  EXPECT_EQ(second.greet(), kAtVersion);
  EXPECT_EQ(counters().sessions_now, sessions);
  EXPECT_EQ(counters().redirects_sent, 1U);
  EXPECT_EQ(world.events().back().detail, "limits.tunnels_max");
}

TEST_F(FullBroker, AClientFromTheAddressOfATunnelIsNotOneMoreAndMayComeBack) {
  Peer first(world, 40000, source(1));
  const Offer offer = connect(first, "alice", "wonderland");
  Peer restarted(world, 40001, source(1));
  EXPECT_EQ(connect(restarted, "alice", "wonderland").client_inner, offer.client_inner);
  EXPECT_EQ(live_tunnels(), 1U);
}

// Only its account tells that it has no tunnel here.
TEST_F(FullBroker, AtCreateTheListComesInAFrameAndTheSessionEnds) {
  Peer first(world, 40000, source(1));
  connect(first, "alice", "wonderland");
  Peer neighbour(world, 40001, source(1));
  EXPECT_EQ(neighbour.log_in_digest("bob", "builder"), kSuccess);
  EXPECT_EQ(neighbour.create(), kAtCreate);
  EXPECT_EQ(neighbour.create(), std::nullopt) << "the session has ended";
  EXPECT_EQ(live_tunnels(), 1U);
  EXPECT_THAT(world.events().back().detail, HasSubstr("redirected: limits.tunnels_max"));
}

TEST_F(FullBroker, ARepeatedCreateGetsTheSameList) {
  Peer first(world, 40000, source(1));
  connect(first, "alice", "wonderland");
  Peer neighbour(world, 40001, source(1));
  EXPECT_EQ(neighbour.log_in_digest("bob", "builder"), kSuccess);
  EXPECT_EQ(neighbour.create(), kAtCreate);
  neighbour.set_sequence(neighbour.sequence() - 1);
  EXPECT_EQ(neighbour.create(), kAtCreate);
  EXPECT_EQ(counters().redirects_sent, 1U);
}

TEST_F(FullBroker, WithoutOtherBrokersTheAnswersAreThePlainOnes) {
  use_brokers({});
  Peer first(world, 40000, source(1));
  connect(first, "alice", "wonderland");
  Peer second(world, 40000, source(2));
  EXPECT_EQ(second.log_in_digest("bob", "builder"), kSuccess);
  EXPECT_EQ(second.create(), kFull);
}

// A limit of one source or account is not to be got around with the help of another broker.
TEST_F(Redirects, WhoHasReachedALimitOfHisOwnIsNotSentOn) {
  BrokerConfig config = world.config();
  config.anonymous_tunnels_per_source_max = 1;
  world.reload(config);
  Peer first(world, 40000, source(1));
  connect_anonymously(first);
  Peer second(world, 40001, source(1));
  EXPECT_EQ(second.log_in_anonymously(), kSuccess);
  EXPECT_EQ(second.create(), kFull);
}

// ---- what is in the list ----------------------------------------------------------------------------------------

TEST_F(Redirects, ADatagramNamesNoMoreThanThreeOfTheBrokersAndNoneByIPv6) {
  std::vector<OtherBroker> brokers = brokers_by_address(7);
  brokers[0] = {.address = *parse_ipv6("2001:db8::33"), .weight = 100};
  use_brokers(brokers);
  drain_with_a_tunnel();
  const std::string list = Peer(world, 40000, source(1)).greet().value_or("");
  std::size_t named = 0;
  for (auto at = list.find("<address"); at != std::string::npos; at = list.find("<address", at + 1)) ++named;
  EXPECT_EQ(named, 3U) << list;
  EXPECT_THAT(list, Not(HasSubstr("ipv6")));
}

TEST_F(Redirects, NobodyIsSentBackToTheAddressHeCameTo) {
  use_brokers({{IPv4Address{{192, 0, 2, 1}}, 5}, {IPv4Address{{192, 0, 2, 33}}, 1}});
  drain_with_a_tunnel();
  Peer peer(world, 40000, source(1));
  ASSERT_EQ(to_text(peer.path().local.ipv4()), "192.0.2.1");
  const std::string list = peer.greet().value_or("");
  EXPECT_THAT(list, HasSubstr(">192.0.2.33<"));
  EXPECT_THAT(list, Not(HasSubstr(">192.0.2.1<")));
}

TEST_F(Redirects, ClientsAreSpreadByTheBrokersWeights) {
  use_brokers({{IPv4Address{{192, 0, 2, 33}}, 3}, {IPv4Address{{192, 0, 2, 34}}, 1}});
  drain_with_a_tunnel();
  int first_named_heavier = 0;
  for (std::uint8_t i = 1; i <= 200; ++i) {
    const std::string list = Peer(world, 40000, source(i)).greet().value_or("");
    ASSERT_THAT(list, HasSubstr("192.0.2.34"));
    if (list.find("192.0.2.33") < list.find("192.0.2.34")) ++first_named_heavier;
  }
  EXPECT_NEAR(first_named_heavier, 150, 25);
}

TEST_F(Redirects, AVersionThatIsNotSpokenIsSaidToBeThat) {
  drain_with_a_tunnel();
  EXPECT_EQ(Peer(world, 40000).say("VERSION=1.0\r\n"), "302 Unsupported client version\r\n");
}

// ---- how often --------------------------------------------------------------------------------------------------

TEST_F(Redirects, AClientThatIsSentInACircleIsToldToWait) {
  drain_with_a_tunnel();
  for (std::uint16_t port = 40000; port < 40003; ++port) {
    EXPECT_EQ(Peer(world, port, source(1)).greet(), kAtVersion);
  }
  EXPECT_EQ(Peer(world, 40003, source(1)).greet(), kBusy);
  EXPECT_EQ(Peer(world, 40004, source(2)).greet(), kAtVersion) << "somebody else";
  world.run_for(seconds(20));
  EXPECT_EQ(Peer(world, 40005, source(1)).greet(), kAtVersion);
}

TEST_F(Redirects, AFloodOfGreetingsIsAnsweredNoMoreThanHellosAre) {
  BrokerConfig config = world.config();
  config.hello_per_source = {.per_second = 1, .burst = 2};
  world.reload(config);
  drain_with_a_tunnel();
  for (std::uint16_t port = 40000; port < 40003; ++port) {
    Peer peer(world, port, source(1));
    peer.cast(0xF0, "VERSION=2.0.2\r\n");
  }
  world.run_for(seconds(5));
  EXPECT_EQ(counters().redirects_sent, 2U);
  EXPECT_EQ(counters().hellos_limited, 1U);
}

// The distance probe of clients that have been given a list.
TEST_F(Redirects, EchoRequestsAreLimitedAsGreetingsAreAndLeaveNothingBehind) {
  BrokerConfig config = world.config();
  config.hello_per_source = {.per_second = 1, .burst = 3};
  world.reload(config);
  const std::size_t before = world.to_nobody().size();
  for (std::uint16_t port = 40000; port < 40010; ++port) Peer(world, port, source(1)).cast(0xF0, "ECHO REQUEST");
  world.run_for(seconds(5));
  EXPECT_EQ(world.to_nobody().size() - before, 3U);
  for (std::size_t i = before; i < world.to_nobody().size(); ++i) {
    EXPECT_LE(world.to_nobody()[i].payload.size(), 21U) << "hardly more than was asked with";
  }
  EXPECT_EQ(counters().hellos_limited, 7U);
  EXPECT_EQ(counters().sessions_started, 0U);
}

// ---- draining ---------------------------------------------------------------------------------------------------

TEST_F(Redirects, ADrainingBrokerSendsEverybodyOnAndKeepsTheTunnelsItHas) {
  Peer peer(world, 40000, source(1));
  const Offer offer = connect(peer, "alice", "wonderland");
  const AdminReply reply = drain();
  EXPECT_EQ(reply.status, AdminStatus::Done);
  EXPECT_EQ(reply.state.value().drain.value().tunnels, 1U);
  EXPECT_EQ(reply.state->drain->remaining, std::nullopt);
  EXPECT_EQ(Peer(world, 40000, source(2)).greet(), kAtVersion);
  EXPECT_EQ(Peer(world, 40001, source(1)).greet(), kAtVersion) << "the client with the tunnel, too: it is to move";
  EXPECT_TRUE(ping(peer, offer));
  EXPECT_FALSE(world.stopped());
}

TEST_F(Redirects, WhoHasLoggedInBeforeIsSentOnAtCreateAndHisOldTunnelStays) {
  Peer peer(world, 40000, source(1));
  const Offer offer = connect(peer, "alice", "wonderland");
  drain();
  EXPECT_EQ(peer.create(), kAtCreate);
  EXPECT_TRUE(ping(peer, offer));
  Peer other(world, 40000, source(2));
  EXPECT_EQ(world.ask(UndrainRequest{}).status, AdminStatus::Done);
  EXPECT_EQ(other.log_in_digest("bob", "builder"), kSuccess);
  drain();
  EXPECT_EQ(other.create(), kAtCreate);
}

TEST_F(Redirects, AnOfferMadeBeforeTheDrainIsKept) {
  Peer peer(world, 40000, source(1));
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  const auto offer = peer.create_offer();
  ASSERT_TRUE(offer.has_value());
  drain(minutes(5));
  EXPECT_TRUE(peer.accept());
  EXPECT_TRUE(ping(peer, *offer));
}

TEST_F(Redirects, TheBrokerStopsWhenItsLastTunnelIsGone) {
  Peer peer(world, 40000, source(1));
  connect(peer, "alice", "wonderland");
  drain();
  world.run_for(seconds(100));
  EXPECT_FALSE(world.stopped()) << "its client may only be slow";
  EXPECT_TRUE(world.run_until([&] { return world.stopped(); }, minutes(5)));
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(world.count_events(EventCode::Drained), 1U);
  EXPECT_TRUE(world.disk().tunnels().empty());
}

TEST_F(Redirects, ADrainWaitsForAClientThatWasKickedAndSendsItOn) {
  Peer peer(world, 40000, source(1));
  connect(peer, "alice", "wonderland");
  drain();
  world.run_for(seconds(20));
  EXPECT_EQ(world.ask(KickTunnelRequest{world.disk().tunnels().begin()->first}).status, AdminStatus::Done);
  world.run_for(seconds(75));
  EXPECT_EQ(Peer(world, 40001, source(1)).greet(), kAtVersion) << "it has missed three keepalives";
  EXPECT_TRUE(world.run_until([&] { return world.stopped(); }, seconds(16)));
}

TEST_F(Redirects, ADeadlineDoesNotWaitForAClientThatWasKicked) {
  Peer peer(world, 40000, source(1));
  connect(peer, "alice", "wonderland");
  drain(seconds(30));
  EXPECT_EQ(world.ask(KickTunnelRequest{world.disk().tunnels().begin()->first}).status, AdminStatus::Done);
  EXPECT_TRUE(world.run_until([&] { return world.stopped(); }, seconds(31)));
}

TEST_F(Redirects, AnEmptyBrokerStopsAtOnceButNotBeforeItHasSaidSo) {
  const AdminReply reply = drain();
  EXPECT_EQ(reply.status, AdminStatus::Done);
  EXPECT_FALSE(world.stopped());
  EXPECT_TRUE(world.run_until([&] { return world.stopped(); }, seconds(2)));
}

TEST_F(Redirects, AtTheDeadlineTheBrokerStopsAndTheTunnelsThatAreLeftStayInTheStore) {
  Peer peer(world, 40000, source(1));
  const Offer offer = connect(peer, "alice", "wonderland");
  EXPECT_EQ(drain(seconds(30)).state.value().drain.value().remaining, seconds(30));
  world.run_for(seconds(20));
  EXPECT_TRUE(ping(peer, offer));
  EXPECT_FALSE(world.stopped());
  EXPECT_TRUE(world.run_until([&] { return world.stopped(); }, seconds(10)));
  EXPECT_EQ(world.disk().tunnels().size(), 1U);
  EXPECT_EQ(world.events().back().detail, "the deadline has come, 1 tunnel left");
}

TEST_F(Redirects, AnotherDeadlineTakesThePlaceOfTheFirst) {
  Peer peer(world, 40000, source(1));
  connect(peer, "alice", "wonderland");
  drain(seconds(10));
  drain(seconds(60));
  world.run_for(seconds(50));
  EXPECT_FALSE(world.stopped());
}

TEST_F(Redirects, UndrainServesAgain) {
  Peer peer(world, 40000, source(1));
  connect(peer, "alice", "wonderland");
  drain(seconds(30));
  EXPECT_EQ(world.ask(UndrainRequest{}).state.value().drain.has_value(), false);
  Peer other(world, 40000, source(2));
  connect(other, "bob", "builder");
  world.run_for(seconds(60));
  EXPECT_FALSE(world.stopped());
  EXPECT_EQ(world.ask(UndrainRequest{}).status, AdminStatus::Done) << "said again";
}

TEST_F(Redirects, ARestartKnowsNothingOfADrain) {
  Peer peer(world, 40000, source(1));
  connect(peer, "alice", "wonderland");
  drain();
  world.crash(seconds(1), true);
  world.run_for(seconds(3));
  Peer other(world, 40000, source(2));
  connect(other, "bob", "builder");
  EXPECT_FALSE(world.ask(StatusRequest{}).state.value().drain.has_value());
}

TEST_F(Redirects, ADrainWithoutOtherBrokersTellsClientsToComeBack) {
  use_brokers({});
  Peer peer(world, 40000, source(1));
  connect(peer, "alice", "wonderland");
  drain();
  EXPECT_EQ(Peer(world, 40000, source(2)).greet(), kBusy);
  EXPECT_EQ(peer.create(), kFull);
}

TEST_F(Redirects, ADeadlineThatIsNoneIsRefused) {
  EXPECT_EQ(drain(seconds(0)).status, AdminStatus::Invalid);
  EXPECT_THAT(drain(std::chrono::hours(24 * 400)).message, StartsWith("deadline_seconds:"));
  EXPECT_FALSE(world.ask(StatusRequest{}).state.value().drain.has_value());
}

// ---- over TCP ---------------------------------------------------------------------------------------------------

// There the peer has proved its address, and is told of all brokers.
TEST_F(Redirects, OverTcpTheListIsWholeAndTheConnectionIsClosed) {
  use_brokers(brokers_by_address(8));
  drain();
  const StreamId stream{1};
  world.tell(StreamOpened{stream, {make_endpoint(source(1), 50000), make_endpoint(IPv4Address{{192, 0, 2, 1}}, 3653)}});
  world.tell(StreamBytesArrived{stream, as_bytes("VERSION=2.0.2\r\n")});
  const auto orders = world.take_stream_orders();
  ASSERT_EQ(orders.size(), 2U);
  const auto* sent = std::get_if<SendStream>(&orders[0]);
  ASSERT_NE(sent, nullptr);
  const std::string_view text = as_text(sent->bytes);
  EXPECT_TRUE(text.starts_with("1530 Server too busy\r\n<tunnel action=\"list\"")) << text;
  for (int i = 0; i < 8; ++i) EXPECT_THAT(text, HasSubstr(">192.0.2." + std::to_string(40 + i) + "<"));
  EXPECT_TRUE(std::holds_alternative<CloseStream>(orders[1]));
}

}  // namespace redirect_scenario_test
}  // namespace tsp::sim
