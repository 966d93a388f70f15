// SPDX-License-Identifier: Apache-2.0
//
// Many clients, all faults, one seed after the other; then a fair world, in which everybody gets a tunnel.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "adapters/sim/checkers/checkers.h"
#include "adapters/sim/world.h"

namespace tsp::sim {
namespace random_world_test {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kAccounts = 6;
constexpr std::size_t kClients = 12;

void populate(World& world) {
  for (std::size_t i = 0; i < kAccounts; ++i) {
    static_cast<void>(world.add_account("user" + std::to_string(i), "secret" + std::to_string(i)));
  }
  const std::size_t nat = world.add_nat();
  for (std::size_t i = 0; i < kClients; ++i) {
    GogocOptions options;
    options.retry_delay = seconds(5);
    // One device an account; the others have none.
    if (i < kAccounts) {
      options.mechanism = i % 2 == 0 ? AuthMechanism::DigestMd5 : AuthMechanism::Plain;
      options.login = "user" + std::to_string(i);
      options.password = "secret" + std::to_string(i);
      if (i % 3 == 0) {
        options.router_length = static_cast<std::uint8_t>(56 + i);
        options.name_servers = {"ns1.example.org", "ns2.example.org"};
      }
    }
    world.add_client(options, i % 2 == 0 ? std::optional(nat) : std::nullopt);
  }
}

// One of many misfortunes.
void disturb(World& world) {
  Random& random = world.random();
  switch (random.below(10)) {
    case 0:
      world.link() = LinkFaults{.loss_per_mille = static_cast<std::uint32_t>(random.below(400)),
                                .duplicate_per_mille = static_cast<std::uint32_t>(random.below(400)),
                                .delay_min = milliseconds(1),
                                .delay_max = milliseconds(random.between(1, 3000))};
      break;
    case 1:
      world.store().inject(static_cast<StoreFault>(random.below(6)), random.between(1, 20));
      break;
    case 2:
      world.datapath().inject(static_cast<DatapathFault>(random.below(3)), random.between(1, 5));
      break;
    case 3:
      world.crash(milliseconds(random.below(5000)), random.chance(1, 2));
      break;
    case 4:
      world.step_wall_clock(seconds(static_cast<std::int64_t>(random.below(7200))) - minutes(60));
      break;
    case 5:
      world.nat(0).rebind();
      break;
    case 6:
    case 7:
    case 8:
      world.internet().restart_client(random.below(kClients));
      break;
    case 9: {
      const FourTuple path = world.path_of(random.below(kClients));
      static constexpr std::string_view kForged = "\xf0\x00\x00\xf0\x00\x00\x00\x00VERSION=2.0.2\r\n";
      const ByteView bytes = as_bytes(std::string_view(kForged.data(), 23));
      world.inject(path, Bytes(bytes.begin(), bytes.end()));
      break;
    }
  }
}

bool everybody_is_up(World& world) {
  for (ClientIndex i = 0; i < kClients; ++i) {
    if (world.client(i).state() != GogocState::Up) return false;
  }
  return true;
}

std::uint64_t attempts(World& world) {
  std::uint64_t sum = 0;
  for (ClientIndex i = 0; i < kClients; ++i) sum += world.client(i).attempts();
  return sum;
}

// What an account was given it keeps, whatever happens.
class Stickiness {
 public:
  void check(World& world) {
    for (ClientIndex i = 0; i < kAccounts; ++i) {
      const GogocClient& client = world.client(i);
      if (client.state() != GogocState::Up) continue;
      // gogoc takes any answer to its accept for a yes; whether it was one, the datapath knows.
      const TunnelSpec* tunnel = world.datapath().tunnels().find_by_inner(client.offer()->client_inner);
      if (tunnel == nullptr || !(tunnel->path == world.path_of(i))) continue;
      const auto [known, first_time] = offers_.try_emplace(i, *client.offer());
      if (first_time) continue;
      EXPECT_EQ(to_text(client.offer()->client_inner), to_text(known->second.client_inner)) << "client " << i;
      EXPECT_EQ(client.offer()->delegated, known->second.delegated) << "client " << i;
    }
  }

 private:
  std::map<ClientIndex, Offer> offers_;
};

// Returns how many sessions were begun, and the trace's hash.
std::pair<std::uint64_t, std::uint64_t> run_seed(std::uint64_t seed, unsigned misfortunes) {
  WorldOptions options = default_world();
  options.broker.dns = DnsPolicy{.domain = "tunnels.example"};
  // A look at everything costs ten times as much as what happens from one to the next.
  options.sweep_interval = seed % 10 == 0 ? 1 : 100;
  World world(std::move(options), seed);
  const Timers& timers = add_checkers(world);
  populate(world);
  Stickiness stickiness;
  for (unsigned i = 0; i < misfortunes; ++i) {
    world.run_for(milliseconds(world.random().below(20000)));
    if (!world.run_until([&] { return world.alive(); }, minutes(1))) continue;
    stickiness.check(world);
    disturb(world);
  }
  world.run_until([&] { return world.alive(); }, minutes(1));
  EXPECT_EQ(world.violation(), std::nullopt) << "seed " << seed;
  if (world.violation()) return {attempts(world), world.trace_hash()};
  world.link() = LinkFaults{};
  world.store().inject(StoreFault::None);
  world.datapath().inject(DatapathFault::None);
  world.datapath().reset();
  EXPECT_TRUE(world.run_until([&] { return everybody_is_up(world); }, minutes(15))) << "seed " << seed;
  stickiness.check(world);
  EXPECT_TRUE(world.run_until([&] { return !world.find_disagreement(); }, minutes(30)))
      << "seed " << seed << ": " << world.find_disagreement().value_or("");
  EXPECT_EQ(world.violation(), std::nullopt) << "seed " << seed;
  EXPECT_EQ(timers.find_overdue(), std::nullopt) << "seed " << seed;
  return {attempts(world), world.trace_hash()};
}

// Found here so far: a tunnel whose installation was reported as failed but had happened (seed 131); a repeated commit
// that brought back a claim erased meanwhile (seed 467).
TEST(RandomWorld, EverythingHoldsInEveryWorldAndAllIsWellInTheEnd) {
  // The number of sessions to be run; a run for hours sets it higher.
  const char* wanted_text = std::getenv("TSP_SIM_SESSIONS");
  const std::uint64_t wanted = wanted_text != nullptr ? std::stoull(wanted_text) : 100000;
  std::uint64_t sessions = 0;
  for (std::uint64_t seed = 1; sessions < wanted && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    sessions += run_seed(seed, 40).first;
  }
  RecordProperty("sessions", std::to_string(sessions));
}

// To look at one seed: TSP_SIM_SEED=467.
TEST(RandomWorld, TheChosenSeed) {
  const char* seed = std::getenv("TSP_SIM_SEED");
  if (seed == nullptr) GTEST_SKIP() << "TSP_SIM_SEED is not set";
  run_seed(std::stoull(seed), 40);
}

TEST(RandomWorld, TheSameSeedGivesTheSameTrace) {
  EXPECT_EQ(run_seed(7, 20).second, run_seed(7, 20).second);
  EXPECT_NE(run_seed(7, 20).second, run_seed(8, 20).second);
}

}  // namespace random_world_test
}  // namespace tsp::sim
