// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: what operators do to accounts and tunnels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "adapters/sim/scenario.h"
#include "core/auth/digest_md5.h"
#include "core/pool/layout.h"

namespace tsp::sim {
namespace operator_scenario_test {

using std::chrono::seconds;
using testing::StartsWith;

class Operators : public Scenario {};

TEST_F(Operators, AnOperatorCanAddDisableEnableAndDeleteAnAccount) {
  EXPECT_EQ(world.ask(AddAccountRequest{.login = "carol", .password = "christmas"}).status, AdminStatus::Done);
  EXPECT_EQ(world.ask(AddAccountRequest{.login = "carol", .password = "other"}).status, AdminStatus::Exists);
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "carol", "christmas", 60);
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "carol", .enabled = false}).status, AdminStatus::Done);
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(Peer(world, 40001).log_in_digest("carol", "christmas"), kAuthFailed);
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "carol", .enabled = true}).status, AdminStatus::Done);
  Peer again(world, 40002);
  EXPECT_EQ(connect(again, "carol", "christmas", 60).delegated, offer.delegated);
  EXPECT_EQ(world.ask(DeleteAccountRequest{.login = "carol"}).status, AdminStatus::Done);
  EXPECT_EQ(live_tunnels(), 0U);
  world.run_for(seconds(1));
  EXPECT_EQ(world.disk().claims().at(*offer.delegated).state, ClaimState::Quarantined);
  EXPECT_EQ(world.ask(ShowAccountRequest{.login = "carol"}).status, AdminStatus::NotFound);
  EXPECT_EQ(world.find_disagreement(), std::nullopt);
}

TEST_F(Operators, ARequestThatIsNotUnderstoodIsAnEventWithItsClient) {
  Peer peer(world, 40000);
  ASSERT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  EXPECT_EQ(peer.say("Content-length: 5\r\n<tun>"), framed_error("500 Invalid request format or specified length"));
  EXPECT_EQ(peer.say(Peer::action("accept")), framed_error("500 Invalid request format or specified length"));
  EXPECT_EQ(peer.say(Peer::action("info")), framed_error("310 Server side error"));

  std::vector<std::string> details;
  for (const Event& event : world.events()) {
    if (event.code != EventCode::RequestRefused) continue;
    details.push_back(event.detail);
    EXPECT_EQ(event.login, "alice");
    EXPECT_TRUE(event.path);
  }
  EXPECT_THAT(details, testing::ElementsAre(
                           "500 Invalid request format or specified length: the XML cannot be read as a request",
                           "500 Invalid request format or specified length: accept or reject without an offer",
                           "310 Server side error: info without a tunnel"));
}

TEST_F(Operators, AnOfferCannotBeAcceptedAfterTheAccountWasDisabled) {
  Peer peer(world, 40000);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  ASSERT_TRUE(peer.create_offer().has_value());
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .enabled = false}).status, AdminStatus::Done);
  EXPECT_FALSE(peer.accept());
  EXPECT_EQ(live_tunnels(), 0U);
}

TEST_F(Operators, UnusedAddressesAreInThePoolAndNobodys) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  const AdminReply reply = world.ask(UnusedAddressesRequest{});
  EXPECT_EQ(reply.status, AdminStatus::Done);
  ASSERT_EQ(reply.addresses.size(), 2U);
  EXPECT_NE(reply.addresses[0], reply.addresses[1]);
  for (const IPv6Address& address : reply.addresses) {
    EXPECT_TRUE(world.config().pool.hosts.contains(address));
    EXPECT_NE(address, offer.client_inner);
    EXPECT_FALSE(world.disk().claims().contains(host_prefix(address)));
  }
}

TEST_F(Operators, BadAccountsAreRefusedWithTheNameOfTheField) {
  EXPECT_THAT(world.ask(AddAccountRequest{.login = "a:b", .password = "x"}).message, StartsWith("login:"));
  EXPECT_THAT(world.ask(AddAccountRequest{.login = "ab", .password = ""}).message, StartsWith("password:"));
  const auto add = [&](std::uint8_t shortest, std::uint8_t longest) {
    const PrefixLimits limits{.shortest = shortest, .longest = longest};
    return world.ask(AddAccountRequest{.login = "ab", .password = "x", .prefix_limits = limits}).message;
  };
  EXPECT_EQ(add(40, 64), "prefix_length_shortest: expected 48 to 64");
  EXPECT_EQ(add(48, 65), "prefix_length_longest: expected 48 to 64");
  EXPECT_EQ(add(60, 56), "prefix_length_shortest: expected no more than prefix_length_longest");
}

TEST_F(Operators, ChangeThePrefixLengthsOfTunnelsToCome) {
  Peer peer(world, 40000);
  const Offer before = connect(peer, "alice", "wonderland", 60);
  const auto set = [&](std::optional<PrefixLimits> limits) {
    return world.ask(ChangeAccountRequest{.login = "alice", .prefix_limits = std::optional(limits)});
  };
  EXPECT_EQ(set(PrefixLimits{62, 64}).status, AdminStatus::Done);
  EXPECT_TRUE(ping(peer, before)) << "the tunnel that is up stays up";
  EXPECT_EQ(world.ask(ShowAccountRequest{.login = "alice"}).accounts.at(0).record.prefixes.at(0).prefix,
            before.delegated);
  Peer again(world, 40001);
  EXPECT_EQ(again.log_in_digest("alice", "wonderland"), kSuccess);
  EXPECT_FALSE(again.create_offer(60));
  EXPECT_EQ(set(PrefixLimits{47, 64}).message, "prefix_length_shortest: expected 48 to 64");
  EXPECT_EQ(set(PrefixLimits{62, 60}).status, AdminStatus::Invalid);
  EXPECT_EQ(world.disk().find("alice")->account.prefix_limits, (PrefixLimits{62, 64}));
  EXPECT_EQ(set(std::nullopt).status, AdminStatus::Done);
  Peer last(world, 40002);
  EXPECT_EQ(connect(last, "alice", "wonderland", 60).delegated, before.delegated);
}

TEST_F(Operators, NoteSomethingAboutAnAccount) {
  const auto set = [&](const std::string& note) {
    return world.ask(ChangeAccountRequest{.login = "alice", .note = note}).status;
  };
  EXPECT_EQ(set("pays late"), AdminStatus::Done);
  EXPECT_EQ(set("two\nlines"), AdminStatus::Invalid);
  EXPECT_EQ(set("\xFF"), AdminStatus::Invalid);
  EXPECT_EQ(set(std::string(kNoteSizeMax + 1, 'x')), AdminStatus::Invalid);
  EXPECT_EQ(world.disk().find("alice")->account.note, "pays late");
  EXPECT_EQ(set(std::string(kNoteSizeMax, 'x')), AdminStatus::Done);
  EXPECT_EQ(set(""), AdminStatus::Done);
  EXPECT_EQ(world.disk().find("alice")->account.note, "");
}

TEST_F(Operators, ListTunnelsByWhoseTheyAreAndByTheirAddresses) {
  Peer peer(world, 40000);
  const Offer alices = connect(peer, "alice", "wonderland", 60);
  Peer other(world, 40001);
  const Offer bobs = connect(other, "bob", "builder");
  Peer third(world, 40002);
  connect_anonymously(third);
  const auto logins = [&](const ListTunnelsRequest& command) {
    std::set<std::string> all;
    for (const TunnelView& view : world.ask(command).tunnels) all.insert(view.record.login);
    return all;
  };
  using Logins = std::set<std::string>;
  EXPECT_EQ(logins({}), (Logins{"", "alice", "bob"}));
  EXPECT_EQ(logins({.login = "alice"}), Logins{"alice"});
  EXPECT_EQ(logins({.login = ""}), Logins{""});
  EXPECT_EQ(logins({.address = make_prefix(alices.delegated->base, 64)}), Logins{"alice"});
  EXPECT_EQ(logins({.address = host_prefix(bobs.client_inner)}), Logins{"bob"});
  EXPECT_EQ(logins({.login = "alice", .address = host_prefix(bobs.client_inner)}), Logins{});
  const IPv6Address outer = world.ask(ListTunnelsRequest{.login = "bob"}).tunnels.at(0).record.path.remote.address;
  EXPECT_TRUE(logins({.remote = host_prefix(outer)}).contains("bob"));
  EXPECT_EQ(logins({.remote = *parse_ipv4_prefix("203.0.113.0/32")}), Logins{});
}

TEST_F(Operators, AKickedTunnelIsGoneAndTheClientMayComeBack) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  const AdminReply list = world.ask(ListTunnelsRequest{});
  ASSERT_EQ(list.tunnels.size(), 1U);
  EXPECT_EQ(list.tunnels[0].record.login, "alice");
  EXPECT_EQ(world.ask(KickTunnelRequest{.id = list.tunnels[0].record.id}).status, AdminStatus::Done);
  EXPECT_FALSE(ping(peer, offer));
  EXPECT_EQ(world.ask(KickTunnelRequest{.id = list.tunnels[0].record.id}).status, AdminStatus::NotFound);
  peer.set_sequence(7000);
  EXPECT_EQ(connect(peer, "alice", "wonderland").client_inner, offer.client_inner);
}

TEST_F(Operators, SeeTunnelsByTypeAndWhyTheyEnded) {
  const auto udp_tunnels = [&] { return world.broker().status().tunnels.at(0); };
  Peer peer(world, 40000);
  connect(peer, "alice", "wonderland");
  EXPECT_EQ(udp_tunnels().type, TunnelType::V6UdpV4);
  EXPECT_EQ(udp_tunnels().active, 1U);
  const TunnelId id = world.ask(ListTunnelsRequest{}).tunnels.at(0).record.id;
  EXPECT_EQ(world.ask(KickTunnelRequest{.id = id}).status, AdminStatus::Done);
  EXPECT_EQ(udp_tunnels().active + udp_tunnels().installing + udp_tunnels().removing, 0U);
  const auto ended = world.broker().status().tunnels_ended;
  EXPECT_EQ(ended.at(EndReason::Kicked), 1U);
  EXPECT_EQ(ended.at(EndReason::Idle), 0U);
  EXPECT_EQ(ended.size(), kEndReasons.size());
}

TEST_F(Operators, SeeHowManyAnswersOfEachStatusClientsGot) {
  const auto replies = [&](unsigned code) { return world.broker().status().replies.at(code); };
  EXPECT_EQ(Peer(world, 40000).log_in_digest("alice", "looking-glass"), kAuthFailed);
  EXPECT_EQ(replies(300), 1U);
  EXPECT_EQ(replies(200), 0U);
  Peer peer(world, 40001);
  EXPECT_EQ(peer.log_in_digest("alice", "wonderland"), kSuccess);
  EXPECT_EQ(replies(200), 1U);
  ASSERT_TRUE(peer.create_offer().has_value());
  EXPECT_EQ(replies(200), 2U) << "in a frame";
  EXPECT_THAT(peer.create(40).value_or(""), testing::HasSubstr("518 "));
  EXPECT_EQ(replies(518), 1U);
  EXPECT_EQ(replies(1301), 0U) << "what never happened is told, too";
}

TEST_F(Operators, SeeWhatIsLeftInThePools) {
  const PoolView before = world.broker().status().ipv6_pool;
  Peer peer(world, 40000);
  connect(peer, "alice", "wonderland", 60);
  const PoolView after = world.broker().status().ipv6_pool;
  EXPECT_EQ(after.hosts_available, before.hosts_available - 1);
  EXPECT_EQ(after.prefixes_available.at(64), before.prefixes_available.at(64) - 16);
  EXPECT_EQ(after.prefixes_available.at(60), before.prefixes_available.at(60) - 1);
  EXPECT_EQ(after.claims, before.claims + 2);
  EXPECT_EQ(after.prefixes_available.begin()->first, world.config().prefix_limits.shortest);
  EXPECT_EQ(after.prefixes_available.rbegin()->first, world.config().prefix_limits.longest);
}

TEST_F(Operators, APasswordThatWasSetIsTheOneThatWorks) {
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .password = "looking-glass"}).status, AdminStatus::Done);
  EXPECT_EQ(Peer(world, 40000).log_in_digest("alice", "wonderland"), kAuthFailed);
  EXPECT_EQ(Peer(world, 40001).log_in_digest("alice", "looking-glass"), kSuccess);
}

TEST_F(Operators, AChangeOfWhichAPartIsRefusedChangesNothing) {
  ChangeAccountRequest change{.login = "alice", .password = "looking-glass", .enabled = false, .mtu = 1279};
  EXPECT_THAT(world.ask(change).message, StartsWith("mtu:"));
  change.mtu = 1400;
  change.home = BrokerId{77};
  EXPECT_THAT(world.ask(change).message, StartsWith("home:"));
  EXPECT_EQ(Peer(world, 40000).log_in_digest("alice", "wonderland"), kSuccess);

  change.force = true;
  EXPECT_EQ(world.ask(change).status, AdminStatus::Done);
  const auto account = world.disk().find("alice")->account;
  EXPECT_FALSE(account.enabled);
  EXPECT_EQ(account.mtu, 1400);
  EXPECT_EQ(account.home, BrokerId{77});
  EXPECT_EQ(account.verifier, auth::make_verifier("alice", "broker.example", "looking-glass"));
}

// Each reads the account and writes it back; the store may answer in any order.
TEST_F(Operators, TwoChangesAtATimeDoNotUndoEachOther) {
  world.set_store_delay_max(seconds(2));
  for (int i = 0; i < 20; ++i) {
    const bool enabled = i % 2 == 0;
    const std::string password = "password" + std::to_string(i);
    world.command(ChangeAccountRequest{.login = "alice", .enabled = !enabled});
    world.command(ChangeAccountRequest{.login = "alice", .password = password});
    EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .enabled = enabled}).status, AdminStatus::Done);
    const auto record = world.disk().find("alice");
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->account.enabled, enabled);
    EXPECT_EQ(record->account.verifier, auth::make_verifier("alice", "broker.example", password));
  }
}

// ---- another prefix ---------------------------------------------------------------------------------------------

TEST_F(Operators, AreToldOfAddressesThatAnotherPrefixLeavesBehind) {
  Peer peer(world, 40000);
  static_cast<void>(connect(peer, "alice", "wonderland", 56));
  configure([](BrokerConfig& config) { config.pool = pool::derive_layout(*parse_prefix("2001:db8:7::/48")).value(); });
  world.crash(seconds(5), false);
  world.run_for(seconds(10));
  const auto says = [](const Event& event) { return event.detail.starts_with("2 addresses and prefixes of accounts"); };
  EXPECT_EQ(std::ranges::count_if(world.events(), says), 1);
}

}  // namespace operator_scenario_test
}  // namespace tsp::sim
