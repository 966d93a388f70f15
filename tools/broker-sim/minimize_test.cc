// SPDX-License-Identifier: Apache-2.0
#include "tools/broker-sim/minimize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tsp::broker_sim {
namespace minimize_test {

using testing::ElementsAre;
using testing::IsEmpty;

std::set<unsigned> numbers(unsigned count) {
  std::set<unsigned> all;
  for (unsigned i = 0; i < count; ++i) all.insert(i);
  return all;
}

TEST(Minimize, FindsTheOnesThatMatterTogether) {
  unsigned tries = 0;
  const auto fails = [&](const std::set<unsigned>& kept) {
    ++tries;
    return kept.contains(3) && kept.contains(17) && kept.contains(39);
  };
  EXPECT_THAT(minimize(numbers(40), fails), ElementsAre(3, 17, 39));
  EXPECT_LT(tries, 100U);
}

TEST(Minimize, FindsThatNoneMatters) {
  EXPECT_THAT(minimize(numbers(7), [](const auto&) { return true; }), IsEmpty());
}

TEST(Minimize, KeepsAllIfAllMatter) {
  EXPECT_EQ(minimize(numbers(5), [](const auto& kept) { return kept.size() == 5; }), numbers(5));
}

}  // namespace minimize_test
}  // namespace tsp::broker_sim
