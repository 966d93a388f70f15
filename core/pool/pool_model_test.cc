// SPDX-License-Identifier: Apache-2.0
//
// Random claims, quarantines, releases and changes of layout, held against a list of claims and brute force.
#include "core/pool/pool_model.h"

#include <gtest/gtest.h>

namespace tsp::pool {
namespace pool_model_test {

using std::chrono::seconds;

// Anything from a part of a range to more than the whole prefix, within a layout, beside it and outside.
IPv6Prefix any_prefix(Random& random) {
  IPv6Address address = *parse_ipv6("2001:db8::");
  if (random.chance(1, 20)) address.octets[5] = 1;
  if (random.chance(1, 2)) address.octets[7] = static_cast<std::uint8_t>(random.below(0x40));
  address.octets[15] = static_cast<std::uint8_t>(random.below(0x44));
  if (random.chance(3, 5)) return host_prefix(address);
  if (random.chance(1, 40)) return make_prefix(address, static_cast<unsigned>(random.between(47, 58)));
  if (random.chance(1, 4)) return make_prefix(address, static_cast<unsigned>(random.between(65, 127)));
  return make_prefix(address, static_cast<unsigned>(random.between(60, 64)));
}

class RandomLife {
 public:
  void step() {
    now_.since_epoch += seconds(1);
    const std::uint64_t dice = random_.below(100);
    if (dice < 30) {
      both_.claim(any_prefix(random_));
    } else if (dice < 45) {
      both_.claim_choices(random_, static_cast<unsigned>(random_.between(59, 64)));
    } else if (dice < 60) {
      const IPv6Prefix prefix = random_.chance(3, 4) ? any_claim() : any_prefix(random_);
      both_.quarantine(prefix, now_ + seconds(random_.below(20)));
    } else if (dice < 97) {
      both_.release(random_.chance(9, 10) ? any_claim() : any_prefix(random_));
    } else {
      both_.change_layout(model_layouts()[random_.below(3)]);
    }
  }
  void release_everything() {
    while (both_.model().claims() > 0) both_.release(any_claim());
  }
  std::optional<std::string> find_difference() { return both_.find_difference(now_, random_); }

 private:
  // Anything, if there is none.
  IPv6Prefix any_claim() {
    const std::size_t claims = both_.model().claims();
    return claims > 0 ? both_.model().claim_at(random_.below(claims)) : any_prefix(random_);
  }

  Random random_{Seed{8}};
  WallTime now_;
  PoolAndModel both_;
};

TEST(PoolModel, AnswersAsAListOfClaimsDoes) {
  RandomLife life;
  for (int i = 0; i < 5000; ++i) {
    life.step();
    ASSERT_EQ(life.find_difference(), std::nullopt) << "step " << i;
  }
  life.release_everything();
  EXPECT_EQ(life.find_difference(), std::nullopt);
}

}  // namespace pool_model_test
}  // namespace tsp::pool
