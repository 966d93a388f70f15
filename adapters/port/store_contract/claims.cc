// SPDX-License-Identifier: Apache-2.0
//
// Claims: who may have which prefix beside whom.
#include <vector>

#include <gmock/gmock.h>

#include "adapters/port/store_contract/store_contract.h"

namespace tsp::port {
namespace {

TEST_P(StoreContract, AClaimIsLoadedAsItWasPut) {
  Claim first = quarantined(prefix("2001:db8:5:aa00::/56"), {std::chrono::nanoseconds(1'764'000'000'999'999'999)});
  first.broker = kOtherBroker;
  const Claim second = offered(host("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), kBob, {7});
  ASSERT_EQ(put(first), StoreStatus::Done);
  ASSERT_EQ(put(second), StoreStatus::Done);

  EXPECT_EQ(claims(), (std::vector{first, second}));
}

TEST_P(StoreContract, EveryBrokerLoadsAllClaims) {
  ASSERT_EQ(put(offered(host("2001:db8::5"), kAnonymous, kBroker)), StoreStatus::Done);

  EXPECT_EQ(load(kOtherBroker).claims, load(kBroker).claims);
  EXPECT_EQ(load(kOtherBroker).claims.size(), 1u);
}

TEST_P(StoreContract, ThePrefixOfAnotherAccountIsTaken) {
  ASSERT_EQ(put(held(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(put(held(prefix("2001:db8:1:100::/56"), kBob)), StoreStatus::Taken);
  EXPECT_EQ(put(offered(prefix("2001:db8:1:100::/56"), kBob)), StoreStatus::Taken);
  EXPECT_EQ(put(held(prefix("2001:db8:1:100::/56"), kAnonymous)), StoreStatus::Taken);

  EXPECT_EQ(claims(), std::vector{held(prefix("2001:db8:1:100::/56"), kAlice)});
}

TEST_P(StoreContract, APrefixInsideAnothersIsTaken) {
  ASSERT_EQ(put(held(prefix("2001:db8:1::/48"), kAlice)), StoreStatus::Done);

  for (const char* inside : {"2001:db8:1::/56", "2001:db8:1:ff00::/56", "2001:db8:1:8000::/49", "2001:db8:1:1::/64"}) {
    EXPECT_EQ(put(held(prefix(inside), kBob)), StoreStatus::Taken) << inside;
  }
  EXPECT_EQ(claims().size(), 1u);
}

TEST_P(StoreContract, APrefixAroundAnothersIsTaken) {
  ASSERT_EQ(put(held(prefix("2001:db8:1:ab00::/56"), kAlice)), StoreStatus::Done);

  for (const char* around : {"2001:db8:1::/48", "2001:db8:1:8000::/49", "2001:db8:1:aa00::/55"}) {
    EXPECT_EQ(put(held(prefix(around), kBob)), StoreStatus::Taken) << around;
  }
  EXPECT_EQ(claims().size(), 1u);
}

TEST_P(StoreContract, AnAddressInsideAnothersPrefixIsTaken) {
  ASSERT_EQ(put(held(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(put(held(host("2001:db8:1:100::"), kBob)), StoreStatus::Taken);
  EXPECT_EQ(put(held(host("2001:db8:1:1ff:ffff:ffff:ffff:ffff"), kBob)), StoreStatus::Taken);
  EXPECT_EQ(put(offered(host("2001:db8:1:142::7"), kAnonymous)), StoreStatus::Taken);
}

TEST_P(StoreContract, APrefixAroundAnothersAddressIsTaken) {
  ASSERT_EQ(put(held(host("2001:db8:1:1ff:ffff:ffff:ffff:ffff"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(put(held(prefix("2001:db8:1:100::/56"), kBob)), StoreStatus::Taken);
  EXPECT_EQ(put(held(prefix("2001:db8:1::/48"), kBob)), StoreStatus::Taken);
}

TEST_P(StoreContract, AnOverlapIsFoundBehindManyOthers) {
  ASSERT_EQ(put(held(prefix("2001:db8:1::/48"), kAlice)), StoreStatus::Done);
  std::vector<StoreChange> between;
  for (std::uint8_t i = 1; i < 200; ++i) {
    IPv6Address inside = address("2001:db8:1:1::");
    inside.octets[15] = i;
    if (i == 1) between.emplace_back(PutClaim{held(host_prefix(inside), kAlice)});
    inside.octets[4] = 0xFF;
    between.emplace_back(PutClaim{held(host_prefix(inside), {100u + i})});
  }
  ASSERT_EQ(commit(between), StoreStatus::Done);

  EXPECT_EQ(put(held(prefix("2001:db8:1:ff00::/56"), kBob)), StoreStatus::Taken);
  EXPECT_EQ(put(held(prefix("2001:db8:2:ff00::/56"), kBob)), StoreStatus::Done);
}

TEST_P(StoreContract, NeighboursDoNotOverlap) {
  ASSERT_EQ(put(held(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(put(held(prefix("2001:db8:1::/56"), kBob)), StoreStatus::Done);
  EXPECT_EQ(put(held(prefix("2001:db8:1:200::/55"), kBob)), StoreStatus::Done);
  EXPECT_EQ(put(held(host("2001:db8:1:200::"), {33})), StoreStatus::Taken);
  EXPECT_EQ(put(held(host("2001:db8:1:400::"), {33})), StoreStatus::Done);
}

TEST_P(StoreContract, AnAccountsOwnClaimsMayOverlap) {
  ASSERT_EQ(put(held(prefix("2001:db8:1::/48"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(put(held(host("2001:db8:1::2"), kAlice)), StoreStatus::Done);
  EXPECT_EQ(put(offered(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(claims().size(), 3u);
}

TEST_P(StoreContract, AnAccountHasOneClaimOfALength) {
  ASSERT_EQ(put(held(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Done);
  ASSERT_EQ(put(held(host("2001:db8::5"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(put(held(prefix("2001:db8:1:200::/56"), kAlice)), StoreStatus::Taken);
  EXPECT_EQ(put(offered(prefix("2001:db8:1:200::/56"), kAlice)), StoreStatus::Taken);
  EXPECT_EQ(put(held(host("2001:db8::6"), kAlice)), StoreStatus::Taken);
  EXPECT_EQ(put(held(prefix("2001:db8:1:210::/60"), kAlice)), StoreStatus::Done);
}

TEST_P(StoreContract, WhatIsHeldCannotBeOfferedAgain) {
  ASSERT_EQ(put(offered(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Done);
  ASSERT_EQ(put(held(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(put(offered(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Taken);
  ASSERT_EQ(claims().size(), 1u);
  EXPECT_EQ(claims()[0].state, ClaimState::Held);
}

TEST_P(StoreContract, ManyAnonymousClaimsOfALengthStandSideBySide) {
  EXPECT_EQ(put(held(host("2001:db8::5"), kAnonymous)), StoreStatus::Done);
  EXPECT_EQ(put(held(host("2001:db8::6"), kAnonymous)), StoreStatus::Done);
}

TEST_P(StoreContract, TheOwnerMayRepeatAClaim) {
  ASSERT_EQ(put(held(prefix("2001:db8:1:100::/56"), kAlice, kBroker)), StoreStatus::Done);

  EXPECT_EQ(put(held(prefix("2001:db8:1:100::/56"), kAlice, kOtherBroker)), StoreStatus::Done);

  EXPECT_EQ(claims(), std::vector{held(prefix("2001:db8:1:100::/56"), kAlice, kOtherBroker)});
}

TEST_P(StoreContract, AnOfferBecomesHeld) {
  ASSERT_EQ(put(offered(host("2001:db8::5"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(put(held(host("2001:db8::5"), kAlice)), StoreStatus::Done);
  EXPECT_EQ(claims(), std::vector{held(host("2001:db8::5"), kAlice)});
}

TEST_P(StoreContract, AnotherBrokersAnonymousClaimIsTaken) {
  ASSERT_EQ(put(offered(host("2001:db8::5"), kAnonymous, kBroker)), StoreStatus::Done);

  EXPECT_EQ(put(offered(host("2001:db8::5"), kAnonymous, kOtherBroker)), StoreStatus::Taken);
  EXPECT_EQ(put(held(host("2001:db8::5"), kAnonymous, kOtherBroker)), StoreStatus::Taken);
  EXPECT_EQ(put(quarantined(host("2001:db8::5"), at_second(9), kOtherBroker)), StoreStatus::Taken);
  EXPECT_EQ(put(held(host("2001:db8::5"), kAnonymous, kBroker)), StoreStatus::Done);
}

TEST_P(StoreContract, AnAccountsClaimIsItsOwnAtEveryBroker) {
  ASSERT_EQ(put(offered(host("2001:db8::5"), kAlice, kBroker)), StoreStatus::Done);

  EXPECT_EQ(put(held(host("2001:db8::5"), kAlice, kOtherBroker)), StoreStatus::Done);
  EXPECT_EQ(put(quarantined(host("2001:db8::5"), at_second(9), kBroker)), StoreStatus::Done);
}

TEST_P(StoreContract, AClaimOfAnyOwnerMayBecomeQuarantined) {
  const Claim first = quarantined(host("2001:db8::5"), at_second(50));
  const Claim second = quarantined(prefix("2001:db8:1:100::/56"), at_second(60));
  ASSERT_EQ(put(held(first.prefix, kAnonymous)), StoreStatus::Done);
  ASSERT_EQ(put(offered(second.prefix, kAlice)), StoreStatus::Done);

  EXPECT_EQ(put(first), StoreStatus::Done);
  EXPECT_EQ(put(second), StoreStatus::Done);

  EXPECT_EQ(claims(), (std::vector{first, second}));
}

TEST_P(StoreContract, AFreePrefixMayBecomeQuarantined) {
  const Claim claim = quarantined(host("2001:db8::5"), at_second(50));

  EXPECT_EQ(put(claim), StoreStatus::Done);

  EXPECT_EQ(claims(), std::vector{claim});
}

TEST_P(StoreContract, AQuarantineMayBeRepeatedAndProlonged) {
  ASSERT_EQ(put(quarantined(host("2001:db8::5"), at_second(50))), StoreStatus::Done);

  EXPECT_EQ(put(quarantined(host("2001:db8::5"), at_second(50))), StoreStatus::Done);
  EXPECT_EQ(put(quarantined(host("2001:db8::5"), at_second(60), kOtherBroker)), StoreStatus::Done);

  EXPECT_EQ(claims(), std::vector{quarantined(host("2001:db8::5"), at_second(60), kOtherBroker)});
}

TEST_P(StoreContract, AQuarantinedPrefixIsTakenForEverybody) {
  const IPv6Prefix former = prefix("2001:db8:1:100::/56");
  ASSERT_EQ(put(held(former, kAlice)), StoreStatus::Done);
  ASSERT_EQ(put(quarantined(former, at_second(50))), StoreStatus::Done);

  EXPECT_EQ(put(held(former, kAlice)), StoreStatus::Taken);
  EXPECT_EQ(put(offered(former, kAnonymous)), StoreStatus::Taken);
  EXPECT_EQ(put(held(host("2001:db8:1:100::1"), kAlice)), StoreStatus::Taken);
  EXPECT_EQ(put(held(prefix("2001:db8:1::/48"), kAnonymous)), StoreStatus::Taken);
}

TEST_P(StoreContract, AQuarantineDoesNotCoverOthersClaims) {
  ASSERT_EQ(put(held(host("2001:db8:1:100::1"), kAlice)), StoreStatus::Done);
  ASSERT_EQ(put(quarantined(prefix("2001:db8:1:200::/56"), at_second(50))), StoreStatus::Done);

  EXPECT_EQ(put(quarantined(prefix("2001:db8:1:100::/56"), at_second(50))), StoreStatus::Taken);
  EXPECT_EQ(put(quarantined(prefix("2001:db8:1::/48"), at_second(50))), StoreStatus::Taken);
  EXPECT_EQ(put(quarantined(prefix("2001:db8:1:210::/60"), at_second(50))), StoreStatus::Taken);
}

TEST_P(StoreContract, AQuarantinedPrefixLeavesItsFormerOwnerRoomForAnother) {
  ASSERT_EQ(put(held(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(commit({PutClaim{quarantined(prefix("2001:db8:1:100::/56"), at_second(50))},
                    PutClaim{held(prefix("2001:db8:1:200::/56"), kAlice)}}),
            StoreStatus::Done);
}

TEST_P(StoreContract, OnlyTheAccountTakesBackWhatItGaveUp) {
  const IPv6Prefix former = prefix("2001:db8:1:100::/56");
  const Claim gone = given_up(former, kAlice, at_second(50));
  ASSERT_EQ(put(held(former, kAlice)), StoreStatus::Done);
  ASSERT_EQ(put(gone), StoreStatus::Done);

  EXPECT_EQ(put(held(former, kBob)), StoreStatus::Taken);
  EXPECT_EQ(put(held(former, kAnonymous)), StoreStatus::Taken);
  EXPECT_EQ(put(offered(former, kAlice)), StoreStatus::Taken) << "an offer could be withdrawn, and the prefix be free";
  EXPECT_EQ(put(held(host("2001:db8:1:100::1"), kAlice)), StoreStatus::Taken);
  EXPECT_EQ(withdraw(former), StoreStatus::Done);
  EXPECT_EQ(claims(), std::vector{gone});

  EXPECT_EQ(put(held(former, kAlice, kOtherBroker)), StoreStatus::Done);
  EXPECT_EQ(end_quarantine(former, at_second(60)), StoreStatus::Done);
  EXPECT_EQ(claims(), std::vector{held(former, kAlice, kOtherBroker)});
}

TEST_P(StoreContract, WhatAnAccountGaveUpIsItsOnlyOneOfTheLength) {
  ASSERT_EQ(put(given_up(prefix("2001:db8:1:100::/56"), kAlice, at_second(50))), StoreStatus::Done);

  EXPECT_EQ(put(held(prefix("2001:db8:1:200::/56"), kAlice)), StoreStatus::Taken);
  EXPECT_EQ(put(offered(prefix("2001:db8:1:200::/56"), kAlice)), StoreStatus::Taken);
  EXPECT_EQ(put(given_up(prefix("2001:db8:1:200::/56"), kAlice, at_second(50))), StoreStatus::Taken);
  EXPECT_EQ(put(held(prefix("2001:db8:1:410::/60"), kAlice)), StoreStatus::Done);
  EXPECT_EQ(put(held(prefix("2001:db8:1:200::/56"), kBob)), StoreStatus::Done);

  EXPECT_EQ(end_quarantine(prefix("2001:db8:1:100::/56"), at_second(50)), StoreStatus::Done);
  EXPECT_EQ(put(held(prefix("2001:db8:1:300::/56"), kAlice)), StoreStatus::Done);
}

TEST_P(StoreContract, AnAccountDoesNotGiveUpWhatIsNotItsOwn) {
  ASSERT_EQ(put(held(prefix("2001:db8:1:100::/56"), kAlice)), StoreStatus::Done);
  ASSERT_EQ(put(quarantined(prefix("2001:db8:1:200::/60"), at_second(50))), StoreStatus::Done);
  const auto before = claims();

  EXPECT_EQ(put(given_up(prefix("2001:db8:1:100::/56"), kBob, at_second(50))), StoreStatus::Taken);
  EXPECT_EQ(put(given_up(prefix("2001:db8:1:200::/60"), kBob, at_second(50))), StoreStatus::Taken);

  EXPECT_EQ(claims(), before);
}

TEST_P(StoreContract, AnAccountIsFoundWithWhatItGaveUp) {
  const Claim first = given_up(prefix("2001:db8:1:100::/56"), kAlice, at_second(50));
  const Claim second = given_up(prefix("::ffff:198.51.100.0/120"), kAlice, at_second(60));
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutClaim{first}, PutClaim{second}}), StoreStatus::Done);

  const auto found = find("alice");

  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(found->quarantined, testing::UnorderedElementsAre(first, second));
  EXPECT_TRUE(found->prefixes.empty() && found->ipv4_prefixes.empty());
}

TEST_P(StoreContract, AWithdrawnOfferIsFree) {
  ASSERT_EQ(put(offered(host("2001:db8::5"), kAlice)), StoreStatus::Done);
  ASSERT_EQ(put(offered(host("2001:db8::6"), kAnonymous)), StoreStatus::Done);

  EXPECT_EQ(withdraw(host("2001:db8::5")), StoreStatus::Done);
  EXPECT_EQ(withdraw(host("2001:db8::6")), StoreStatus::Done);

  EXPECT_TRUE(claims().empty());
  EXPECT_EQ(put(held(host("2001:db8::5"), kBob)), StoreStatus::Done);
}

TEST_P(StoreContract, OnlyOffersAreWithdrawn) {
  const std::vector<Claim> others = {held(host("2001:db8::5"), kAlice),
                                     quarantined(host("2001:db8::7"), at_second(50))};
  for (const Claim& claim : others) ASSERT_EQ(put(claim), StoreStatus::Done);

  for (const Claim& claim : others) EXPECT_EQ(withdraw(claim.prefix), StoreStatus::Done);

  EXPECT_EQ(claims(), others);
}

TEST_P(StoreContract, WhatAnotherBrokerOfferedAsWellIsNotWithdrawn) {
  const Claim again = offered(host("2001:db8::5"), kAlice, kOtherBroker);
  ASSERT_EQ(put(offered(host("2001:db8::5"), kAlice, kBroker)), StoreStatus::Done);
  ASSERT_EQ(put(again), StoreStatus::Done);

  EXPECT_EQ(withdraw(host("2001:db8::5"), kBroker), StoreStatus::Done);

  EXPECT_EQ(claims(), std::vector{again});
}

TEST_P(StoreContract, AnEndedQuarantineIsFreedByAnyBroker) {
  ASSERT_EQ(put(quarantined(host("2001:db8::7"), at_second(50), kOtherBroker)), StoreStatus::Done);

  EXPECT_EQ(end_quarantine(host("2001:db8::7"), at_second(49)), StoreStatus::Done);
  EXPECT_EQ(claims().size(), 1u);
  EXPECT_EQ(end_quarantine(host("2001:db8::7"), at_second(50)), StoreStatus::Done);

  EXPECT_TRUE(claims().empty());
  EXPECT_EQ(put(held(host("2001:db8::7"), kBob)), StoreStatus::Done);
}

// Another broker has ended it first, and given the prefix out again.
TEST_P(StoreContract, OnlyAQuarantineIsEnded) {
  const std::vector<Claim> others = {held(host("2001:db8::5"), kAlice), offered(host("2001:db8::6"), kBob)};
  for (const Claim& claim : others) ASSERT_EQ(put(claim), StoreStatus::Done);

  for (const Claim& claim : others) EXPECT_EQ(end_quarantine(claim.prefix, at_second(50)), StoreStatus::Done);

  EXPECT_EQ(claims(), others);
}

TEST_P(StoreContract, FreeingWhatIsNotThereIsDoneAndFreesNothingElse) {
  ASSERT_EQ(put(offered(prefix("2001:db8:1::/48"), kAlice)), StoreStatus::Done);
  ASSERT_EQ(put(quarantined(prefix("2001:db8:3::/48"), at_second(50))), StoreStatus::Done);

  for (const char* other : {"2001:db8:1::/56", "2001:db8:1::/128", "2001:db8:2::/48", "2001:db8:3::/56"}) {
    EXPECT_EQ(withdraw(prefix(other)), StoreStatus::Done) << other;
    EXPECT_EQ(end_quarantine(prefix(other), at_second(60)), StoreStatus::Done) << other;
  }

  EXPECT_EQ(claims().size(), 2u);
}

// ---- IPv4, mapped -----------------------------------------------------------------------------------------------

TEST_P(StoreContract, AnAccountHasAddressesAndPrefixesOfBothFamilies) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}}), StoreStatus::Done);
  const Claim address = held(host("2001:db8::5"), kAlice);
  const Claim delegated = held(prefix("2001:db8:1:100::/56"), kAlice);
  const Claim ipv4_address = offered(host("::ffff:192.0.2.5"), kAlice, kBroker);
  const Claim ipv4_prefix = held(prefix("::ffff:198.51.100.0/120"), kAlice);
  for (const Claim& claim : {address, delegated, ipv4_address, ipv4_prefix}) ASSERT_EQ(put(claim), StoreStatus::Done);

  const auto found = find("alice");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->address, address);
  EXPECT_EQ(found->prefixes, std::vector{delegated});
  EXPECT_EQ(found->ipv4_address, ipv4_address);
  EXPECT_EQ(found->ipv4_prefixes, std::vector{ipv4_prefix});
}

TEST_P(StoreContract, AnAccountHasOneIPv4ClaimOfALength) {
  ASSERT_EQ(put(held(host("::ffff:192.0.2.5"), kAlice)), StoreStatus::Done);
  ASSERT_EQ(put(held(prefix("::ffff:198.51.100.0/120"), kAlice)), StoreStatus::Done);

  EXPECT_EQ(put(held(host("::ffff:192.0.2.6"), kAlice)), StoreStatus::Taken);
  EXPECT_EQ(put(held(prefix("::ffff:203.0.113.0/120"), kAlice)), StoreStatus::Taken);
  EXPECT_EQ(put(held(prefix("::ffff:203.0.113.0/121"), kAlice)), StoreStatus::Done);
  EXPECT_EQ(put(held(host("2001:db8::5"), kAlice)), StoreStatus::Done);
}

TEST_P(StoreContract, AnIPv4AddressInsideAnothersPrefixIsTaken) {
  ASSERT_EQ(put(held(prefix("::ffff:198.51.100.0/120"), kAlice)), StoreStatus::Done);

  for (const char* inside : {"::ffff:198.51.100.0/128", "::ffff:198.51.100.77/128", "::ffff:198.51.100.64/122"}) {
    EXPECT_EQ(put(held(prefix(inside), kBob)), StoreStatus::Taken) << inside;
  }
  EXPECT_EQ(put(held(prefix("::ffff:198.51.0.0/112"), kBob)), StoreStatus::Taken);
  EXPECT_EQ(put(held(host("::ffff:198.51.101.0"), kBob)), StoreStatus::Done);
}

}  // namespace
}  // namespace tsp::port
