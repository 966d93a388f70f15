// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: routers that do not speak TSP say where their tunnel's end is.
#include <chrono>
#include <functional>
#include <string>

#include "adapters/sim/scenario.h"

namespace tsp::sim {
namespace update_scenario_test {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr IPv4Address kHome{{198, 18, 0, 7}};
constexpr IPv4Address kElsewhere{{198, 18, 0, 8}};
constexpr IPv4Address kBroker{{192, 0, 2, 1}};  // the simulated broker's outer address

class Updates : public Scenario {
 protected:
  static FourTuple connection_from(const IPv4Address& peer) {
    return {.remote = make_endpoint(peer, 50000), .local = make_endpoint(kBroker, 8053)};
  }
  UpdateEndpointRequest of_alice(std::optional<IPv4Address> outer) const {
    return {.login = "alice", .key = alices_key, .host = "alice", .outer = outer, .peer = connection_from(kHome)};
  }
  UpdateEndpointRequest of_bob(std::optional<IPv4Address> outer) const {
    return {
        .login = "bob", .key = bobs_key, .host = "bob", .outer = outer, .peer = connection_from({{203, 0, 113, 9}})};
  }
  // What it was answered; what was promised is in the store and in the datapath at that moment.
  UpdateOutcome update(const UpdateEndpointRequest& request) {
    const AdminReply reply = world.ask(request);
    EXPECT_EQ(reply.status, AdminStatus::Done);
    const UpdateOutcome outcome = reply.update.value_or(UpdateOutcome::Unavailable);
    const bool promised = outcome == UpdateOutcome::Changed || outcome == UpdateOutcome::Unchanged;
    if (promised && request.outer) {
      const auto record = record_of(request.login);
      EXPECT_TRUE(record && record->path.remote == make_endpoint(*request.outer, 0));
      EXPECT_TRUE(record && world.datapath().tunnels().find(record->id) != nullptr);
    }
    return outcome;
  }
  // The youngest in the store.
  std::optional<TunnelRecord> record_of(const std::string& login) {
    std::optional<TunnelRecord> found;
    for (const auto& [id, record] : world.disk().tunnels()) {
      if (record.login == login && (!found || found->created < record.created)) found = record;
    }
    return found;
  }
  bool ping_bare(Peer& peer, const std::string& login) {
    const auto record = record_of(login);
    if (!record) return false;
    peer.take_bare();
    peer.send_bare(make_echo_request(record->inner, record->server_address, 1));
    world.run_for(seconds(1));
    const std::vector<Bytes> packets = peer.take_bare();
    return packets.size() == 1 && packets[0].size() > 40 && packets[0][40] == 129;
  }
  void expect_agreement() {
    world.run_for(seconds(3));
    EXPECT_EQ(world.find_disagreement(), std::nullopt);
  }

  std::string alices_key = update_key_of("alice");
  std::string bobs_key = update_key_of("bob");
};

// ---- what is answered -------------------------------------------------------------------------------------------

TEST_F(Updates, AnUpdateMakesATunnelInProtocol41WithAnAddressAndAPrefix) {
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  const TunnelRecord record = record_of("alice").value();
  EXPECT_EQ(record.type, TunnelType::V6V4);
  EXPECT_EQ(record.path.local, make_endpoint(kBroker, 0));
  EXPECT_EQ(record.keepalive_seconds, 0U);
  ASSERT_TRUE(record.delegated.has_value());
  EXPECT_EQ(record.delegated->length, 64) << "the longest that is allowed";
  Peer router(world, 40000);
  EXPECT_TRUE(ping_bare(router, "alice"));
  expect_agreement();
}

TEST_F(Updates, NothingIsSentToTheAddressBeforeItHasShownThatItIsThere) {
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  Peer router(world, 40000);
  const TunnelRecord record = record_of("alice").value();
  EXPECT_FALSE(record.confirmed);
  world.datapath().route(make_echo_request(*parse_ipv6("2001:db8:ffff::1"), record.inner, 1));
  world.run_for(seconds(1));
  EXPECT_THAT(router.take_bare(), testing::IsEmpty());
  EXPECT_TRUE(ping_bare(router, "alice"));
  EXPECT_TRUE(record_of("alice")->confirmed);
}

TEST_F(Updates, ADrainingBrokerMakesNoTunnelButMovesWhatItHas) {
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  static_cast<void>(world.ask(DrainRequest{}));
  EXPECT_EQ(update(of_bob(IPv4Address{{203, 0, 113, 9}})), UpdateOutcome::Refused);
  EXPECT_EQ(update(of_alice(kElsewhere)), UpdateOutcome::Changed);
  EXPECT_EQ(live_tunnels(), 1U);
}

TEST_F(Updates, TheSameAddressAgainChangesNothingAndWritesNothing) {
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  const TunnelRecord before = record_of("alice").value();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Unchanged);
  EXPECT_EQ(record_of("alice"), before);
  EXPECT_TRUE(world.disk().history().empty());
}

TEST_F(Updates, AnotherAddressMovesTheTunnelWithItsAddressAndPrefix) {
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  const TunnelRecord before = record_of("alice").value();
  EXPECT_EQ(update(of_alice(kElsewhere)), UpdateOutcome::Changed);
  world.run_for(seconds(1));
  const TunnelRecord after = record_of("alice").value();
  EXPECT_EQ(after.inner, before.inner);
  EXPECT_EQ(after.delegated, before.delegated);
  EXPECT_EQ(live_tunnels(), 1U);
  Peer there(world, 40000, kElsewhere);
  EXPECT_TRUE(ping_bare(there, "alice"));
  Peer old(world, 40001);
  EXPECT_FALSE(ping_bare(old, "alice"));
  expect_agreement();
}

TEST_F(Updates, AWrongKeyAnUnknownAccountAndOneWithoutAKeyGetTheSameAnswer) {
  EXPECT_EQ(world.ask(SetUpdateKeyRequest{.login = "bob", .remove = true}).status, AdminStatus::Done);
  UpdateEndpointRequest wrong = of_alice(kHome);
  wrong.key = bobs_key;
  UpdateEndpointRequest unknown = of_alice(kHome);
  unknown.login = unknown.host = "mallory";
  for (const UpdateEndpointRequest& request : {wrong, unknown, of_bob(kHome)}) {
    const AdminReply reply = world.ask(request);
    EXPECT_EQ(reply.update, UpdateOutcome::BadKey);
    EXPECT_EQ(reply.message, "");
  }
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(world.count_events(EventCode::AuthenticationFailed), 3U);
}

TEST_F(Updates, ThePasswordIsNoKeyAndADisabledAccountsKeyIsNone) {
  UpdateEndpointRequest request = of_alice(kHome);
  request.key = "wonderland";
  EXPECT_EQ(update(request), UpdateOutcome::BadKey);
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .enabled = false}).status, AdminStatus::Done);
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::BadKey);
}

TEST_F(Updates, ANewKeyEndsTheOldOne) {
  const std::string key = world.ask(SetUpdateKeyRequest{.login = "alice"}).update_key;
  EXPECT_NE(key, alices_key);
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::BadKey);
  alices_key = key;
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
}

TEST_F(Updates, GuessingIsLimitedForASourceAndLocksNobodyElseOut) {
  configure([](BrokerConfig& config) { config.auth_failures_per_account = {.per_second = 1, .burst = 3}; });
  UpdateEndpointRequest guess = of_alice(kHome);
  guess.key = "0";
  guess.peer = connection_from(kElsewhere);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(update(guess), UpdateOutcome::BadKey);
  guess.key = alices_key;
  EXPECT_EQ(update(guess), UpdateOutcome::BadKey) << "it is right, and not even looked at";
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
}

TEST_F(Updates, AnotherAccountsTunnelIsNoHost) {
  UpdateEndpointRequest request = of_alice(kHome);
  request.host = "bob";
  EXPECT_EQ(update(request), UpdateOutcome::NoHost);
}

TEST_F(Updates, AddressesThatNoTunnelCanHaveAreRefused) {
  configure([](BrokerConfig& config) { config.own_addresses = {map_ipv4(kElsewhere)}; });
  EXPECT_EQ(update(of_alice(kElsewhere)), UpdateOutcome::BadAddress);
  EXPECT_EQ(update(of_alice(IPv4Address{{224, 0, 0, 1}})), UpdateOutcome::BadAddress);
  EXPECT_EQ(update(of_alice(IPv4Address{{127, 0, 0, 1}})), UpdateOutcome::BadAddress);
  configure([](BrokerConfig& config) { config.allow_private_outer_addresses = false; });
  EXPECT_EQ(update(of_alice(IPv4Address{{192, 168, 1, 1}})), UpdateOutcome::BadAddress);
  EXPECT_EQ(live_tunnels(), 0U);
}

TEST_F(Updates, TooManyChangesAreRefusedUntilAMinuteHasPassed) {
  configure([](BrokerConfig& config) {
    config.updates_per_account_per_minute_max = 3;
    config.evictions_max = 100;
  });
  for (std::uint8_t i = 0; i < 3; ++i) {
    EXPECT_EQ(update(of_alice(IPv4Address{{198, 18, 0, i}})), UpdateOutcome::Changed);
  }
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Limited);
  EXPECT_EQ(update(of_alice(IPv4Address{{198, 18, 0, 2}})), UpdateOutcome::Unchanged) << "no change, not counted";
  EXPECT_EQ(update(of_bob(kElsewhere)), UpdateOutcome::Changed) << "each account for itself";
  world.run_for(seconds(61));
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
}

TEST_F(Updates, OfflineIsPossibleAfterTooManyChanges) {
  configure([](BrokerConfig& config) {
    config.updates_per_account_per_minute_max = 1;
    config.evictions_max = 100;
  });
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  EXPECT_EQ(update(of_alice(kElsewhere)), UpdateOutcome::Limited);

  EXPECT_EQ(update(of_alice(std::nullopt)), UpdateOutcome::Changed);

  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(update(of_alice(std::nullopt)), UpdateOutcome::Changed) << "it is as it was asked for";
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Limited) << "beginning again is a change as before";
}

TEST_F(Updates, TwoRoutersOnOneAccountAreDamped) {
  configure([](BrokerConfig& config) {
    config.updates_per_account_per_minute_max = 100;
    config.evictions_max = 3;
  });
  UpdateOutcome outcome = UpdateOutcome::Changed;
  int changes = 0;
  for (; outcome == UpdateOutcome::Changed && changes < 10; ++changes) {
    outcome = update(of_alice(changes % 2 == 0 ? kHome : kElsewhere));
  }
  EXPECT_EQ(outcome, UpdateOutcome::Limited);
  EXPECT_EQ(changes, 5) << "one that is new, three evictions, and the refusal";
}

TEST_F(Updates, OfflineEndsTheTunnelAndTheAccountKeepsWhatItHolds) {
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  const TunnelRecord before = record_of("alice").value();
  EXPECT_EQ(update(of_alice(std::nullopt)), UpdateOutcome::Changed);
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(update(of_alice(std::nullopt)), UpdateOutcome::Changed) << "it is as it was asked for";
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  world.run_for(seconds(1));
  EXPECT_EQ(record_of("alice")->inner, before.inner);
  EXPECT_EQ(record_of("alice")->delegated, before.delegated);
  expect_agreement();
}

TEST_F(Updates, ASilentTunnelEndsAfterTheTimeForThoseWithoutKeepalive) {
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  world.run_for(minutes(60));
  EXPECT_EQ(live_tunnels(), 1U);
  world.run_for(std::chrono::hours(24));
  EXPECT_EQ(live_tunnels(), 0U);
  expect_agreement();
}

TEST_F(Updates, WithoutDelegationsAndWhenNoneIsFreeTheTunnelHasAnAddressAlone) {
  configure([](BrokerConfig& config) { config.pool.delegations = {}; });
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  EXPECT_EQ(record_of("alice")->delegated, std::nullopt);
  configure([](BrokerConfig& config) { config.pool.delegations = {*parse_prefix("2001:db8:1:ff00::/64")}; });
  EXPECT_EQ(update(of_bob(kElsewhere)), UpdateOutcome::Changed);
  EXPECT_EQ(record_of("bob")->delegated, parse_prefix("2001:db8:1:ff00::/64"));
  EXPECT_EQ(update(of_alice(IPv4Address{{198, 18, 0, 9}})), UpdateOutcome::Changed);
  EXPECT_EQ(record_of("alice")->delegated, std::nullopt);
}

// ---- beside TSP -------------------------------------------------------------------------------------------------

TEST_F(Updates, AnUpdateReplacesATunnelOfTspAndKeepsItsAddressAndPrefix) {
  Peer client(world, 40000);
  const Offer offer = connect(client, "alice", "wonderland", 60);
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  world.run_for(seconds(1));
  EXPECT_EQ(record_of("alice")->inner, offer.client_inner);
  EXPECT_EQ(record_of("alice")->delegated, offer.delegated);
  EXPECT_EQ(live_tunnels(), 1U);
  EXPECT_FALSE(ping(client, offer));
  EXPECT_TRUE(ping_bare(client, "alice"));
  expect_agreement();
}

TEST_F(Updates, ATunnelOfTspReplacesAnUpdatedOne) {
  EXPECT_EQ(update(of_alice(kElsewhere)), UpdateOutcome::Changed);
  const TunnelRecord before = record_of("alice").value();
  Peer client(world, 40000);
  const Offer offer = connect(client, "alice", "wonderland", 64);
  EXPECT_EQ(offer.client_inner, before.inner);
  EXPECT_EQ(offer.delegated, before.delegated);
  EXPECT_TRUE(ping(client, offer));
  EXPECT_EQ(live_tunnels(), 1U);
  expect_agreement();
}

TEST_F(Updates, AnOfferThatIsNotAcceptedYetKeepsItsAddressForTheUpdate) {
  Peer client(world, 40000);
  EXPECT_EQ(client.log_in_digest("alice", "wonderland"), kSuccess);
  const auto offer = client.create_offer(64);
  ASSERT_TRUE(offer.has_value());
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  EXPECT_EQ(record_of("alice")->inner, offer->client_inner);
  EXPECT_TRUE(client.accept());
  world.run_for(seconds(1));
  EXPECT_EQ(record_of("alice")->path.remote.port, 40000);
  EXPECT_EQ(live_tunnels(), 1U);
  expect_agreement();
}

TEST_F(Updates, AnAddressWithAnotherAccountsConfirmedTunnelIsRefused) {
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  Peer router(world, 40000);
  EXPECT_TRUE(ping_bare(router, "alice"));
  UpdateEndpointRequest request = of_bob(kHome);
  EXPECT_EQ(update(request), UpdateOutcome::Refused);
  request.peer = connection_from(kHome);
  EXPECT_EQ(update(request), UpdateOutcome::Refused);
  EXPECT_TRUE(ping_bare(router, "alice"));
  expect_agreement();
}

// Else anybody with an account could keep others from an address that is not his.
TEST_F(Updates, ATunnelAimedAtAnAddressFromElsewhereGivesWayToWhoIsThere) {
  EXPECT_EQ(update(of_bob(kHome)), UpdateOutcome::Changed);
  UpdateEndpointRequest from_elsewhere = of_alice(kHome);
  from_elsewhere.peer = connection_from(kElsewhere);
  EXPECT_EQ(update(from_elsewhere), UpdateOutcome::Refused);
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  Peer router(world, 40000);
  EXPECT_TRUE(ping_bare(router, "alice"));
  EXPECT_EQ(live_tunnels(), 1U);
  expect_agreement();
}

TEST_F(Updates, AccountsThatUpdateAndConnectAtTheSameTimeEndWithOneTunnel) {
  world.set_store_delay_max(seconds(1));
  configure([](BrokerConfig& config) {
    config.updates_per_account_per_minute_max = 1000;
    config.evictions_max = 1000;
  });
  for (std::uint16_t i = 0; i < 20; ++i) {
    Peer client(world, static_cast<std::uint16_t>(41000 + i));
    EXPECT_EQ(client.log_in_digest("alice", "wonderland"), kSuccess);
    world.command(of_alice(i % 2 == 0 ? kHome : kElsewhere));
    EXPECT_TRUE(client.create_offer(i % 3 == 0 ? 60 : 64).has_value());
    world.command(of_alice(i % 2 == 0 ? kElsewhere : kHome));
    client.cast(client.sequence() + 1, Peer::action("accept"));
    world.command(of_alice(i % 4 == 0 ? std::nullopt : std::optional(kHome)));
    world.run_for(seconds(12));
    EXPECT_LE(live_tunnels(), 1U);
  }
  world.set_store_delay_max(std::chrono::milliseconds(10));
  expect_agreement();
}

// ---- trouble ----------------------------------------------------------------------------------------------------

TEST_F(Updates, WithTheStoreAwayNothingIsPromisedAndNothingRemains) {
  world.store().inject(StoreFault::Unavailable);
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Unavailable);
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Unavailable);
  EXPECT_EQ(live_tunnels(), 0U);
  world.store().inject(StoreFault::None);
  world.run_for(seconds(3));
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  expect_agreement();
}

TEST_F(Updates, TheStoreMayGoAwayAtEachStep) {
  for (std::uint8_t step = 0; step < 8; ++step) {
    const IPv4Address outer{{198, 18, 1, step}};
    world.set_store_delay_max(seconds(2));
    world.command(of_alice(outer));
    world.run_for(std::chrono::milliseconds(400) * step);
    world.store().inject(StoreFault::Unavailable);
    world.run_for(seconds(8));
    world.store().inject(StoreFault::None);
    world.set_store_delay_max(std::chrono::milliseconds(10));
    world.run_for(seconds(60));
    EXPECT_EQ(world.find_disagreement(), std::nullopt) << "step " << int{step};
    const UpdateOutcome outcome = update(of_alice(outer));
    EXPECT_TRUE(outcome == UpdateOutcome::Changed || outcome == UpdateOutcome::Unchanged) << "step " << int{step};
    EXPECT_EQ(live_tunnels(), 1U);
  }
}

TEST_F(Updates, ACrashAtAnyOrderLeavesTheOldTunnelOrTheNewOne) {
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  const TunnelRecord before = record_of("alice").value();
  for (std::uint64_t orders = 1; orders <= 10; ++orders) {
    for (const bool after : {false, true}) {
      world.plan_crash({.orders = orders, .after = after, .away = seconds(1), .datapath_survives = orders % 2 == 0});
      const IPv4Address outer{{198, 18, 2, static_cast<std::uint8_t>(2 * orders + (after ? 1 : 0))}};
      world.command(of_alice(outer));
      world.run_for(seconds(20));
      world.cancel_planned_crash();
      world.run_for(seconds(60));
      EXPECT_EQ(live_tunnels(), 1U);
      EXPECT_EQ(record_of("alice")->inner, before.inner);
      EXPECT_EQ(record_of("alice")->delegated, before.delegated);
      EXPECT_EQ(world.find_disagreement(), std::nullopt);
    }
  }
}

TEST_F(Updates, AnUpdatedTunnelSurvivesACrash) {
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Changed);
  world.crash(seconds(1), false);
  world.run_for(seconds(5));
  EXPECT_EQ(update(of_alice(kHome)), UpdateOutcome::Unchanged);
  Peer router(world, 40000);
  EXPECT_TRUE(ping_bare(router, "alice"));
}

TEST_F(Updates, AnAccountThatIsDisabledDuringAnUpdateHasNoTunnel) {
  world.set_store_delay_max(seconds(1));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .enabled = true}).status, AdminStatus::Done);
    world.command(of_alice(i % 2 == 0 ? kHome : kElsewhere));
    world.run_for(std::chrono::milliseconds(300) * i);
    EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .enabled = false}).status, AdminStatus::Done);
    EXPECT_EQ(live_tunnels(), 0U);
    world.run_for(seconds(10));
    EXPECT_EQ(live_tunnels(), 0U);
  }
}

}  // namespace update_scenario_test
}  // namespace tsp::sim
