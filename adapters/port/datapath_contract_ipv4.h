// SPDX-License-Identifier: Apache-2.0
//
// Part of datapath_contract.h: what there is in IPv4 only. For harnesses whose type is V4V6.
#pragma once

#include "adapters/port/datapath_harness.h"

namespace tsp::port {

class IPv4DatapathContract : public DatapathContract {
 protected:
  // UDP with `size` bytes in all, which may be fragmented.
  static Bytes fragmentable(const IPv6Address& source, const IPv6Address& destination, std::size_t size) {
    return dataplane::test::with_ipv4_fields(packet_of_size(source, destination, size), 0x1234, 0);
  }
  static unsigned fragment_field(ByteView packet) { return dataplane::get16(packet, dataplane::kFragmentAt); }
  // The payloads of `fragments`, which must follow each other and have the identification 0x1234.
  static Bytes reassembled(const std::vector<OuterDatagram>& fragments) {
    Bytes payload;
    for (const OuterDatagram& fragment : fragments) {
      const ByteView bytes = fragment.payload;
      EXPECT_TRUE(dataplane::has_ip_header(bytes) && dataplane::header_checksum_right(bytes));
      EXPECT_EQ(dataplane::get16(bytes, dataplane::kIdentificationAt), 0x1234);
      EXPECT_EQ((fragment_field(bytes) & dataplane::kFragmentOffset) * 8, payload.size());
      const bool last = &fragment == &fragments.back();
      EXPECT_EQ((fragment_field(bytes) & dataplane::kMoreFragments) == 0, last);
      const ByteView part = bytes.subspan(dataplane::ip_header_size(bytes));
      payload.insert(payload.end(), part.begin(), part.end());
    }
    return payload;
  }
};

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

}  // namespace tsp::port
