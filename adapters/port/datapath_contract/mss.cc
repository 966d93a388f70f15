// SPDX-License-Identifier: Apache-2.0
//
// The datapath contract: the segment size of TCP connections through a tunnel.
#include "adapters/port/datapath_contract/datapath_contract.h"

namespace tsp::port {
namespace {

Bytes syn_with_mss(const IPv6Address& source, const IPv6Address& destination, std::uint16_t mss,
                   unsigned flags = dataplane::kTcpSyn) {
  const Bytes option{2, 4, static_cast<std::uint8_t>(mss >> 8), static_cast<std::uint8_t>(mss)};
  return dataplane::test::make_tcp({source, destination}, {.flags = flags, .options = option}, {});
}

// What a packet of `mtu` bytes holds.
std::uint16_t mss_in(std::uint16_t mtu, const TunnelSpec& tunnel) {
  const std::size_t ip = tunnel.type == TunnelType::V4V6 ? dataplane::kIPv4HeaderSize : dataplane::kIPv6HeaderSize;
  return static_cast<std::uint16_t>(mtu - ip - dataplane::kTcpHeaderSize);
}

TEST_P(DatapathContract, ASynFromAClientCarriesNoMoreThanItsTunnelHolds) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));

  const Observed observed = after_outer(spec.path, syn_with_mss(spec.inner, remote_host(), 1440));

  ASSERT_EQ(observed.to_host.size(), 1U);
  EXPECT_EQ(observed.to_host[0], syn_with_mss(spec.inner, remote_host(), mss_in(1280, spec)));
}

TEST_P(DatapathContract, ASynToAClientCarriesNoMoreThanItsTunnelHolds) {
  constexpr unsigned kSynAck = dataplane::kTcpSyn | dataplane::kTcpAck;
  TunnelSpec spec = confirmed_spec_of(0);
  spec.mtu = 1400;
  ASSERT_EQ(install(spec), DatapathStatus::Done);

  const Observed observed = after_inner(syn_with_mss(remote_host(), spec.inner, 1440, kSynAck));

  ASSERT_EQ(observed.to_clients.size(), 1U);
  expect_same(observed.to_clients[0].payload, syn_with_mss(remote_host(), spec.inner, mss_in(1400, spec), kSynAck));
}

TEST_P(DatapathContract, BetweenTwoClientsTheSmallerTunnelCounts) {
  TunnelSpec wide = confirmed_spec_of(0);
  wide.mtu = 1400;
  ASSERT_EQ(install(wide), DatapathStatus::Done);
  const TunnelSpec narrow = installed(confirmed_spec_of(1));

  const Observed observed = after_outer(wide.path, syn_with_mss(wide.inner, narrow.inner, 1440));

  ASSERT_EQ(observed.to_clients.size(), 1U);
  expect_same(observed.to_clients[0].payload, syn_with_mss(wide.inner, narrow.inner, mss_in(1280, narrow)));
}

TEST_P(DatapathContract, AnMssThatFitsIsNotTouched) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  const Bytes up = syn_with_mss(spec.inner, remote_host(), 1000);

  const Observed observed = after_outer(spec.path, up);

  ASSERT_EQ(observed.to_host.size(), 1U);
  EXPECT_EQ(observed.to_host[0], up);
}

}  // namespace
}  // namespace tsp::port
