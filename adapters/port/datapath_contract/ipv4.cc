// SPDX-License-Identifier: Apache-2.0
//
// The datapath contract: what there is in IPv4 only. For harnesses whose type is V4V6.
#include "adapters/port/datapath_contract/datapath_contract.h"

namespace tsp::port {
namespace {

using dataplane::DropReason;

TEST_P(IPv4DatapathContract, WhatMayBeFragmentedIsCutToTheTunnelsMtu) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  const Bytes down = fragmentable(remote_host(), spec.inner, 1400);

  const Observed observed = after_inner(down);

  ASSERT_EQ(observed.to_clients.size(), 2U);
  for (const OuterDatagram& fragment : observed.to_clients) {
    EXPECT_EQ(fragment.path, spec.path);
    EXPECT_LE(fragment.payload.size(), spec.mtu);
  }
  EXPECT_EQ(reassembled(observed.to_clients), Bytes(down.begin() + dataplane::kIPv4HeaderSize, down.end()));
  EXPECT_TRUE(observed.to_host.empty());
  EXPECT_EQ(harness_->dropped(DropReason::TooBig), 0U);
  EXPECT_EQ(usage(spec.id).packets_down, 2U);
}

TEST_P(IPv4DatapathContract, BetweenTwoClientsTheNarrowerTunnelsMtuCounts) {
  TunnelSpec wide = confirmed_spec_of(0);
  wide.mtu = 1400;
  ASSERT_EQ(install(wide), DatapathStatus::Done);
  const TunnelSpec narrow = installed(confirmed_spec_of(1));
  const Bytes across = fragmentable(wide.inner, narrow.inner, 1400);

  const Observed observed = after_outer(wide.path, across);

  ASSERT_EQ(observed.to_clients.size(), 2U);
  EXPECT_EQ(observed.to_clients[0].path, narrow.path);
  EXPECT_EQ(reassembled(observed.to_clients), Bytes(across.begin() + dataplane::kIPv4HeaderSize, across.end()));
}

TEST_P(IPv4DatapathContract, NothingIsFragmentedForAnUnconfirmedEndpoint) {
  const TunnelSpec spec = installed(spec_of(0));
  expect_nothing(after_inner(fragmentable(remote_host(), spec.inner, 1400)));
  EXPECT_EQ(harness_->dropped(DropReason::Unconfirmed), 1U);
}

TEST_P(IPv4DatapathContract, IPv6FromTheSamePlaceBelongsToNoTunnel) {
  installed(confirmed_spec_of(0));
  const dataplane::test::Ends ends{dataplane::test::address("2001:db8:1::10"),
                                   dataplane::test::address("2001:db8::80")};

  expect_nothing(after_outer(harness_->signalling_path(), dataplane::test::make_udp(ends, Bytes(20))));

  EXPECT_EQ(harness_->dropped(DropReason::UnknownEndpoint), 1U);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(IPv4DatapathContract);

}  // namespace
}  // namespace tsp::port
