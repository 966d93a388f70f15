// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"

#include <gmock/gmock.h>

#include <vector>

namespace tsp {
namespace random_test {

TEST(Random, GivesTheChaCha20KeyStreamBehindTheBytesThatBecomeTheNextKey) {
  // The published key stream for an all-zero key and nonce: its bytes 32 to 47.
  const std::array<std::uint8_t, 16> expected{0xDA, 0x41, 0x59, 0x7C, 0x51, 0x57, 0x48, 0x8D,
                                              0x77, 0x24, 0xE0, 0x3F, 0xB8, 0xD8, 0x4A, 0x37};
  Random random{Seed{}};
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  EXPECT_EQ(bytes, expected);
}

TEST(Random, IntegersAreReadLittleEndian) {
  Random random{Seed{}};
  EXPECT_EQ(random.next_u64(), 0x8D4857517C5941DAULL);
}

TEST(Random, OneSeedGivesOneSequenceHoweverItIsCut) {
  Random in_one{Seed{7}};
  Random in_pieces{Seed{7}};
  std::vector<std::uint8_t> whole(2000);
  in_one.fill(whole);
  std::vector<std::uint8_t> joined(2000);
  std::size_t at = 0;
  for (std::size_t size = 1; at < joined.size(); ++size) {
    const std::size_t count = std::min(size, joined.size() - at);
    in_pieces.fill(std::span(joined).subspan(at, count));
    at += count;
  }
  EXPECT_EQ(joined, whole);
}

TEST(Random, SeedsThatDifferInOneBitGiveDifferentSequences) {
  Seed other{};
  other[31] = 1;
  EXPECT_NE(Random{Seed{}}.next_u64(), Random{other}.next_u64());
}

TEST(Random, TheStreamDoesNotRepeatWhenTheKeyIsReplaced) {
  Random random{Seed{1}};
  std::array<std::uint8_t, 224> first{};
  std::array<std::uint8_t, 224> second{};
  random.fill(first);
  random.fill(second);
  EXPECT_NE(first, second);
}

TEST(Random, BelowReachesEveryValueAboutEquallyOften) {
  Random random{Seed{2}};
  std::array<int, 5> hits{};
  for (int i = 0; i < 50'000; ++i) ++hits[random.below(hits.size())];
  EXPECT_THAT(hits, testing::Each(testing::AllOf(testing::Gt(9'500), testing::Lt(10'500))));
}

TEST(Random, BelowIsUnbiasedForBoundsThatHardlyFit) {
  // Without drawing again, the lower half of this range would come up twice as often as the upper.
  const std::uint64_t bound = (std::uint64_t{1} << 63) + (std::uint64_t{1} << 62);
  Random random{Seed{3}};
  int in_first_third = 0;
  for (int i = 0; i < 30'000; ++i) in_first_third += random.below(bound) < bound / 3 ? 1 : 0;
  EXPECT_THAT(in_first_third, testing::AllOf(testing::Gt(9'500), testing::Lt(10'500)));
}

TEST(Random, BetweenIncludesBothEndsAndTheWholeRange) {
  Random random{Seed{4}};
  bool low = false;
  bool high = false;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t value = random.between(10, 12);
    ASSERT_GE(value, 10U);
    ASSERT_LE(value, 12U);
    low = low || value == 10;
    high = high || value == 12;
  }
  EXPECT_TRUE(low);
  EXPECT_TRUE(high);
  EXPECT_EQ(random.between(9, 9), 9U);
  EXPECT_NE(random.between(0, UINT64_MAX), random.between(0, UINT64_MAX));
}

TEST(Random, ChanceHoldsItsProportion) {
  Random random{Seed{5}};
  int hits = 0;
  for (int i = 0; i < 40'000; ++i) {
    hits += random.chance(1, 4) ? 1 : 0;
    ASSERT_FALSE(random.chance(0, 3));
    ASSERT_TRUE(random.chance(3, 3));
  }
  EXPECT_THAT(hits, testing::AllOf(testing::Gt(9'500), testing::Lt(10'500)));
}

TEST(Random, AForkIsIndependentOfWhatItsParentDoesLater) {
  Random parent{Seed{6}};
  Random same_parent{Seed{6}};
  Random child = parent.fork();
  Random same_child = same_parent.fork();
  (void)parent.next_u64();
  EXPECT_EQ(child.next_u64(), same_child.next_u64());
  EXPECT_NE(child.next_u64(), parent.next_u64());
}

}  // namespace random_test
}  // namespace tsp
