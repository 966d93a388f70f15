// SPDX-License-Identifier: Apache-2.0
//
// Several brokers on one store, all faults, accounts that wander among them, with clients of each type and routers that
// speak HTTP, one seed after the other; then a fair world, in which every account has its tunnel at the one broker
// where its client is, and the DNS has what the store has.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "adapters/sim/fleet.h"
#include "adapters/sim/fleet_seeds.h"
#include "adapters/sim/seed.h"

namespace tsp::sim {
namespace random_fleet_test {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr ClientIndex kAccounts = 6;
constexpr unsigned kMisfortunes = 40;

std::string login_of(ClientIndex account) {
  return "user" + std::to_string(account);
}
std::string password_of(ClientIndex account) {
  return "secret" + std::to_string(account);
}

// An operator's, at any broker.
void administer(World& world, Random& random) {
  const ClientIndex account = random.below(kAccounts);
  switch (random.below(4)) {
    case 0:
      world.command(ChangeAccountRequest{.login = login_of(account), .enabled = false});
      break;
    case 1:
      world.command(ChangeAccountRequest{.login = login_of(account), .enabled = true});
      break;
    case 2:
      world.command(DeleteAccountRequest{login_of(account)});
      break;
    case 3:
      world.command(AddAccountRequest{.login = login_of(account), .password = password_of(account)});
      break;
  }
}

// A router of the account says where it is, or that it is away, to any broker. Nobody else is there.
void update(World& world, ClientIndex account, Random& random) {
  const IPv4Address outer{{198, 19, 255, static_cast<std::uint8_t>(random.below(200))}};
  world.command(UpdateEndpointRequest{
      .login = login_of(account),
      .key = update_key_of(login_of(account)),
      .host = login_of(account),
      .outer = random.chance(4, 5) ? std::optional(outer) : std::nullopt,
      .peer = {.remote = make_endpoint(outer, 50000), .local = make_endpoint({{192, 0, 2, 1}}, 8053)}});
}

void disturb(Fleet& fleet, Random& random) {
  const std::size_t broker = random.below(fleet.size());
  const ClientIndex account = random.below(kAccounts);
  World& world = fleet.at(broker);
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      fleet.move(account, broker);
      break;
    case 4:  // two devices
      fleet.switch_on(broker, account);
      break;
    case 5: {
      const auto loss = static_cast<std::uint32_t>(random.below(400));
      const auto duplicates = static_cast<std::uint32_t>(random.below(400));
      world.link() = LinkFaults{.loss_per_mille = loss,
                                .duplicate_per_mille = duplicates,
                                .delay_min = milliseconds(1),
                                .delay_max = milliseconds(random.between(1, 3000))};
      break;
    }
    case 6: {
      const auto fault = static_cast<StoreFault>(random.below(8));
      world.store().inject(fault, random.between(1, 20));
      break;
    }
    case 7:  // a partition
      world.store().inject(StoreFault::Unavailable);
      break;
    case 8: {
      const auto fault = static_cast<DatapathFault>(random.below(3));
      world.datapath().inject(fault, random.between(1, 5));
      break;
    }
    case 9: {
      const Duration away = milliseconds(random.below(60'000));
      world.crash(away, random.chance(1, 2));
      break;
    }
    case 10:
      administer(world, random);
      break;
    case 11:
    case 12:
      update(world, account, random);
      break;
    case 13:
      world.link() = LinkFaults{};
      world.store().inject(StoreFault::None);
      break;
  }
}

void mend(Fleet& fleet) {
  for (std::size_t broker = 0; broker < fleet.size(); ++broker) {
    World& world = fleet.at(broker);
    world.link() = LinkFaults{};
    world.store().inject(StoreFault::None);
    world.datapath().inject(DatapathFault::None);
    world.datapath().reset();
  }
}

bool all_alive(Fleet& fleet) {
  for (std::size_t broker = 0; broker < fleet.size(); ++broker) {
    if (!fleet.at(broker).alive()) return false;
  }
  return true;
}

bool all_ready(Fleet& fleet) {
  for (std::size_t broker = 0; broker < fleet.size(); ++broker) {
    const StatusView status = fleet.at(broker).broker().status();
    if (!status.ready || !status.store_available) return false;
  }
  return true;
}

void restore_accounts(Fleet& fleet) {
  for (ClientIndex account = 0; account < kAccounts; ++account) {
    World& world = fleet.at(0);
    const AdminReply enabled = world.ask(ChangeAccountRequest{.login = login_of(account), .enabled = true});
    if (enabled.status == AdminStatus::Done) continue;
    EXPECT_EQ(world.ask(AddAccountRequest{.login = login_of(account), .password = password_of(account)}).status,
              AdminStatus::Done)
        << enabled.message;
  }
}

std::string who_is_not_up(Fleet& fleet, const std::vector<std::size_t>& places) {
  std::string text;
  for (ClientIndex account = 0; account < kAccounts; ++account) {
    const GogocClient& client = fleet.client(places[account], account);
    if (client.state() == GogocState::Up) continue;
    text += ' ' + login_of(account) + " at broker " + std::to_string(places[account] + 1);
    if (client.refusal()) text += " (" + std::to_string(*client.refusal()) + ")";
  }
  return text;
}

void run_seed(std::uint64_t seed) {
  Random random(seed_from(seed, 7));
  FleetOptions options;
  options.brokers = random.between(2, 3);
  options.one_pool = random.chance(1, 3);
  options.world.sweep_interval = 50;
  if (random.chance(1, 2)) options.world.broker.dns = DnsPolicy{.domain = "tunnels.example"};
  options.one_zone = random.chance(1, 2);
  constexpr std::array kTypes{RequestedType::V6UdpV4, RequestedType::V6V4, RequestedType::V6AnyV4};
  Fleet fleet(options, seed);
  std::vector<std::size_t> places;
  for (ClientIndex account = 0; account < kAccounts; ++account) {
    const bool router = account % 2 == 0;
    fleet.add_account(login_of(account), password_of(account),
                      router ? std::optional(static_cast<std::uint8_t>(56 + account)) : std::nullopt,
                      kTypes.at(random.below(kTypes.size())));
    fleet.move(account, account % fleet.size());
  }
  for (unsigned i = 0; i < kMisfortunes && !fleet.violation(); ++i) {
    fleet.run_for(milliseconds(random.below(20'000)));
    if (fleet.run_until([&] { return all_alive(fleet); }, minutes(2))) disturb(fleet, random);
  }
  ASSERT_EQ(fleet.violation(), std::nullopt);
  ASSERT_TRUE(fleet.run_until([&] { return all_alive(fleet); }, minutes(2)));
  mend(fleet);
  ASSERT_TRUE(fleet.run_until([&] { return all_ready(fleet); }, minutes(5)));
  fleet.run_for(seconds(10));  // what operators have asked for before is done, or given up
  restore_accounts(fleet);
  for (ClientIndex account = 0; account < kAccounts; ++account) {
    places.push_back(random.below(fleet.size()));
    fleet.move(account, places.back());
  }
  EXPECT_TRUE(fleet.run_until([&] { return who_is_not_up(fleet, places).empty(); }, minutes(20)))
      << "without a tunnel:" << who_is_not_up(fleet, places);
  EXPECT_TRUE(fleet.run_until([&] { return !fleet.find_disagreement(); }, minutes(30)))
      << fleet.find_disagreement().value_or("");
  EXPECT_EQ(fleet.violation(), std::nullopt);
}

TEST(RandomFleet, NeverTwoLiveLeasesAndAllIsWellInTheEnd) {
  for (const std::uint64_t seed : fleet_seeds(100)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    run_seed(seed);
    if (HasFailure()) break;
  }
}

}  // namespace random_fleet_test
}  // namespace tsp::sim
