// SPDX-License-Identifier: Apache-2.0
#include "core/pool/prefix_pool.h"

#include <bitset>

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace tsp::pool {
namespace prefix_pool_test {

IPv6Prefix prefix(std::string_view text) {
  return *parse_prefix(text);
}

TEST(PrefixPool, CutsTheLowestOfTheSmallestBlocksThatFit) {
  PrefixPool pool({prefix("2001:db8::/48"), prefix("2001:db8:1:100::/56"), prefix("2001:db8:1::/60")});

  EXPECT_EQ(pool.choose(64), prefix("2001:db8:1::/64"));
  EXPECT_EQ(pool.choose(60), prefix("2001:db8:1::/60"));
  EXPECT_EQ(pool.choose(59), prefix("2001:db8:1:100::/59"));
  EXPECT_EQ(pool.choose(56), prefix("2001:db8:1:100::/56"));
  EXPECT_EQ(pool.choose(48), prefix("2001:db8::/48"));
  EXPECT_EQ(pool.choose(47), std::nullopt);
}

TEST(PrefixPool, KeepsLargeBlocksWholeForLargeRequests) {
  PrefixPool pool({prefix("2001:db8::/48")});

  for (int i = 0; i < 256; ++i) EXPECT_TRUE(pool.take(*pool.choose(64)));

  EXPECT_EQ(pool.available(56), 255U);
  EXPECT_EQ(pool.available(49), 1U);
}

TEST(PrefixPool, ChoosesOnTheBoundariesOfTheLengthAskedFor) {
  PrefixPool pool({prefix("2001:db8::/48")});
  EXPECT_TRUE(pool.take(prefix("2001:db8::/64")));

  EXPECT_EQ(pool.choose(56), prefix("2001:db8:0:100::/56"));
  EXPECT_EQ(pool.choose(60), prefix("2001:db8:0:10::/60"));
  EXPECT_EQ(pool.choose(64), prefix("2001:db8:0:1::/64"));
}

TEST(PrefixPool, TakesNothingThatIsTakenInPart) {
  PrefixPool pool({prefix("2001:db8::/48")});
  EXPECT_TRUE(pool.take(prefix("2001:db8:0:100::/56")));

  EXPECT_FALSE(pool.take(prefix("2001:db8:0:100::/56")));
  EXPECT_FALSE(pool.take(prefix("2001:db8:0:1ff::/64")));
  EXPECT_FALSE(pool.take(prefix("2001:db8::/48")));
  EXPECT_TRUE(pool.take(prefix("2001:db8:0:200::/64")));
}

TEST(PrefixPool, TakesNothingOutsideItsBlocks) {
  PrefixPool pool({prefix("2001:db8::/48")});

  EXPECT_FALSE(pool.take(prefix("2001:db8:1::/64")));
  EXPECT_FALSE(pool.take(prefix("2001:db8::/47")));
  EXPECT_FALSE(pool.is_free(prefix("2001:db8::/65")));
}

TEST(PrefixPool, ReleasedHalvesGrowTogether) {
  PrefixPool pool({prefix("2001:db8::/48")});
  const PrefixPool untouched = pool;
  std::vector<IPv6Prefix> taken;
  while (const auto choice = pool.choose(56)) {
    ASSERT_TRUE(pool.take(*choice));
    taken.push_back(*choice);
  }
  EXPECT_EQ(taken.size(), 256U);
  EXPECT_EQ(pool.available(64), 0U);

  for (const IPv6Prefix& each : taken) pool.release(each);

  EXPECT_EQ(pool, untouched);
}

TEST(PrefixPool, NeighbouringBlocksAreOne) {
  const PrefixPool pool({prefix("2001:db8::/52"), prefix("2001:db8:0:2000::/51"), prefix("2001:db8:0:1000::/52")});

  EXPECT_EQ(pool.choose(50), prefix("2001:db8::/50"));
}

TEST(PrefixPool, CountsWithoutOverflowing) {
  EXPECT_EQ(PrefixPool({prefix("2000::/3")}).available(64), std::uint64_t{1} << 61);
  EXPECT_EQ(PrefixPool({prefix("::/1"), prefix("8000::/1")}).available(64), std::uint64_t{1} << 63);
  EXPECT_EQ(PrefixPool({}).available(64), 0U);
}

TEST(PrefixPool, TakesAndReleasesThePartThatItHasOfALargerPrefix) {
  PrefixPool pool({prefix("2001:db8:0:100::/56"), prefix("2001:db8:0:400::/55")});
  const PrefixPool untouched = pool;
  EXPECT_TRUE(pool.take(prefix("2001:db8:0:110::/60")));

  pool.take_all(prefix("2001:db8::/48"));
  EXPECT_EQ(pool.available(64), 0U);
  pool.release_all(prefix("2001:db8::/48"));

  EXPECT_EQ(pool, untouched);
}

using PrefixPoolDeathTest = testing::Test;

TEST(PrefixPoolDeathTest, BlocksMustNotOverlap) {
  EXPECT_DEATH(PrefixPool({prefix("2001:db8::/48"), prefix("2001:db8:0:1::/64")}), "");
}

TEST(PrefixPoolDeathTest, WhatIsFreeCannotBeReleased) {
  PrefixPool pool({prefix("2001:db8::/48")});
  EXPECT_TRUE(pool.take(prefix("2001:db8:0:1::/64")));

  EXPECT_DEATH(pool.release(prefix("2001:db8:0:2::/64")), "");
  EXPECT_DEATH(pool.release(prefix("2001:db8::/60")), "");
  EXPECT_DEATH(pool.release(prefix("2001:db9::/64")), "");
}

// ---- against a naive model ----------------------------------------------------------------------------------------

const IPv6Prefix kUniverse = prefix("2001:db8:0:ab00::/56");

std::size_t slot_of(const IPv6Address& address) {
  return address.octets[7];
}
std::size_t slots_in(unsigned length) {
  return std::size_t{1} << (64 - length);
}

IPv6Prefix prefix_at(std::size_t slot, unsigned length) {
  IPv6Address address = kUniverse.base;
  address.octets[7] = static_cast<std::uint8_t>(slot);
  return make_prefix(address, length);
}

// The 256 /64s of one /56, each free or not.
class Model {
 public:
  explicit Model(const std::vector<IPv6Prefix>& blocks) {
    for (const IPv6Prefix& block : blocks) set(block, inside_, true);
    free_ = inside_;
  }

  [[nodiscard]] bool is_free(const IPv6Prefix& prefix) const {
    if (!kUniverse.contains(prefix)) return false;
    for (std::size_t i = 0; i < slots_in(prefix.length); ++i) {
      if (!free_.test(slot_of(prefix.base) + i)) return false;
    }
    return true;
  }
  void take(const IPv6Prefix& prefix) { set(prefix, free_, false); }
  void release(const IPv6Prefix& prefix) {
    set(prefix, free_, true);
    free_ &= inside_;
  }
  [[nodiscard]] std::uint64_t available(unsigned length) const {
    std::uint64_t count = 0;
    for (std::size_t slot = 0; slot < 256; slot += slots_in(length)) count += is_free(prefix_at(slot, length));
    return count;
  }
  [[nodiscard]] std::optional<IPv6Prefix> choose(unsigned length) const {
    for (unsigned block = length; block >= kUniverse.length; --block) {
      for (std::size_t slot = 0; slot < 256; slot += slots_in(block)) {
        if (is_whole_block(prefix_at(slot, block))) return prefix_at(slot, length);
      }
    }
    return std::nullopt;
  }

 private:
  using Slots = std::bitset<256>;

  static void set(const IPv6Prefix& prefix, Slots& slots, bool value) {
    for (std::size_t slot = 0; slot < 256; ++slot) {
      if (prefix.contains(prefix_at(slot, 64))) slots.set(slot, value);
    }
  }
  // Free, and not part of a larger free block.
  [[nodiscard]] bool is_whole_block(const IPv6Prefix& prefix) const {
    return is_free(prefix) &&
           (prefix.length == kUniverse.length || !is_free(make_prefix(prefix.base, prefix.length - 1U)));
  }

  Slots inside_;
  Slots free_;
};

void compare(const PrefixPool& pool, const Model& model) {
  pool.check_invariants();
  for (unsigned length = kUniverse.length; length <= 64; ++length) {
    ASSERT_EQ(pool.available(length), model.available(length)) << length;
    ASSERT_EQ(pool.choose(length), model.choose(length)) << length;
  }
}

TEST(PrefixPool, AnswersAsANaiveModelDoes) {
  const std::vector<IPv6Prefix> blocks{prefix("2001:db8:0:ab10::/60"), prefix("2001:db8:0:ab20::/59"),
                                       prefix("2001:db8:0:ab80::/57"), prefix("2001:db8:0:ab41::/64")};
  Random random(Seed{7});
  PrefixPool pool(blocks);
  Model model(blocks);
  std::vector<IPv6Prefix> taken;
  for (int step = 0; step < 3000; ++step) {
    const auto length = static_cast<unsigned>(random.between(55, 64));
    const IPv6Prefix any = prefix_at(random.below(256), length);
    switch (random.below(4)) {
      case 0:
        ASSERT_EQ(pool.is_free(any), model.is_free(any));
        if (pool.take(any)) {
          ASSERT_TRUE(model.is_free(any));
          model.take(any);
          taken.push_back(any);
        }
        break;
      case 1:
        if (const auto choice = pool.choose(length)) {
          ASSERT_TRUE(pool.take(*choice));
          model.take(*choice);
          taken.push_back(*choice);
        }
        break;
      default:
        if (taken.empty()) break;
        std::swap(taken[random.below(taken.size())], taken.back());
        pool.release(taken.back());
        model.release(taken.back());
        taken.pop_back();
        break;
    }
    ASSERT_NO_FATAL_FAILURE(compare(pool, model)) << "step " << step;
  }
}

TEST(PrefixPool, TakesAndReleasesAnyPartAsANaiveModelDoes) {
  const std::vector<IPv6Prefix> blocks{prefix("2001:db8:0:ab10::/60"), prefix("2001:db8:0:ab20::/59"),
                                       prefix("2001:db8:0:ab80::/57")};
  Random random(Seed{8});
  PrefixPool pool(blocks);
  Model model(blocks);
  for (int step = 0; step < 3000; ++step) {
    const IPv6Prefix part = prefix_at(random.below(256), static_cast<unsigned>(random.between(55, 64)));
    if (random.chance(1, 2)) {
      pool.take_all(part);
      model.take(part);
    } else {
      pool.release_all(part);
      model.release(part);
    }
    ASSERT_NO_FATAL_FAILURE(compare(pool, model)) << "step " << step;
  }
}

}  // namespace prefix_pool_test
}  // namespace tsp::pool
