// SPDX-License-Identifier: Apache-2.0
//
// The datapath contract: orders and their answers.
#include "adapters/port/datapath_contract/datapath_contract.h"

namespace tsp::port {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_P(DatapathContract, BeginsWithoutTunnels) {
  EXPECT_TRUE(list().empty());
}

TEST_P(DatapathContract, AnInstalledTunnelIsListedAsItWasOrdered) {
  TunnelSpec first = spec_of(0);
  first.delegated = subnets(0x0100);
  first.mtu = 1400;
  const TunnelSpec second = confirmed_spec_of(1);

  EXPECT_EQ(install(first), DatapathStatus::Done);
  EXPECT_EQ(install(second), DatapathStatus::Done);

  EXPECT_EQ(list(), (std::vector{first, second}));
}

TEST_P(DatapathContract, InstallingTheSameAgainIsDone) {
  const TunnelSpec spec = installed(spec_of(0));
  EXPECT_EQ(install(spec), DatapathStatus::Done);
  EXPECT_EQ(list(), std::vector{spec});
}

TEST_P(DatapathContract, InstallingTheSameAgainDoesNotTakeItsConfirmationBack) {
  TunnelSpec spec = installed(spec_of(0));
  expect_uplink(spec, spec.path, true);

  EXPECT_EQ(install(spec), DatapathStatus::Done);

  spec.confirmed = true;
  EXPECT_EQ(list(), std::vector{spec});
  EXPECT_EQ(usage(spec.id).packets_up, 1U);
}

TEST_P(DatapathContract, ATunnelIsListedAsConfirmedOnceItIs) {
  TunnelSpec spec = installed(spec_of(0));
  expect_uplink(spec, spec.path, true);
  spec.confirmed = true;
  EXPECT_EQ(list(), std::vector{spec});
}

TEST_P(DatapathContract, AReplacementTakesOverAddressAndPrefixInOneStep) {
  TunnelSpec old = confirmed_spec_of(0);
  old.delegated = subnets(0x0100);
  ASSERT_EQ(install(old), DatapathStatus::Done);
  TunnelSpec replacement = old;
  replacement.id = TunnelId{2000};
  replacement.path = harness_->path(0, 1);

  EXPECT_EQ(install(replacement, {old.id}), DatapathStatus::Done);

  EXPECT_EQ(list(), std::vector{replacement});
  EXPECT_TRUE(usages({old.id}).empty());
  expect_uplink(replacement, replacement.path, true);
  expect_uplink(replacement, old.path, false);
  expect_downlink(replacement, true);
}

TEST_P(DatapathContract, AReplacementMayHaveThePathOfTheOldTunnel) {
  const TunnelSpec old = installed(confirmed_spec_of(0));
  TunnelSpec replacement = spec_of(1);
  replacement.path = old.path;

  EXPECT_EQ(install(replacement, {old.id}), DatapathStatus::Done);

  EXPECT_EQ(list(), std::vector{replacement});
  expect_uplink(old, old.path, false);
  expect_downlink(replacement, false);
  expect_uplink(replacement, replacement.path, true);
}

TEST_P(DatapathContract, ReplacingTunnelsThatAreGoneIsDone) {
  const TunnelSpec spec = spec_of(0);
  EXPECT_EQ(install(spec, {kUnknown}), DatapathStatus::Done);
  EXPECT_EQ(install(spec, {kUnknown}), DatapathStatus::Done);
  EXPECT_EQ(list(), std::vector{spec});
}

TEST_P(DatapathContract, AConflictChangesNothing) {
  TunnelSpec present = confirmed_spec_of(0);
  present.delegated = subnets(0x0100);
  const TunnelSpec bystander = confirmed_spec_of(1);
  ASSERT_EQ(install(present), DatapathStatus::Done);
  ASSERT_EQ(install(bystander), DatapathStatus::Done);
  std::vector<TunnelSpec> newcomers(4, spec_of(2));
  newcomers[0].path = present.path;
  newcomers[1].inner = present.inner;
  newcomers[2].delegated = present.delegated;
  newcomers[3].id = present.id;

  for (const TunnelSpec& newcomer : newcomers) {
    EXPECT_EQ(install(newcomer, {bystander.id}), DatapathStatus::Conflict);
    EXPECT_EQ(list(), (std::vector{present, bystander}));
  }

  expect_uplink(present, present.path, true);
  expect_downlink(bystander, true);
}

TEST_P(DatapathContract, ARemovedTunnelForwardsNothing) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));

  EXPECT_EQ(remove(spec.id), DatapathStatus::Done);

  EXPECT_TRUE(list().empty());
  expect_uplink(spec, spec.path, false);
  expect_downlink(spec, false);
  EXPECT_EQ(harness_->dropped(dataplane::DropReason::UnknownEndpoint), 1U);
  EXPECT_EQ(harness_->dropped(dataplane::DropReason::NoTunnel), 1U);
}

TEST_P(DatapathContract, WhatARemovedTunnelHadIsFree) {
  TunnelSpec spec = confirmed_spec_of(0);
  spec.delegated = subnets(0x0100);
  ASSERT_EQ(install(spec), DatapathStatus::Done);
  ASSERT_EQ(remove(spec.id), DatapathStatus::Done);
  spec.id = TunnelId{2000};
  EXPECT_EQ(install(spec), DatapathStatus::Done);
  EXPECT_EQ(list(), std::vector{spec});
}

TEST_P(DatapathContract, RemovingWhatIsNotThereIsDone) {
  EXPECT_EQ(remove(kUnknown), DatapathStatus::Done);
  EXPECT_EQ(remove(kUnknown, harness_->now()), DatapathStatus::Done);
}

TEST_P(DatapathContract, ATunnelInUseIsNotRemovedConditionally) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  expect_uplink(spec, spec.path, true);

  EXPECT_EQ(remove(spec.id, harness_->now() - seconds(60)), DatapathStatus::Refused);

  EXPECT_EQ(list(), std::vector{spec});
  expect_uplink(spec, spec.path, true);
}

TEST_P(DatapathContract, ATunnelUnusedSinceIsRemovedConditionally) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  expect_uplink(spec, spec.path, true);

  EXPECT_EQ(remove(spec.id, harness_->now() + seconds(60)), DatapathStatus::Done);

  EXPECT_TRUE(list().empty());
}

TEST_P(DatapathContract, ATunnelThatWasNeverUsedIsRemovedConditionallyHoweverYoungItIs) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  expect_downlink(spec, true);
  EXPECT_EQ(remove(spec.id, harness_->now() - seconds(60)), DatapathStatus::Done);
  EXPECT_TRUE(list().empty());
}

TEST_P(DatapathContract, DroppedPacketsAreNoUse) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  const TunnelUsage before = usage(spec.id);
  after_outer(spec.path, packet(remote_host(), spec.inner));

  const TunnelUsage after = usage(spec.id);

  EXPECT_EQ(after.last_seen, before.last_seen);
  EXPECT_EQ(after.packets_up, 0U);
  EXPECT_EQ(remove(spec.id, harness_->now() - seconds(60)), DatapathStatus::Done);
}

TEST_P(DatapathContract, UsageCountsInnerPacketsAndBytesOfBothDirections) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  const Bytes up = packet(spec.inner, remote_host(), 100);
  const Bytes down = packet(remote_host(), spec.inner, 300);
  after_outer(spec.path, up);
  after_outer(spec.path, up);
  after_inner(down);

  const TunnelUsage counted = usage(spec.id);

  EXPECT_EQ(counted.id, spec.id);
  EXPECT_EQ(counted.packets_up, 2U);
  EXPECT_EQ(counted.bytes_up, 2 * up.size());
  EXPECT_EQ(counted.packets_down, 1U);
  EXPECT_EQ(counted.bytes_down, down.size());
}

// The clock of the packets may be a coarse one.
TEST_P(DatapathContract, LastSeenIsTheInstallationUntilThereIsAPacket) {
  const Instant before = harness_->now() - milliseconds(20);
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  const Instant after_installation = usage(spec.id).last_seen;
  EXPECT_GE(after_installation, before);
  EXPECT_LE(after_installation, harness_->now());

  expect_uplink(spec, spec.path, true);

  const Instant after_packet = usage(spec.id).last_seen;
  EXPECT_GE(after_packet, after_installation - milliseconds(20));
  EXPECT_LE(after_packet, harness_->now());
}

TEST_P(DatapathContract, UsageLeavesUnknownTunnelsOut) {
  const TunnelSpec first = installed(spec_of(0));
  const TunnelSpec second = installed(spec_of(1));
  const std::vector<TunnelUsage> answered = usages({second.id, kUnknown, first.id});
  ASSERT_EQ(answered.size(), 2U);
  EXPECT_EQ(answered[0].id, first.id);
  EXPECT_EQ(answered[1].id, second.id);
  EXPECT_TRUE(usages({kUnknown}).empty());
  EXPECT_TRUE(usages({}).empty());
}

}  // namespace
}  // namespace tsp::port
