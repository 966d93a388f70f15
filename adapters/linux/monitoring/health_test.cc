// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/health.h"

#include <gtest/gtest.h>

namespace tsp::linux_ {
namespace health_test {

StatusView serving() {
  StatusView view;
  view.ready = true;
  view.store_available = true;
  return view;
}

std::string why_not_ready(const StatusView& view) {
  const Health health = readiness(view, false);
  EXPECT_FALSE(health.good);
  return health.line;
}

TEST(Health, WhoServesIsAliveAndReady) {
  EXPECT_EQ(liveness(serving()), (Health{true, "ok"}));
  EXPECT_EQ(readiness(serving(), false), (Health{true, "ok"}));
}

TEST(Health, AMainLoopThatDoesNotAnswerIsNeither) {
  EXPECT_EQ(liveness(std::nullopt), (Health{false, "the main loop does not answer"}));
  EXPECT_EQ(readiness(std::nullopt, false), (Health{false, "the main loop does not answer"}));
}

TEST(Health, WithoutItsStoreNobodyCanLogInAndTheProcessLives) {
  StatusView view = serving();
  view.store_available = false;
  view.store_detail = "locked\nby another";
  EXPECT_EQ(why_not_ready(view), "the store is away: locked\\nby another");
  EXPECT_TRUE(liveness(view).good);
}

TEST(Health, EachOtherReasonIsNamed) {
  StatusView view = serving();
  view.ready = false;
  EXPECT_EQ(why_not_ready(view), "store and datapath are not compared yet");
  view = serving();
  view.datapath_failed = true;
  EXPECT_EQ(why_not_ready(view), "the datapath does not take what it should have");
  view = serving();
  view.drain = DrainView{};
  EXPECT_EQ(why_not_ready(view), "tspd is draining");
  EXPECT_EQ(readiness(serving(), true), (Health{false, "tspd is stopping"}));
}

}  // namespace health_test
}  // namespace tsp::linux_
