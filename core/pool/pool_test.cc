// SPDX-License-Identifier: Apache-2.0
#include "core/pool/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/pool/layout.h"

namespace tsp::pool {
namespace pool_test {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

IPv6Prefix prefix(std::string_view text) {
  return *parse_prefix(text);
}
IPv6Prefix host(std::string_view text) {
  return host_prefix(*parse_ipv6(text));
}
WallTime at(int second) {
  return {seconds(second)};
}

// Three addresses for accounts besides the server's, three for anonymous clients, four /64s.
PoolLayout tiny() {
  return {.prefix = prefix("2001:db8::/48"),
          .server_address = *parse_ipv6("2001:db8::1"),
          .hosts = prefix("2001:db8::/125"),
          .anonymous = prefix("2001:db8:0:1::/126"),
          .delegations = {prefix("2001:db8:0:100::/62")}};
}

std::uint64_t hash_of(const Pool& pool) {
  StateHash hash;
  pool.add_to(hash);
  return hash.value();
}

// Claims hosts until there are none left.
std::vector<IPv6Prefix> claim_all_hosts(Pool& pool, Random& random) {
  std::vector<IPv6Prefix> claimed;
  while (const auto address = pool.choose_host(random)) {
    claimed.push_back(host_prefix(*address));
    pool.claim(claimed.back());
  }
  std::ranges::sort(claimed);
  return claimed;
}

TEST(Pool, TellsWhenAQuarantineEnds) {
  Pool pool(tiny());
  const IPv6Prefix used = prefix("2001:db8:0:101::/64");
  EXPECT_EQ(pool.quarantine_end(used), std::nullopt);
  pool.quarantine(used, at(5));
  EXPECT_EQ(pool.quarantine_end(used), at(5));
  pool.claim(used);
  EXPECT_EQ(pool.quarantine_end(used), std::nullopt);
}

TEST(Pool, NeverOffersTheServerAddressOrTheFirstOne) {
  Random random(Seed{1});
  Pool pool(tiny());

  EXPECT_THAT(claim_all_hosts(pool, random),
              ElementsAre(host("2001:db8::2"), host("2001:db8::3"), host("2001:db8::4"), host("2001:db8::5"),
                          host("2001:db8::6"), host("2001:db8::7")));
  EXPECT_EQ(pool.hosts_available(), 0U);
}

TEST(Pool, KeepsTheServerAddressWhenAClaimOnItIsReleased) {
  Random random(Seed{2});
  Pool pool(tiny());
  pool.claim(host("2001:db8::1"));

  pool.release(host("2001:db8::1"));

  EXPECT_EQ(claim_all_hosts(pool, random).size(), 6U);
  pool.check_invariants();
}

TEST(Pool, KeepsAccountsAndAnonymousClientsApart) {
  Random random(Seed{3});
  Pool pool(tiny());
  (void)claim_all_hosts(pool, random);

  std::size_t anonymous = 0;
  while (const auto address = pool.choose_anonymous(random)) {
    EXPECT_TRUE(prefix("2001:db8:0:1::/126").contains(*address));
    pool.claim(host_prefix(*address));
    ++anonymous;
  }

  EXPECT_EQ(anonymous, 3U);
  EXPECT_EQ(pool.anonymous_available(), 0U);
}

TEST(Pool, OffersNothingToAnonymousClientsWithoutARange) {
  Random random(Seed{4});
  PoolLayout layout = tiny();
  layout.anonymous.reset();
  const Pool pool(layout);

  EXPECT_EQ(pool.choose_anonymous(random), std::nullopt);
  EXPECT_EQ(pool.anonymous_available(), 0U);
}

TEST(Pool, OffersEachDelegationOnce) {
  Pool pool(tiny());

  EXPECT_EQ(pool.choose_delegation(63), prefix("2001:db8:0:100::/63"));
  pool.claim(prefix("2001:db8:0:100::/63"));
  EXPECT_EQ(pool.choose_delegation(64), prefix("2001:db8:0:102::/64"));
  pool.claim(prefix("2001:db8:0:102::/64"));

  EXPECT_EQ(pool.choose_delegation(63), std::nullopt);
  EXPECT_EQ(pool.delegations_available(64), 1U);
}

TEST(Pool, AQuarantinedPrefixIsOfferedAgainOnlyAfterItsRelease) {
  Pool pool(tiny());
  const IPv6Prefix all = prefix("2001:db8:0:100::/62");
  pool.claim(all);

  pool.quarantine(all, at(100));
  EXPECT_EQ(pool.next_quarantine_end(), at(100));
  EXPECT_THAT(pool.ended_quarantines(at(99), 10), IsEmpty());
  EXPECT_THAT(pool.ended_quarantines(at(100), 10), ElementsAre(all));
  EXPECT_EQ(pool.choose_delegation(64), std::nullopt);

  pool.release(all);
  EXPECT_EQ(pool.choose_delegation(62), all);
  EXPECT_EQ(pool.next_quarantine_end(), std::nullopt);
  EXPECT_EQ(pool.quarantined(), 0U);
}

TEST(Pool, ListsEndedQuarantinesOldestFirstAndInPortions) {
  Pool pool(tiny());
  pool.quarantine(host("2001:db8::2"), at(30));
  pool.quarantine(host("2001:db8::3"), at(10));
  pool.quarantine(host("2001:db8::4"), at(20));

  EXPECT_THAT(pool.ended_quarantines(at(25), 10), ElementsAre(host("2001:db8::3"), host("2001:db8::4")));
  EXPECT_THAT(pool.ended_quarantines(at(99), 1), ElementsAre(host("2001:db8::3")));
}

TEST(Pool, AnOwnersReturnEndsTheQuarantine) {
  Pool pool(tiny());
  pool.quarantine(host("2001:db8::2"), at(30));

  pool.claim(host("2001:db8::2"));

  EXPECT_EQ(pool.quarantined(), 0U);
  EXPECT_TRUE(pool.is_claimed(host("2001:db8::2")));
  EXPECT_THAT(pool.ended_quarantines(at(99), 10), IsEmpty());
  pool.check_invariants();
}

TEST(Pool, ALaterQuarantineReplacesTheEarlier) {
  Pool pool(tiny());
  pool.quarantine(host("2001:db8::2"), at(30));
  pool.quarantine(host("2001:db8::2"), at(60));

  EXPECT_EQ(pool.next_quarantine_end(), at(60));
  EXPECT_EQ(pool.quarantined(), 1U);
}

TEST(Pool, RepeatingAClaimOrAReleaseIsHarmless) {
  Pool pool(tiny());
  const std::uint64_t before = hash_of(pool);
  pool.claim(host("2001:db8::2"));
  pool.claim(host("2001:db8::2"));
  EXPECT_EQ(pool.claims(), 1U);

  pool.release(host("2001:db8::2"));
  pool.release(host("2001:db8::2"));

  EXPECT_EQ(pool.claims(), 0U);
  EXPECT_EQ(hash_of(pool), before);
  pool.check_invariants();
}

TEST(Pool, ARoutersAddressInItsOwnPrefixOutlivesEither) {
  Pool pool(tiny());
  const IPv6Prefix delegated = prefix("2001:db8:0:100::/63");
  const IPv6Prefix own = host("2001:db8:0:101::5");
  pool.claim(delegated);
  pool.claim(own);

  pool.release(delegated);
  EXPECT_EQ(pool.choose_delegation(63), prefix("2001:db8:0:102::/63"));
  EXPECT_EQ(pool.choose_delegation(64), prefix("2001:db8:0:100::/64"));  // the address blocks the next one only

  pool.claim(delegated);
  pool.release(own);
  EXPECT_EQ(pool.choose_delegation(64), prefix("2001:db8:0:102::/64"));

  pool.release(delegated);
  EXPECT_EQ(pool.choose_delegation(62), prefix("2001:db8:0:100::/62"));
}

TEST(Pool, ADelegationIsBlockedUntilItsLastForeignAddressIsReleased) {
  Pool pool(tiny());
  pool.claim(host("2001:db8:0:100::5"));
  pool.claim(host("2001:db8:0:100::6"));

  pool.release(host("2001:db8:0:100::5"));
  EXPECT_EQ(pool.choose_delegation(62), std::nullopt);
  pool.release(host("2001:db8:0:100::6"));
  EXPECT_EQ(pool.choose_delegation(62), prefix("2001:db8:0:100::/62"));
}

TEST(Pool, AClaimLargerThanARangeBlocksAllOfIt) {
  Random random(Seed{5});
  Pool pool(tiny());
  pool.claim(prefix("2001:db8::/32"));

  EXPECT_EQ(pool.choose_host(random), std::nullopt);
  EXPECT_EQ(pool.choose_anonymous(random), std::nullopt);
  EXPECT_EQ(pool.choose_delegation(64), std::nullopt);

  pool.release(prefix("2001:db8::/32"));
  EXPECT_EQ(pool.hosts_available(), 6U);
  EXPECT_EQ(pool.anonymous_available(), 3U);
  EXPECT_EQ(pool.delegations_available(64), 4U);
}

TEST(Pool, ANewLayoutFindsTheOldClaims) {
  Random random(Seed{6});
  Pool pool(tiny());
  pool.claim(host("2001:db8::2"));
  pool.claim(prefix("2001:db8:0:100::/64"));
  pool.claim(host("2001:db8:7::9"));

  PoolLayout moved = tiny();
  moved.prefix = prefix("2001:db8::/32");
  moved.server_address = *parse_ipv6("2001:db8:7::1");
  moved.hosts = prefix("2001:db8:7::/124");
  moved.delegations = {prefix("2001:db8::/56"), prefix("2001:db8:0:100::/56")};
  moved.anonymous.reset();
  pool.change_layout(moved);

  EXPECT_EQ(pool.claims(), 3U);
  EXPECT_EQ(pool.hosts_available(), 13U);           // without the first, the server's and ::9
  EXPECT_EQ(pool.delegations_available(64), 510U);  // without the one claimed and the one around 2001:db8::2

  pool.release(host("2001:db8::2"));
  pool.change_layout(tiny());
  EXPECT_EQ(pool.hosts_available(), 6U);
  EXPECT_EQ(pool.delegations_available(64), 3U);
  pool.check_invariants();
}

TEST(Pool, StateHashTellsStatesApart) {
  Pool pool(tiny());
  const std::uint64_t empty = hash_of(pool);
  pool.claim(host("2001:db8::2"));
  const std::uint64_t claimed = hash_of(pool);
  pool.quarantine(host("2001:db8::2"), at(0));
  const std::uint64_t quarantined = hash_of(pool);

  EXPECT_NE(empty, claimed);
  EXPECT_NE(claimed, quarantined);
}

// ---- scale --------------------------------------------------------------------------------------------------------

TEST(Pool, HoldsAMillionAddressesAndTwoHundredThousandPrefixes) {
  Random random(Seed{7});
  Pool pool(*derive_layout(prefix("2001:db8::/32")));
  const std::uint64_t prefixes_before = pool.delegations_available(64);
  std::vector<IPv6Prefix> claimed;
  const auto claim = [&](const IPv6Prefix& each) {
    pool.claim(each);
    claimed.push_back(each);
  };

  for (int i = 0; i < 1'000'000; ++i) claim(host_prefix(*pool.choose_host(random)));
  for (int i = 0; i < 200'000; ++i) claim(*pool.choose_delegation(i % 50 == 0 ? 48 : 56));
  EXPECT_EQ(pool.claims(), 1'200'000U);  // each choice was a new one
  pool.check_invariants();

  for (const IPv6Prefix& each : claimed) pool.release(each);
  EXPECT_EQ(pool.claims(), 0U);
  EXPECT_EQ(pool.delegations_available(64), prefixes_before);
  pool.check_invariants();
}

}  // namespace pool_test
}  // namespace tsp::pool
