// SPDX-License-Identifier: Apache-2.0
#include "tools/broker-sim/regressions.h"

#include <gtest/gtest.h>

namespace tsp::broker_sim {
namespace regressions_test {

TEST(Regressions, AreReadLineByLine) {
  const auto list = parse_regressions("# a comment\n\n12 swarm 1,3-4 # two at once\n7 lite all # everything\n");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[0].seed, 12U);
  EXPECT_EQ((*list)[0].preset, "swarm");
  EXPECT_EQ((*list)[0].keep, (std::set<unsigned>{1, 3, 4}));
  EXPECT_EQ((*list)[0].what, "two at once");
  EXPECT_EQ((*list)[1].keep, std::nullopt);
}

TEST(Regressions, ThatCannotBeReadAreNamed) {
  for (const char* text : {"12 swarm 1,3", "12 swarm # no list", "x swarm all # seed", "12 swarm 1- # list",
                           "12 swarm all more # words", "12 swarm all #"}) {
    const auto list = parse_regressions(std::string("# first\n") + text + "\n");
    ASSERT_FALSE(list) << text;
    EXPECT_TRUE(list.error().starts_with("line 2: expected")) << list.error();
  }
}

}  // namespace regressions_test
}  // namespace tsp::broker_sim
