// SPDX-License-Identifier: Apache-2.0
#include "core/pool/address_pool.h"

#include <limits>
#include <set>

#include <gtest/gtest.h>

namespace tsp::pool {
namespace address_pool_test {

IPv6Prefix prefix(std::string_view text) {
  return *parse_prefix(text);
}
IPv6Address address(std::string_view text) {
  return *parse_ipv6(text);
}

TEST(AddressPool, NeverOffersTheSubnetRouterAnycastAddress) {
  Random random(Seed{1});
  AddressPool pool(prefix("2001:db8::/126"));

  std::set<IPv6Address> chosen;
  while (const auto choice = pool.choose(random)) {
    EXPECT_TRUE(pool.take(*choice));
    chosen.insert(*choice);
  }

  EXPECT_EQ(chosen, (std::set{address("2001:db8::1"), address("2001:db8::2"), address("2001:db8::3")}));
  EXPECT_FALSE(pool.take(address("2001:db8::")));
  EXPECT_FALSE(pool.release(address("2001:db8::")));
}

TEST(AddressPool, ChoosesAllOverTheRange) {
  Random random(Seed{2});
  const AddressPool pool(prefix("2001:db8::/64"));

  // Sixteen sections, 400 choices: each section is missed with a probability of about 10^-11.
  std::set<int> sections;
  for (int i = 0; i < 400; ++i) sections.insert(pool.choose(random)->octets[8] >> 4);

  EXPECT_EQ(sections.size(), 16U);
}

TEST(AddressPool, ChoosesAllOverARangeLargerThanA64) {
  Random random(Seed{3});
  const AddressPool pool(prefix("2001:db8::/48"));

  std::set<int> sections;
  for (int i = 0; i < 400; ++i) {
    const auto choice = pool.choose(random);
    ASSERT_TRUE(pool.range().contains(*choice));
    sections.insert(choice->octets[6] >> 4);
  }

  EXPECT_EQ(sections.size(), 16U);
}

TEST(AddressPool, FindsTheOneAddressThatIsLeft) {
  Random random(Seed{4});
  AddressPool pool(prefix("2001:db8::/64"));
  pool.take_all(prefix("2001:db8::/64"));
  pool.release(address("2001:db8::1234"));

  EXPECT_EQ(pool.available(), 1U);
  EXPECT_EQ(pool.choose(random), address("2001:db8::1234"));
}

TEST(AddressPool, TakesAnAddressOnceUntilItIsReleased) {
  AddressPool pool(prefix("2001:db8::/64"));

  EXPECT_TRUE(pool.take(address("2001:db8::5")));
  EXPECT_FALSE(pool.take(address("2001:db8::5")));
  EXPECT_FALSE(pool.is_free(address("2001:db8::5")));
  EXPECT_TRUE(pool.release(address("2001:db8::5")));
  EXPECT_FALSE(pool.release(address("2001:db8::5")));
  EXPECT_TRUE(pool.is_free(address("2001:db8::5")));
}

TEST(AddressPool, KnowsNothingOutsideItsRange) {
  AddressPool pool(prefix("2001:db8::/64"));

  EXPECT_FALSE(pool.is_free(address("2001:db8:0:1::1")));
  EXPECT_FALSE(pool.take(address("2001:db8:0:1::1")));
  EXPECT_FALSE(pool.release(address("2001:db8:0:1::1")));
  pool.take_all(prefix("2001:db8:0:1::/64"));
  EXPECT_EQ(pool, AddressPool(prefix("2001:db8::/64")));
}

TEST(AddressPool, TakesThePartThatItHasOfALargerPrefix) {
  AddressPool pool(prefix("2001:db8::/64"));

  pool.take_all(prefix("2001:db8::/32"));
  EXPECT_EQ(pool.available(), 0U);
  pool.release_all(prefix("2001:db8::/32"));

  EXPECT_EQ(pool, AddressPool(prefix("2001:db8::/64")));
}

TEST(AddressPool, CountsWithoutOverflowing) {
  AddressPool pool(prefix("2001:db8::/32"));

  EXPECT_EQ(pool.available(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(pool.taken(), 0U);
  pool.take_all(prefix("2001:db8::/64"));
  EXPECT_EQ(pool.taken(), std::numeric_limits<std::uint64_t>::max());
  pool.check_invariants();
}

TEST(AddressPool, WorksAtTheEndOfTheAddressSpace) {
  AddressPool pool(prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00/120"));
  const AddressPool untouched = pool;

  EXPECT_TRUE(pool.take(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
  pool.check_invariants();
  EXPECT_TRUE(pool.release(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));

  EXPECT_EQ(pool, untouched);
}

TEST(AddressPool, OfASingleAddressHasNothingToGive) {
  Random random(Seed{5});
  const AddressPool pool(prefix("2001:db8::1/128"));

  EXPECT_EQ(pool.choose(random), std::nullopt);
  EXPECT_EQ(pool.available(), 0U);
}

// ---- against a naive model ----------------------------------------------------------------------------------------

class Model {
 public:
  explicit Model(const IPv6Prefix& range) : range_(range) { release_all(range); }

  bool take(const IPv6Address& address) { return free_.erase(address) > 0; }
  bool release(const IPv6Address& address) {
    return address != range_.base && range_.contains(address) && free_.insert(address).second;
  }
  void take_all(const IPv6Prefix& prefix) {
    std::erase_if(free_, [&](const IPv6Address& address) { return prefix.contains(address); });
  }
  void release_all(const IPv6Prefix& prefix) {
    IPv6Address address = range_.base;
    for (unsigned last = 1; last < 256; ++last) {
      address.octets[15] = static_cast<std::uint8_t>(last);
      if (prefix.contains(address)) free_.insert(address);
    }
  }
  [[nodiscard]] const std::set<IPv6Address>& free() const { return free_; }

 private:
  IPv6Prefix range_;  // a /120
  std::set<IPv6Address> free_;
};

void compare(const AddressPool& pool, const Model& model, Random& random) {
  pool.check_invariants();
  ASSERT_EQ(pool.available(), model.free().size());
  ASSERT_EQ(pool.taken(), 255 - model.free().size());
  IPv6Address address = pool.range().base;
  for (unsigned last = 0; last < 256; ++last) {
    address.octets[15] = static_cast<std::uint8_t>(last);
    ASSERT_EQ(pool.is_free(address), model.free().contains(address)) << to_text(address);
  }
  const auto choice = pool.choose(random);
  ASSERT_EQ(choice.has_value(), !model.free().empty());
  if (choice) {
    ASSERT_TRUE(model.free().contains(*choice));
  }
}

TEST(AddressPool, AnswersAsANaiveModelDoes) {
  const IPv6Prefix range = prefix("2001:db8::ab00/120");
  Random random(Seed{6});
  AddressPool pool(range);
  Model model(range);
  for (int step = 0; step < 5000; ++step) {
    IPv6Address address = range.base;
    address.octets[15] = static_cast<std::uint8_t>(random.below(256));
    if (random.chance(1, 16)) address.octets[14] ^= 1;  // outside
    const IPv6Prefix part = make_prefix(address, static_cast<unsigned>(random.between(118, 128)));
    switch (random.below(8)) {
      case 0:
        pool.take_all(part);
        model.take_all(part);
        break;
      case 1:
        pool.release_all(part);
        model.release_all(part);
        break;
      case 2:
      case 3:
      case 4:
        ASSERT_EQ(pool.take(address), model.take(address));
        break;
      default:
        ASSERT_EQ(pool.release(address), model.release(address));
        break;
    }
    ASSERT_NO_FATAL_FAILURE(compare(pool, model, random)) << "step " << step;
  }
}

}  // namespace address_pool_test
}  // namespace tsp::pool
