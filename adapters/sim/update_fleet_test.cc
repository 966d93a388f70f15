// SPDX-License-Identifier: Apache-2.0
//
// Stories of routers that do not speak TSP, and of several brokers on one store that they may ask.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "adapters/sim/fleet.h"
#include "adapters/sim/peer.h"

namespace tsp::sim {
namespace update_fleet_test {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

constexpr std::size_t kFirst = 0;
constexpr std::size_t kSecond = 1;
constexpr IPv4Address kHome{{198, 18, 0, 7}};
constexpr IPv4Address kElsewhere{{198, 18, 0, 8}};

class UpdatesOfAFleet : public testing::Test {
 protected:
  UpdatesOfAFleet() {
    fleet.add_account("alice", "wonderland", 64);
    fleet.run_for(seconds(5));
  }
  void TearDown() override {
    EXPECT_TRUE(fleet.run_until([&] { return !fleet.find_disagreement(); }, minutes(1)));
    EXPECT_EQ(fleet.violation(), std::nullopt);
  }

  AdminReply ask(std::size_t broker, std::optional<IPv4Address> outer) {
    return fleet.at(broker).ask(UpdateEndpointRequest{
        .login = "alice",
        .key = update_key_of("alice"),
        .host = "alice",
        .outer = outer,
        .peer = {.remote = make_endpoint(kHome, 50000), .local = make_endpoint({{192, 0, 2, 1}}, 8053)}});
  }
  UpdateOutcome update(std::size_t broker, std::optional<IPv4Address> outer) {
    return ask(broker, outer).update.value_or(UpdateOutcome::Unavailable);
  }
  std::size_t tunnels(std::size_t broker) { return fleet.at(broker).datapath().tunnels().size(); }
  // The only one that is not about to be removed.
  std::optional<TunnelRecord> live_record() {
    std::optional<TunnelRecord> live;
    for (const auto& [id, record] : fleet.disk().tunnels()) {
      if (record.evicted) continue;
      EXPECT_FALSE(live.has_value());
      live = record;
    }
    return live;
  }

  Fleet fleet{FleetOptions{.announced = true}, 1};
};

TEST_F(UpdatesOfAFleet, TheSameAddressAtTheSameBrokerChangesNothing) {
  EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Changed);
  const auto before = live_record();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Unchanged);
  EXPECT_EQ(live_record(), before);
  EXPECT_TRUE(fleet.disk().history().empty());
}

TEST_F(UpdatesOfAFleet, AnUpdateAtAnotherBrokerTakesTheTunnelThereAndSaysSo) {
  EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Changed);
  const TunnelRecord before = live_record().value();

  const AdminReply reply = ask(kSecond, kHome);

  EXPECT_EQ(reply.update, UpdateOutcome::Changed);
  EXPECT_EQ(reply.message, "the tunnel was at broker 1");
  const TunnelRecord after = live_record().value();
  EXPECT_EQ(after.broker, Fleet::id_of(kSecond));
  EXPECT_EQ(after.inner, before.inner);
  EXPECT_EQ(after.delegated, before.delegated);
  EXPECT_TRUE(fleet.run_until([&] { return tunnels(kFirst) == 0; }, seconds(4)));
  EXPECT_EQ(ask(kSecond, kElsewhere).message, "") << "it is here now";
}

// Before the first broker has noticed that the second has taken the account over.
TEST_F(UpdatesOfAFleet, ABrokerThatHasLostTheTunnelDoesNotSayThatNothingHasChanged) {
  EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Changed);
  EXPECT_EQ(update(kSecond, kHome), UpdateOutcome::Changed);
  ASSERT_EQ(tunnels(kFirst), 1U);

  EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Changed);

  EXPECT_EQ(live_record()->broker, Fleet::id_of(kFirst));
  EXPECT_TRUE(fleet.run_until([&] { return tunnels(kSecond) == 0; }, seconds(4)));
  EXPECT_EQ(tunnels(kFirst), 1U);
}

TEST_F(UpdatesOfAFleet, OfflineEndsTheTunnelWhereverItIs) {
  EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Changed);

  EXPECT_EQ(update(kSecond, std::nullopt), UpdateOutcome::Changed);

  EXPECT_EQ(live_record(), std::nullopt);
  EXPECT_TRUE(fleet.run_until([&] { return tunnels(kFirst) == 0; }, seconds(4)));
  EXPECT_TRUE(fleet.run_until([&] { return !fleet.disk().history().empty(); }, seconds(4)));
  ASSERT_EQ(fleet.disk().history().size(), 1U);
  EXPECT_EQ(fleet.disk().history().front().reason, EndReason::Deleted);
}

TEST_F(UpdatesOfAFleet, OfflineIsAsItIsAskedForWhereThereIsNoTunnelAtAll) {
  for (const std::size_t broker : {kFirst, kSecond, kFirst}) {
    EXPECT_EQ(update(broker, std::nullopt), UpdateOutcome::Changed);
  }
  EXPECT_TRUE(fleet.disk().history().empty());
}

// It was taken over, and does not know yet.
TEST_F(UpdatesOfAFleet, OfflineAtABrokerThatHasLostTheTunnelEndsBoth) {
  EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Changed);
  EXPECT_EQ(update(kSecond, kHome), UpdateOutcome::Changed);
  ASSERT_EQ(tunnels(kFirst), 1U);

  EXPECT_EQ(update(kFirst, std::nullopt), UpdateOutcome::Changed);

  EXPECT_EQ(tunnels(kFirst), 0U);
  EXPECT_TRUE(fleet.run_until([&] { return tunnels(kSecond) == 0; }, seconds(4)));
}

TEST_F(UpdatesOfAFleet, EndingATunnelElsewhereCountsAsAChange) {
  for (const std::size_t broker : {kFirst, kSecond}) {
    BrokerConfig config = fleet.at(broker).config();
    config.updates_per_account_per_minute_max = 1;
    fleet.at(broker).reload(std::move(config));
  }
  EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Changed);
  EXPECT_EQ(update(kSecond, std::nullopt), UpdateOutcome::Changed);
  EXPECT_EQ(update(kSecond, kHome), UpdateOutcome::Limited);
}

TEST_F(UpdatesOfAFleet, WithTheStoreAwayNothingIsPromised) {
  EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Changed);
  for (const StoreFault fault : {StoreFault::Unavailable, StoreFault::Disconnected}) {
    fleet.at(kFirst).store().inject(fault);
    EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Unavailable);
    fleet.at(kFirst).store().inject(StoreFault::None);
    fleet.run_for(seconds(5));
  }
  EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Unchanged);
}

TEST_F(UpdatesOfAFleet, ATspClientAtAnotherBrokerAndAnUpdateTakeTheTunnelFromEachOther) {
  fleet.move(0, kSecond);
  ASSERT_TRUE(fleet.run_until([&] { return tunnels(kSecond) == 1; }, minutes(1)));
  const TunnelRecord before = live_record().value();
  fleet.switch_off(0);

  EXPECT_EQ(update(kFirst, kHome), UpdateOutcome::Changed);

  EXPECT_EQ(live_record()->type, TunnelType::V6V4);
  EXPECT_EQ(live_record()->inner, before.inner);
  EXPECT_EQ(live_record()->delegated, before.delegated);
  EXPECT_TRUE(fleet.run_until([&] { return tunnels(kSecond) == 0; }, seconds(4)));
  fleet.move(0, kSecond);
  EXPECT_TRUE(fleet.run_until([&] { return tunnels(kSecond) == 1 && tunnels(kFirst) == 0; }, minutes(1)));
}

}  // namespace update_fleet_test
}  // namespace tsp::sim
