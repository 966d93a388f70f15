// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/tunnel_table.h"

#include <gtest/gtest.h>

#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace tunnel_table_test {

using test::address;
using test::prefix;

const Endpoint kServer = make_endpoint({{192, 0, 2, 1}}, 3653);

TunnelSpec make_spec(std::uint64_t number) {
  TunnelSpec spec;
  spec.id = TunnelId{number};
  spec.path = {make_endpoint({{198, 51, 100, 7}}, static_cast<std::uint16_t>(10'000 + number)), kServer};
  spec.inner = address("2001:db8:0:1::");
  spec.inner.octets[15] = static_cast<std::uint8_t>(number);
  spec.server_address = address("2001:db8::1");
  return spec;
}

TEST(TunnelTable, AnInstalledTunnelIsFoundByEverythingItHas) {
  TunnelTable table;
  TunnelSpec spec = make_spec(1);
  spec.delegated = prefix("2001:db8:100::/56");

  EXPECT_EQ(table.install(spec, {}), DatapathStatus::Done);

  ASSERT_NE(table.find(spec.id), nullptr);
  EXPECT_EQ(*table.find(spec.id), spec);
  EXPECT_EQ(table.find_by_path(spec.path), table.find(spec.id));
  EXPECT_EQ(table.find_by_inner(spec.inner), table.find(spec.id));
  EXPECT_EQ(table.find_by_inner(address("2001:db8:100:ff::9")), table.find(spec.id));
  EXPECT_EQ(table.list(), std::vector{spec});
}

TEST(TunnelTable, WhatDiffersInOneFieldIsNotFound) {
  TunnelTable table;
  const TunnelSpec spec = make_spec(1);
  EXPECT_EQ(table.install(spec, {}), DatapathStatus::Done);

  FourTuple other_port = spec.path;
  ++other_port.remote.port;
  FourTuple other_local = spec.path;
  other_local.local = make_endpoint({{192, 0, 2, 2}}, 3653);

  EXPECT_EQ(table.find_by_path(other_port), nullptr);
  EXPECT_EQ(table.find_by_path(other_local), nullptr);
  EXPECT_EQ(table.find_by_inner(make_spec(2).inner), nullptr);
  EXPECT_EQ(table.find(TunnelId{2}), nullptr);
}

TEST(TunnelTable, TheLongestPrefixWins) {
  TunnelTable table;
  TunnelSpec wide = make_spec(1);
  wide.delegated = prefix("2001:db8:100::/48");
  TunnelSpec narrow = make_spec(2);
  narrow.delegated = prefix("2001:db8:100:8::/64");
  TunnelSpec host = make_spec(3);
  host.inner = address("2001:db8:100:8::5");
  for (const TunnelSpec& spec : {wide, narrow, host}) EXPECT_EQ(table.install(spec, {}), DatapathStatus::Done);

  EXPECT_EQ(table.find_by_inner(address("2001:db8:100:7::5"))->id, wide.id);
  EXPECT_EQ(table.find_by_inner(address("2001:db8:100:8::6"))->id, narrow.id);
  EXPECT_EQ(table.find_by_inner(address("2001:db8:100:8::5"))->id, host.id);
}

TEST(TunnelTable, InstallingTheSameAgainChangesNothingAndKeepsWhatWasConfirmed) {
  TunnelTable table;
  const TunnelSpec spec = make_spec(1);
  EXPECT_EQ(table.install(spec, {}), DatapathStatus::Done);
  table.find(spec.id)->confirmed = true;

  EXPECT_EQ(table.install(spec, {}), DatapathStatus::Done);

  EXPECT_EQ(table.size(), 1U);
  EXPECT_TRUE(table.find(spec.id)->confirmed);
}

TEST(TunnelTable, InstallingTheSameAgainConfirmedConfirms) {
  TunnelTable table;
  TunnelSpec spec = make_spec(1);
  EXPECT_EQ(table.install(spec, {}), DatapathStatus::Done);
  spec.confirmed = true;

  EXPECT_EQ(table.install(spec, {}), DatapathStatus::Done);

  EXPECT_TRUE(table.find(spec.id)->confirmed);
}

TEST(TunnelTable, AReplacementFreesWhatTheOldOneHad) {
  TunnelTable table;
  TunnelSpec old = make_spec(1);
  old.delegated = prefix("2001:db8:100::/56");
  EXPECT_EQ(table.install(old, {}), DatapathStatus::Done);
  TunnelSpec replacement = make_spec(2);
  replacement.inner = old.inner;

  EXPECT_EQ(table.install(replacement, {old.id, TunnelId{77}}), DatapathStatus::Done);

  EXPECT_EQ(table.list(), std::vector{replacement});
  EXPECT_EQ(table.find_by_path(old.path), nullptr);
  EXPECT_EQ(table.find_by_inner(old.inner)->id, replacement.id);
  EXPECT_EQ(table.find_by_inner(address("2001:db8:100::1")), nullptr);
}

TEST(TunnelTable, ARepeatedReplacementIsDone) {
  TunnelTable table;
  EXPECT_EQ(table.install(make_spec(1), {}), DatapathStatus::Done);
  TunnelSpec replacement = make_spec(2);
  replacement.inner = make_spec(1).inner;
  EXPECT_EQ(table.install(replacement, {TunnelId{1}}), DatapathStatus::Done);

  EXPECT_EQ(table.install(replacement, {TunnelId{1}}), DatapathStatus::Done);

  EXPECT_EQ(table.list(), std::vector{replacement});
}

struct Collision {
  const char* what;
  void (*provoke)(TunnelSpec& newcomer, const TunnelSpec& present);
};

class TunnelTableConflict : public ::testing::TestWithParam<Collision> {};

TEST_P(TunnelTableConflict, ChangesNothing) {
  TunnelTable table;
  TunnelSpec present = make_spec(1);
  present.delegated = prefix("2001:db8:100::/56");
  TunnelSpec bystander = make_spec(3);
  EXPECT_EQ(table.install(present, {}), DatapathStatus::Done);
  EXPECT_EQ(table.install(bystander, {}), DatapathStatus::Done);
  TunnelSpec newcomer = make_spec(2);
  GetParam().provoke(newcomer, present);

  EXPECT_EQ(table.install(newcomer, {bystander.id}), DatapathStatus::Conflict);

  EXPECT_EQ(table.list(), (std::vector{present, bystander}));
  EXPECT_EQ(table.find_by_path(present.path)->id, present.id);
  EXPECT_EQ(table.find_by_inner(present.inner)->id, present.id);
}

INSTANTIATE_TEST_SUITE_P(
    EachThing, TunnelTableConflict,
    ::testing::Values(
        Collision{"Path", [](TunnelSpec& newcomer, const TunnelSpec& present) { newcomer.path = present.path; }},
        Collision{"Inner", [](TunnelSpec& newcomer, const TunnelSpec& present) { newcomer.inner = present.inner; }},
        Collision{"Prefix",
                  [](TunnelSpec& newcomer, const TunnelSpec& present) { newcomer.delegated = present.delegated; }},
        Collision{"Id", [](TunnelSpec& newcomer, const TunnelSpec& present) { newcomer.id = present.id; }}),
    [](const auto& test) { return test.param.what; });

TEST(TunnelTable, ARemovedTunnelIsGoneAndRemovingItAgainSaysSo) {
  TunnelTable table;
  TunnelSpec spec = make_spec(1);
  spec.delegated = prefix("2001:db8:100::/56");
  EXPECT_EQ(table.install(spec, {}), DatapathStatus::Done);

  EXPECT_TRUE(table.remove(spec.id));

  EXPECT_FALSE(table.remove(spec.id));
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.find_by_path(spec.path), nullptr);
  EXPECT_EQ(table.find_by_inner(spec.inner), nullptr);
  EXPECT_EQ(table.find_by_inner(spec.delegated->base), nullptr);
}

}  // namespace tunnel_table_test
}  // namespace tsp::dataplane
