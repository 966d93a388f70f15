// SPDX-License-Identifier: Apache-2.0
#include "core/base/state_hash.h"

#include <gtest/gtest.h>

namespace tsp {
namespace state_hash_test {

TEST(StateHash, TheSameStateHasTheSameHash) {
  EXPECT_EQ(StateHash().add("tunnel").add(7U).value(), StateHash().add("tunnel").add(7U).value());
}

TEST(StateHash, OrderAndBoundariesCount) {
  EXPECT_NE(StateHash().add(1U).add(2U).value(), StateHash().add(2U).add(1U).value());
  EXPECT_NE(StateHash().add("ab").add("c").value(), StateHash().add("a").add("bc").value());
  EXPECT_NE(StateHash().add("").value(), StateHash().value());
}

TEST(StateHash, IsTheSameOnEveryCompiler) {
  // FNV-1a over the length as eight bytes, then the text.
  EXPECT_EQ(StateHash().value(), 0xCBF29CE484222325ULL);
  EXPECT_EQ(StateHash().add(std::uint8_t{0}).value(), 0xA8C7F832281A39C5ULL);
}

}  // namespace state_hash_test
}  // namespace tsp
