// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/resources.h"

#include "adapters/sim/checkers/checkers_test_world.h"

namespace tsp::sim {
namespace resources_test {

using std::chrono::hours;
using testing::StartsWith;

using ResourcesTest = Watched<Resources>;

PutClaim quarantine(const IPv6Prefix& prefix, WallTime until) {
  PutClaim change = put(prefix, kAnonymous, ClaimState::Quarantined);
  change.claim.until = until;
  return change;
}

TEST_F(ResourcesTest, TwoOwnersOfOneAddressAreFound) {
  commit({put(kPrefix, kAlice), put(host_prefix(kInner), kAlice)});
  EXPECT_EQ(found(), "nothing");
  commit({put(*parse_prefix("2001:db8:1:4210::/60"), kBob)});
  EXPECT_THAT(found(), StartsWith("invariant 1,"));
}

TEST_F(ResourcesTest, AClaimAroundAnothersIsFound) {
  commit({put(*parse_prefix("2001:db8:1:4210::/60"), kBob)});
  commit({put(kPrefix, kAlice)});
  EXPECT_THAT(found(), StartsWith("invariant 1,"));
}

TEST_F(ResourcesTest, AClaimThatTheBrokerDoesNotKnowIsFound) {
  checker.sweep();
  EXPECT_EQ(found(), "nothing");
  commit({put(kPrefix, kAlice)});
  checker.sweep();
  EXPECT_THAT(found(), StartsWith("invariant 2,"));
}

TEST_F(ResourcesTest, AnOfferThatIsNotOnDiskIsFound) {
  commit({put(host_prefix(kInner), kAlice, ClaimState::Offered)});
  log_in(kPath);
  converse(kPath, 0xF3, "create", offer_of(kInner));
  EXPECT_EQ(found(), "nothing");
  converse(kPath, 0xF4, "create", offer_of(kInner, kPrefix));
  EXPECT_THAT(found(), StartsWith("invariant 4,"));
}

TEST_F(ResourcesTest, AnOfferOfWhatIsInQuarantineIsFound) {
  commit({quarantine(host_prefix(kInner), truth.wall_max() + hours(1))});
  converse(kPath, 0xF3, "create", offer_of(kInner));
  EXPECT_THAT(found(), StartsWith("invariant 4,"));
}

TEST_F(ResourcesTest, AnAcceptThatIsAnsweredBeforeTheTunnelIsThereIsFound) {
  const TunnelRecord tunnel = record_of(1, kAlice, kPath, kInner);
  record(tunnel);
  log_in(kPath);
  converse(kPath, 0xF3, "create", offer_of(kInner));
  converse(kPath, 0xF4, kAccept, "Content-length: 23\r\n310 Server side error\r\n");
  EXPECT_EQ(found(), "nothing") << "an error promises nothing";
  converse(kPath, 0xF5, kAccept, "");
  EXPECT_THAT(found(), StartsWith("invariant 4,"));
}

TEST_F(ResourcesTest, AnAcceptThatIsAnsweredForAnotherTunnelIsFound) {
  establish(record_of(1, kAlice, kPath, kOtherInner));
  commit({put(host_prefix(kInner), kAnonymous)});
  log_in(kPath);
  converse(kPath, 0xF3, "create", offer_of(kInner));
  converse(kPath, 0xF4, kAccept, "");
  EXPECT_THAT(found(), StartsWith("invariant 4,"));
}

TEST_F(ResourcesTest, AnAcceptThatIsAnsweredInTimeIsRight) {
  establish(record_of(1, kAlice, kPath, kInner));
  log_in(kPath);
  converse(kPath, 0xF3, "create", offer_of(kInner));
  converse(kPath, 0xF4, kAccept, "");
  EXPECT_EQ(found(), "nothing");
}

TEST_F(ResourcesTest, ARecordWithoutItsClaimsIsFound) {
  commit({PutTunnel{record_of(1, kAlice, kPath, kInner)}});
  EXPECT_THAT(found(), StartsWith("invariant 4,"));
}

TEST_F(ResourcesTest, ATunnelThatIsInstalledAndNotOnDiskIsFound) {
  install(record_of(1, kAlice, kPath, kInner));
  EXPECT_THAT(found(), StartsWith("invariant 5,"));
}

TEST_F(ResourcesTest, ATunnelThatIsInstalledAsAnotherIsFound) {
  record(record_of(1, kAlice, kPath, kInner));
  install(record_of(1, kAlice, kOtherPath, kInner));
  EXPECT_THAT(found(), StartsWith("invariant 5,"));
}

TEST_F(ResourcesTest, ATunnelThatIsInstalledWithAnAddressInQuarantineIsFound) {
  const TunnelRecord tunnel = record_of(1, kAnonymous, kPath, kInner);
  record(tunnel);
  commit({quarantine(host_prefix(kInner), truth.wall_max() + hours(1))});
  EXPECT_EQ(found(), "nothing");
  install(tunnel);
  EXPECT_THAT(found(), StartsWith("invariant 5,"));
}

TEST_F(ResourcesTest, AForwardedTunnelThatIsStruckFromTheStoreIsFound) {
  establish(record_of(1, kAlice, kPath, kInner));
  commit({EraseTunnel{.id = TunnelId{1}}});
  EXPECT_THAT(found(), StartsWith("invariant 5,"));
}

TEST_F(ResourcesTest, ATunnelThatChangesUnderItsIdIsFound) {
  record(record_of(1, kAlice, kPath, kInner));
  commit({PutTunnel{record_of(1, kAlice, kOtherPath, kInner)}});
  EXPECT_THAT(found(), StartsWith("invariant 5,"));
}

TEST_F(ResourcesTest, AnAccountThatLosesItsAddressIsFound) {
  commit({put(host_prefix(kInner), kAlice)});
  commit({quarantine(host_prefix(kInner), truth.wall_max() + hours(1))});
  EXPECT_THAT(found(), StartsWith("invariant 6,"));
}

TEST_F(ResourcesTest, WhatIsHeldIsNotWithdrawn) {
  commit({put(host_prefix(kInner), kAlice)});
  commit({WithdrawClaim{host_prefix(kInner), world.config().broker}});
  EXPECT_NE(truth.claim(host_prefix(kInner)), nullptr);
  EXPECT_EQ(found(), "nothing");
}

TEST_F(ResourcesTest, AnAddressThatIsHeldAndThenOnlyOfferedIsFound) {
  commit({put(host_prefix(kInner), kAlice)});
  commit({put(host_prefix(kInner), kAlice, ClaimState::Offered)});
  EXPECT_THAT(found(), StartsWith("invariant 6,"));
}

TEST_F(ResourcesTest, WhatIsReplacedOrDeletedWithItsAccountIsGivenUp) {
  const IPv6Prefix other = *parse_prefix("2001:db8:1:4300::/60");
  const WallTime until = truth.wall_max() + hours(1);
  commit({put(kPrefix, kAlice), put(other, kAlice)});
  commit({quarantine(kPrefix, until)});
  commit({DeleteAccount{kAlice}, quarantine(other, until)});
  EXPECT_EQ(found(), "nothing");
}

TEST_F(ResourcesTest, WhatAnOperatorTakesAwayIsGivenUpAndHasAQuarantine) {
  const AddAuditEntry released{{.action = "lease.release", .detail = to_text(kPrefix), .result = "done"}};
  commit({put(kPrefix, kAlice)});
  commit({quarantine(kPrefix, truth.wall_max() + hours(1)), released});
  commit({EndQuarantine{kPrefix, truth.wall_max() + hours(2)}, released});
  EXPECT_EQ(found(), "nothing");
  commit({put(kPrefix, kAlice)});
  commit({put(kPrefix, kBob), released});
  EXPECT_THAT(found(), StartsWith("invariant 6,"));
}

TEST_F(ResourcesTest, AQuarantineThatEndsEarlyIsFound) {
  commit({quarantine(kPrefix, truth.wall_max() + hours(1)), quarantine(host_prefix(kInner), truth.wall_max())});
  commit({EndQuarantine{host_prefix(kInner), truth.wall_max()}});
  EXPECT_EQ(found(), "nothing");
  commit({EndQuarantine{kPrefix, truth.wall_max() + hours(2)}});
  EXPECT_THAT(found(), StartsWith("invariant 6,"));
}

TEST_F(ResourcesTest, OnlyTheAccountThatGaveItUpMayHaveItBackBeforeTheEnd) {
  PutClaim given_up = put(kPrefix, kAlice, ClaimState::Quarantined);
  given_up.claim.until = truth.wall_max() + hours(1);
  commit({put(kPrefix, kAlice), put(*parse_prefix("2001:db8:1:4300::/60"), kAlice)});
  commit({given_up});
  commit({put(kPrefix, kAlice)});
  commit({given_up});
  EXPECT_EQ(found(), "nothing");
  commit({put(kPrefix, kBob)});
  EXPECT_THAT(found(), StartsWith("invariant 6,"));
}

TEST_F(ResourcesTest, AnEndThatWasSeenStaysOneWhenTheClockIsSteppedBack) {
  commit({quarantine(kPrefix, truth.wall_max() + hours(1))});
  world.step_wall_clock(hours(2));
  truth.after_step();
  world.step_wall_clock(-hours(2));
  commit({EndQuarantine{kPrefix, truth.wall_max()}});
  EXPECT_EQ(found(), "nothing");
}

TEST_F(ResourcesTest, TwoTunnelsOfOneAccountAreFound) {
  establish(record_of(1, kAlice, kPath, kInner));
  const TunnelRecord second = record_of(2, kAlice, kOtherPath, kOtherInner);
  record(second);
  install(second, {TunnelId{1}});
  EXPECT_EQ(found(), "nothing");
  establish(record_of(3, kAlice, path_from(40003), *parse_ipv6("2001:db8:1::c1")));
  EXPECT_THAT(found(), StartsWith("invariant 7,"));
}

TEST_F(ResourcesTest, TwoTunnelsOfOneAccountAtRestAreFound) {
  record(record_of(1, kAlice, kPath, kInner));
  record(record_of(2, kAlice, kOtherPath, kOtherInner));
  commit({DeleteAccount{kAlice}});
  EXPECT_EQ(found(), "nothing") << "one is about to replace the other";
  checker.sweep();
  EXPECT_THAT(found(), StartsWith("invariant 7,"));
}

TEST_F(ResourcesTest, TooManyAnonymousTunnelsOfOneSourceAreFound) {
  for (std::uint16_t i = 1; i <= world.config().anonymous_tunnels_per_source_max; ++i) {
    IPv6Address inner = kInner;
    inner.octets[13] = static_cast<std::uint8_t>(i);
    establish(record_of(i, kAnonymous, path_from(static_cast<std::uint16_t>(40000 + i)), inner));
  }
  EXPECT_EQ(found(), "nothing");
  establish(record_of(100, kAnonymous, path_from(50000), kInner));
  EXPECT_THAT(found(), StartsWith("invariant 7,"));
}

}  // namespace resources_test
}  // namespace tsp::sim
