// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/overload.h"

#include "adapters/sim/checkers/checkers_test_world.h"

namespace tsp::sim {
namespace overload_test {

using testing::StartsWith;

class OverloadTest : public Watched<Overload> {
 protected:
  void lookups(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t op = first; op < first + count; ++op) {
      order(FindAccount{.op = OpId{op}, .login = "x"});
      checker.after_step();
    }
  }
  void restart() { checker.on_start(); }
};

TEST_F(OverloadTest, OrdersWithoutEndAreFound) {
  lookups(2'000'000, 60);
  checker.sweep();
  EXPECT_EQ(found(), "nothing");
  lookups(3'000'000, 60);
  checker.sweep();
  EXPECT_EQ(found(), "invariant 23, overload: 120 orders under way");
}

TEST_F(OverloadTest, OrdersThatAreCarriedOutAreRight) {
  for (std::uint64_t op = 2'000'000; op < 2'000'500; ++op) {
    lookups(op, 1);
    hear(StoreDone{.op = OpId{op}});
  }
  checker.sweep();
  EXPECT_EQ(found(), "nothing");
}

TEST_F(OverloadTest, TooManyOrdersOfOneMomentAreFound) {
  for (int i = 0; i < 64; ++i) order(Event{.code = EventCode::SessionRefused});
  EXPECT_EQ(found(), "nothing");
  order(Event{.code = EventCode::SessionRefused});
  EXPECT_THAT(found(), StartsWith("invariant 23,"));
}

// Sessions of a source that is not known to have said anything.
TEST_F(OverloadTest, MoreSessionsThanTheirSourcesMayHaveAreFound) {
  const Bytes hello = datagram(0xF00000F0, "VERSION=2.0.2\r\n");
  for (std::uint16_t port = 40000; port < 40300; ++port) world.inject(path_from(port), hello);
  world.run_for(std::chrono::seconds(1));
  arrive(kPath, hello);
  checker.sweep();
  EXPECT_EQ(found(), "nothing");
  restart();
  checker.sweep();
  EXPECT_THAT(found(), StartsWith("invariant 23,"));
}

}  // namespace overload_test
}  // namespace tsp::sim
