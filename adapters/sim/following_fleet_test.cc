// SPDX-License-Identifier: Apache-2.0
//
// Clients that go from broker to broker as they are told: stories, and random fleets in which brokers drain, stop, die
// and fill up.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "adapters/sim/fleet.h"
#include "adapters/sim/fleet_seeds.h"
#include "adapters/sim/seed.h"

namespace tsp::sim {
namespace following_fleet_test {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kFirst = 0;
constexpr std::size_t kSecond = 1;
constexpr ClientIndex kAccounts = 6;
constexpr unsigned kMisfortunes = 30;

FleetOptions options_for(std::size_t brokers) {
  FleetOptions options{.brokers = brokers, .announced = true, .clients_follow = true};
  options.world.sweep_interval = 50;
  return options;
}

void set_room(World& world, std::uint32_t tunnels) {
  BrokerConfig config = world.config();
  config.tunnels_max = tunnels;
  world.reload(std::move(config));
}

// ---- stories --------------------------------------------------------------------------------------------------

TEST(FollowingClients, AClientOfABrokerThatDrainsHasItsTunnelAtTheOther) {
  Fleet fleet(options_for(2), 1);
  const ClientIndex alice = fleet.add_account("alice", "wonderland");
  fleet.run_for(seconds(5));
  fleet.move(alice, kFirst);
  ASSERT_TRUE(fleet.run_until([&] { return fleet.place_of(alice) == kFirst; }, minutes(1)));
  const auto address = fleet.client(kFirst, alice).offer()->client_inner;

  fleet.at(kFirst).command(DrainRequest{});
  fleet.switch_on(kFirst, alice);  // it begins anew, for whatever reason

  EXPECT_TRUE(fleet.run_until([&] { return fleet.place_of(alice) == kSecond; }, minutes(2)));
  EXPECT_EQ(fleet.client(kSecond, alice).offer()->client_inner, address);
  EXPECT_TRUE(fleet.run_until([&] { return fleet.at(kFirst).stopped(); }, minutes(1))) << "nobody is left there";
  EXPECT_EQ(fleet.violation(), std::nullopt);
}

TEST(FollowingClients, AClientThatComesToAFullBrokerGoesToTheOneWithRoom) {
  Fleet fleet(options_for(3), 1);
  const ClientIndex alice = fleet.add_account("alice", "wonderland");
  const ClientIndex bob = fleet.add_account("bob", "builder");
  fleet.run_for(seconds(5));
  fleet.move(alice, kFirst);
  ASSERT_TRUE(fleet.run_until([&] { return fleet.place_of(alice) == kFirst; }, minutes(1)));
  set_room(fleet.at(kFirst), 1);

  fleet.move(bob, kFirst);

  EXPECT_TRUE(fleet.run_until([&] { return fleet.place_of(bob).value_or(kFirst) != kFirst; }, minutes(2)));
  EXPECT_EQ(fleet.place_of(alice), kFirst);
  EXPECT_EQ(fleet.violation(), std::nullopt);
}

TEST(FollowingClients, AClientIsSentHomeAndBackWhenItsHomeDies) {
  Fleet fleet(options_for(2), 1);
  const ClientIndex alice = fleet.add_account("alice", "wonderland");
  fleet.run_for(seconds(5));
  ASSERT_EQ(fleet.at(kFirst).ask(ChangeAccountRequest{.login = "alice", .home = Fleet::id_of(kSecond)}).status,
            AdminStatus::Done);
  fleet.move(alice, kFirst);
  ASSERT_TRUE(fleet.run_until([&] { return fleet.place_of(alice) == kSecond; }, minutes(1)));

  fleet.at(kSecond).crash(minutes(30), false);

  EXPECT_TRUE(fleet.run_until([&] { return fleet.place_of(alice) == kFirst; }, minutes(10)));
  EXPECT_GT(fleet.at(kFirst).count_events(EventCode::HomeUnavailable), 0U);
  EXPECT_EQ(fleet.violation(), std::nullopt);
}

// ---- misfortunes ----------------------------------------------------------------------------------------------

std::string login_of(ClientIndex account) {
  return "user" + std::to_string(account);
}

// Who has drained to its end is started again.
void start_the_stopped(Fleet& fleet) {
  for (std::size_t broker = 0; broker < fleet.size(); ++broker) {
    World& world = fleet.at(broker);
    if (world.alive() && world.stopped()) world.crash(seconds(1), false);
  }
}

void disturb(Fleet& fleet, Random& random) {
  World& world = fleet.at(random.below(fleet.size()));
  if (!world.alive() || world.stopped()) return;
  const ClientIndex account = random.below(kAccounts);
  switch (random.below(8)) {
    case 0: {
      const Duration deadline = seconds(random.between(1, 200));
      world.command(DrainRequest{.deadline = deadline});
      break;
    }
    case 1:
      world.command(DrainRequest{});
      break;
    case 2:
      world.command(UndrainRequest{});
      break;
    case 3:
      set_room(world, static_cast<std::uint32_t>(random.between(1, 4)));
      break;
    case 4:
      world.restart_in_order(milliseconds(random.below(120'000)));
      break;
    case 5:
      world.crash(milliseconds(random.below(120'000)), true);
      break;
    case 6:
      world.store().inject(StoreFault::Unavailable, random.between(1, 30));
      break;
    case 7: {
      const std::uint32_t home = static_cast<std::uint32_t>(random.between(1, fleet.size()));
      world.command(ChangeAccountRequest{.login = login_of(account), .home = BrokerId{home}, .force = true});
      break;
    }
  }
}

bool all_up(Fleet& fleet) {
  for (ClientIndex account = 0; account < kAccounts; ++account) {
    if (!fleet.place_of(account)) return false;
  }
  return true;
}

void run_seed(std::uint64_t seed) {
  Random random(seed_from(seed, 9));
  Fleet fleet(options_for(random.between(2, 4)), seed);
  for (ClientIndex account = 0; account < kAccounts; ++account) {
    fleet.add_account(login_of(account), "secret");
    fleet.move(account, account % fleet.size());
  }
  for (unsigned i = 0; i < kMisfortunes && !fleet.violation(); ++i) {
    fleet.run_for(milliseconds(random.below(30'000)));
    start_the_stopped(fleet);
    disturb(fleet, random);
  }
  ASSERT_EQ(fleet.violation(), std::nullopt);
  fleet.run_for(minutes(6));  // drains with a deadline have ended, the dead are back
  start_the_stopped(fleet);
  fleet.run_for(seconds(10));
  for (std::size_t broker = 0; broker < fleet.size(); ++broker) {
    fleet.at(broker).store().inject(StoreFault::None);
    set_room(fleet.at(broker), 100);
    static_cast<void>(fleet.at(broker).ask(UndrainRequest{}));
  }
  EXPECT_TRUE(fleet.run_until([&] { return all_up(fleet); }, minutes(20)));
  EXPECT_TRUE(fleet.run_until([&] { return !fleet.find_disagreement(); }, minutes(30)))
      << fleet.find_disagreement().value_or("");
  EXPECT_EQ(fleet.violation(), std::nullopt);
}

TEST(FollowingFleet, EverybodyHasATunnelInTheEndAndNobodyTwo) {
  for (const std::uint64_t seed : fleet_seeds(40)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    run_seed(seed);
    if (HasFailure()) break;
  }
}

}  // namespace following_fleet_test
}  // namespace tsp::sim
