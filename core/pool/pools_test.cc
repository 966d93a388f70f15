// SPDX-License-Identifier: Apache-2.0
#include "core/pool/pools.h"

#include <gmock/gmock.h>

#include "core/pool/layout.h"

namespace tsp::pool {
namespace pools_test {

using testing::ElementsAre;

const PoolLayout kIPv6 = *derive_layout(*parse_prefix("2001:db8::/48"));
const PoolLayout kIPv4 = *derive_ipv4_layout(*parse_ipv4_prefix("192.0.2.0/24"));

WallTime at(int seconds) {
  return WallTime{std::chrono::seconds(seconds)};
}

TEST(Pools, AClaimConcernsItsFamilyOnly) {
  Random random(Seed{1});
  Pools pools(kIPv6, kIPv4);
  const IPv6Prefix mapped = *pools.of(TunnelType::V4V6).choose_delegation(kMappedLength + 29);
  EXPECT_EQ(to_text(mapped), "192.0.2.128/29");
  pools.claim(mapped);
  pools.claim(host_prefix(*pools.of(TunnelType::V6V4).choose_host(random)));
  EXPECT_EQ(pools.of(TunnelType::V4V6).claims(), 1U);
  EXPECT_EQ(pools.of(TunnelType::V6UdpV4).claims(), 1U);
  EXPECT_EQ(to_text(*pools.of(TunnelType::V4V6).choose_delegation(kMappedLength + 29)), "192.0.2.136/29");
  EXPECT_TRUE(pools.is_claimed(mapped) && !pools.quarantine_end(mapped));
  pools.release(mapped);
  EXPECT_EQ(pools.claims(), 1U);
  pools.check_invariants();
}

TEST(Pools, AClaimedAddressKeepsThePrefixAroundItFromRouters) {
  Pools pools(kIPv6, kIPv4);
  pools.claim(map_ipv4({{192, 0, 2, 129}}, 32));
  EXPECT_EQ(to_text(*pools.of(TunnelType::V4V6).choose_delegation(kMappedLength + 30)), "192.0.2.132/30");
  pools.check_invariants();
}

TEST(Pools, UnclaimedIsWhatNoClaimTouches) {
  Pools pools(kIPv6, kIPv4);
  pools.claim(*parse_prefix("2001:db8:0:8000::/57"));
  for (const char* touched : {"2001:db8:0:8000::/57", "2001:db8:0:8000::/59", "2001:db8:0:8000::/56"}) {
    EXPECT_FALSE(pools.is_unclaimed(*parse_prefix(touched))) << touched;
  }
  EXPECT_TRUE(pools.is_unclaimed(*parse_prefix("2001:db8:0:8080::/57")));
}

TEST(Pools, QuarantinesOfBothEnd) {
  Pools pools(kIPv6, kIPv4);
  const IPv6Prefix mapped = map_ipv4({{192, 0, 2, 7}}, 32);
  const IPv6Prefix other = *parse_prefix("2001:db8:0:8000::/64");
  pools.quarantine(mapped, at(10));
  EXPECT_EQ(pools.next_quarantine_end(), at(10));
  pools.quarantine(other, at(5));
  EXPECT_EQ(pools.next_quarantine_end(), at(5));
  EXPECT_THAT(pools.ended_quarantines(at(10), 9), ElementsAre(other, mapped));
  EXPECT_THAT(pools.ended_quarantines(at(10), 1), ElementsAre(other));
}

TEST(Pools, WithoutALayoutForIPv4ThereIsNothingOfIt) {
  Random random(Seed{1});
  Pools pools(kIPv6, std::nullopt);
  const Pool& none = pools.of(TunnelType::V4V6);
  EXPECT_EQ(none.choose_host(random), std::nullopt);
  EXPECT_EQ(none.choose_anonymous(random), std::nullopt);
  const IPv6Prefix mapped = map_ipv4({{192, 0, 2, 7}}, 32);
  pools.claim(mapped);
  pools.change_layouts(kIPv6, kIPv4);
  EXPECT_TRUE(pools.is_claimed(mapped)) << "an account's, from an earlier configuration";
  EXPECT_EQ(pools.of(TunnelType::V4V6).hosts_available(), 61U);
  pools.check_invariants();
}

}  // namespace pools_test
}  // namespace tsp::pool
