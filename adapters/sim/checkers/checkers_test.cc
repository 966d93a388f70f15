// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/checkers.h"

#include <chrono>

#include "adapters/sim/checkers/checkers_test_world.h"
#include "adapters/sim/gogoc_client.h"

namespace tsp::sim {
namespace checkers_test {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::StartsWith;

class CheckersTest : public testing::Test {
 protected:
  CheckersTest() : world(default_world(), 1), timers(add_checkers(world)) {}

  bool is_up(ClientIndex index) { return world.client(index).state() == GogocState::Up; }

  World world;
  const Timers& timers;
};

TEST_F(CheckersTest, AFairWorldPasses) {
  static_cast<void>(world.add_account("alice", "wonderland"));
  const ClientIndex anonymous = world.add_client(GogocOptions{.chatter_interval = seconds(5)}, world.add_nat());
  const ClientIndex alice = world.add_client(GogocOptions{.mechanism = AuthMechanism::DigestMd5,
                                                          .login = "alice",
                                                          .password = "wonderland",
                                                          .router_length = 56,
                                                          .chatter_interval = seconds(3)});
  world.run_for(minutes(5));
  EXPECT_TRUE(is_up(anonymous) && is_up(alice));
  world.crash(seconds(2), true);
  world.run_for(minutes(5));
  world.internet().restart_client(anonymous);
  world.restart_in_order(seconds(2));
  world.run_for(minutes(30));
  EXPECT_TRUE(is_up(anonymous) && is_up(alice));
  EXPECT_EQ(world.violation(), std::nullopt);
  EXPECT_EQ(timers.find_overdue(), std::nullopt);
}

TEST_F(CheckersTest, ADatapathThatSomebodyElseWritesToIsFound) {
  world.run_for(seconds(1));
  world.datapath().submit(
      InstallTunnel{.op = OpId{1'000'000}, .spec = spec_of(record_of(1, kAnonymous, kPath, kInner))});
  ASSERT_TRUE(world.datapath().execute(OpId{1'000'000}));
  EXPECT_THAT(world.violation().value_or(""), StartsWith("invariant 5,"));
}

}  // namespace checkers_test
}  // namespace tsp::sim
