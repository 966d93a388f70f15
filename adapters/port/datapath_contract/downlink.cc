// SPDX-License-Identifier: Apache-2.0
//
// The datapath contract: what goes to clients, and from one to another.
#include "adapters/port/datapath_contract/datapath_contract.h"

namespace tsp::port {
namespace {

using dataplane::DropReason;

TEST_P(DatapathContract, ATunnelInstalledConfirmedIsReachableAtOnce) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  expect_downlink(spec, true);
}

TEST_P(DatapathContract, NothingGoesToAnUnconfirmedEndpoint) {
  const TunnelSpec spec = installed(spec_of(0));

  expect_nothing(after_inner(packet(remote_host(), spec.inner)));

  EXPECT_EQ(harness_->dropped(DropReason::Unconfirmed), 1U);
  EXPECT_EQ(usage(spec.id).packets_down, 0U);
}

TEST_P(DatapathContract, AnUnconfirmedEndpointDoesNotEvenCausePacketTooBig) {
  const TunnelSpec spec = installed(spec_of(0));

  expect_nothing(after_inner(packet_of_size(remote_host(), spec.inner, 1400)));

  EXPECT_EQ(harness_->dropped(DropReason::Unconfirmed), 1U);
  EXPECT_EQ(harness_->dropped(DropReason::TooBig), 0U);
}

TEST_P(DatapathContract, TheDelegatedPrefixIsRoutedToTheClient) {
  TunnelSpec spec = confirmed_spec_of(0);
  spec.delegated = subnets(0x0100);
  ASSERT_EQ(install(spec), DatapathStatus::Done);
  const Bytes down = packet(remote_host(), in_pool(0x01FF, 9));

  const Observed observed = after_inner(down);

  ASSERT_EQ(observed.to_clients.size(), 1U);
  EXPECT_EQ(observed.to_clients[0].path, spec.path);
  expect_same(observed.to_clients[0].payload, down);
}

TEST_P(DatapathContract, TheLongestPrefixWins) {
  TunnelSpec wide = confirmed_spec_of(0);
  wide.delegated = subnets(0x0100);
  TunnelSpec narrow = confirmed_spec_of(1);
  narrow.delegated = subnet(0x0108);
  TunnelSpec host = confirmed_spec_of(2);
  host.inner = in_pool(0x0108, 5);
  for (const TunnelSpec& spec : {wide, narrow, host}) ASSERT_EQ(install(spec), DatapathStatus::Done);

  const auto path_to = [&](const IPv6Address& destination) -> std::optional<FourTuple> {
    const Observed observed = after_inner(packet(remote_host(), destination));
    if (observed.to_clients.size() != 1) return std::nullopt;
    return observed.to_clients[0].path;
  };
  EXPECT_EQ(path_to(in_pool(0x0107, 5)), wide.path);
  EXPECT_EQ(path_to(in_pool(0x0108, 6)), narrow.path);
  EXPECT_EQ(path_to(in_pool(0x0108, 5)), host.path);
}

TEST_P(DatapathContract, APacketAsLargeAsTheMtuPasses) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  const Bytes down = packet_of_size(remote_host(), spec.inner, spec.mtu);

  const Observed observed = after_inner(down);

  ASSERT_EQ(observed.to_clients.size(), 1U);
  expect_same(observed.to_clients[0].payload, down);
}

TEST_P(DatapathContract, ALargerPacketIsAnsweredWithPacketTooBigToItsSender) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  const Bytes down = packet_of_size(remote_host(), spec.inner, spec.mtu + 1U);

  const Observed observed = after_inner(down);

  EXPECT_TRUE(observed.to_clients.empty());
  ASSERT_EQ(observed.to_host.size(), 1U);
  expect_too_big(observed.to_host[0], spec.mtu, down);
  EXPECT_EQ(harness_->dropped(DropReason::TooBig), 1U);
}

TEST_P(DatapathContract, EachTunnelHasItsOwnMtu) {
  TunnelSpec spec = confirmed_spec_of(0);
  spec.mtu = 1400;
  ASSERT_EQ(install(spec), DatapathStatus::Done);
  const Bytes larger = packet_of_size(remote_host(), spec.inner, 1401);

  EXPECT_EQ(after_inner(packet_of_size(remote_host(), spec.inner, 1400)).to_clients.size(), 1U);
  const Observed observed = after_inner(larger);

  EXPECT_TRUE(observed.to_clients.empty());
  ASSERT_EQ(observed.to_host.size(), 1U);
  expect_too_big(observed.to_host[0], 1400, larger);
}

TEST_P(DatapathContract, ADestinationWithoutTunnelIsAnsweredWithAddressUnreachable) {
  installed(confirmed_spec_of(0));
  const Bytes down = packet(remote_host(), in_pool(7, 7));

  const Observed observed = after_inner(down);

  EXPECT_TRUE(observed.to_clients.empty());
  ASSERT_EQ(observed.to_host.size(), 1U);
  expect_unreachable(observed.to_host[0], down);
  EXPECT_EQ(harness_->dropped(DropReason::NoTunnel), 1U);
}

TEST_P(DatapathContract, TheServerAddressInAPrefixIsNotTheClients) {
  TunnelSpec spec = confirmed_spec_of(0);
  spec.delegated = subnets(0x0100);
  spec.server_address = in_pool(0x0100, 1);
  ASSERT_EQ(install(spec), DatapathStatus::Done);
  const Bytes down = packet(remote_host(), spec.server_address);

  const Observed observed = after_inner(down);

  EXPECT_TRUE(observed.to_clients.empty());
  ASSERT_EQ(observed.to_host.size(), 1U);
  expect_unreachable(observed.to_host[0], down);
  EXPECT_EQ(harness_->dropped(DropReason::NoTunnel), 1U);
  EXPECT_EQ(after_inner(packet(remote_host(), in_pool(0x0100, 2))).to_clients.size(), 1U);
}

TEST_P(DatapathContract, ErrorsAreNotAnsweredWithErrors) {
  const dataplane::test::Ends ends{remote_host(), in_pool(7, 7)};
  const Bytes error = ipv4() ? dataplane::test::make_icmpv4(ends, 3, 1, Bytes(32))
                             : dataplane::test::make_icmpv6(ends, 1, 3, Bytes(52));
  expect_nothing(after_inner(error));
  EXPECT_EQ(harness_->dropped(DropReason::NoTunnel), 1U);
}

TEST_P(DatapathContract, ErrorsAboutOneFlowAreLimited) {
  constexpr std::uint64_t kPackets = 200;
  for (std::uint64_t i = 0; i < kPackets; ++i) harness_->send_inner(packet(remote_host(), in_pool(7, 7)));

  const Observed observed = harness_->settle();

  EXPECT_GE(observed.to_host.size(), 1U);
  EXPECT_LT(observed.to_host.size(), kPackets / 2);
  EXPECT_EQ(harness_->dropped(DropReason::NoTunnel), kPackets);
  EXPECT_EQ(harness_->dropped(DropReason::IcmpRateLimited), kPackets - observed.to_host.size());
}

TEST_P(DatapathContract, WhatIsOfNoVersionIsDropped) {
  installed(confirmed_spec_of(0));
  expect_nothing(after_inner(Bytes(40, 0x55)));
  EXPECT_EQ(harness_->dropped(DropReason::NotIp), 1U);
}

// ---- from one client to another -------------------------------------------------------------------------------

TEST_P(DatapathContract, TwoClientsReachEachOther) {
  const TunnelSpec first = installed(confirmed_spec_of(0));
  const TunnelSpec second = installed(confirmed_spec_of(1));
  const Bytes across = packet(first.inner, second.inner);

  const Observed observed = after_outer(first.path, across);

  ASSERT_EQ(observed.to_clients.size(), 1U);
  EXPECT_EQ(observed.to_clients[0].path, second.path);
  expect_same(observed.to_clients[0].payload, across);
  EXPECT_EQ(usage(first.id).packets_up, 1U);
  EXPECT_EQ(usage(second.id).packets_down, 1U);
}

TEST_P(DatapathContract, AClientReachesNoUnconfirmedOther) {
  const TunnelSpec first = installed(confirmed_spec_of(0));
  const TunnelSpec second = installed(spec_of(1));

  EXPECT_TRUE(after_outer(first.path, packet(first.inner, second.inner)).to_clients.empty());

  EXPECT_EQ(harness_->dropped(DropReason::Unconfirmed), 1U);
}

TEST_P(DatapathContract, AClientThatSendsTooMuchToAnotherIsToldSo) {
  const TunnelSpec first = installed(confirmed_spec_of(0));
  const TunnelSpec second = installed(confirmed_spec_of(1));
  const Bytes across = packet_of_size(first.inner, second.inner, 1400);

  const Observed observed = after_outer(first.path, across);

  ASSERT_EQ(observed.to_clients.size(), 1U);
  EXPECT_EQ(observed.to_clients[0].path, first.path);
  expect_too_big(observed.to_clients[0].payload, second.mtu, across);
}

TEST_P(DatapathContract, AClientThatAsksForAnAbsentOneIsToldSo) {
  const TunnelSpec first = installed(confirmed_spec_of(0));
  const Bytes across = packet(first.inner, in_pool(7, 7));

  const Observed observed = after_outer(first.path, across);

  ASSERT_EQ(observed.to_clients.size(), 1U);
  EXPECT_EQ(observed.to_clients[0].path, first.path);
  expect_unreachable(observed.to_clients[0].payload, across);
}

}  // namespace
}  // namespace tsp::port
