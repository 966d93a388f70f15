// SPDX-License-Identifier: Apache-2.0
//
// The datapath contract: what comes from clients.
#include <string_view>

#include "adapters/port/datapath_contract/datapath_contract.h"

namespace tsp::port {
namespace {

using dataplane::DropReason;

TEST_P(DatapathContract, APacketFromItsTunnelGoesToTheHost) {
  const TunnelSpec spec = installed(spec_of(0));
  const Bytes up = packet(spec.inner, remote_host());

  const Observed observed = after_outer(spec.path, up);

  ASSERT_EQ(observed.to_host.size(), 1U);
  EXPECT_EQ(observed.to_host[0], up);
  EXPECT_TRUE(observed.to_clients.empty());
}

TEST_P(DatapathContract, APacketFromTheDelegatedPrefixGoesToTheHost) {
  TunnelSpec spec = spec_of(0);
  spec.delegated = subnets(0x0100);
  ASSERT_EQ(install(spec), DatapathStatus::Done);
  const Bytes up = packet(in_pool(0x01FF, 77), remote_host());

  const Observed observed = after_outer(spec.path, up);

  ASSERT_EQ(observed.to_host.size(), 1U);
  EXPECT_EQ(observed.to_host[0], up);
}

TEST_P(DatapathContract, EachPacketOfABurstIsTaken) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  constexpr std::uint64_t kBurst = 40;
  for (std::uint64_t i = 0; i < kBurst; ++i) harness_->send_outer(spec.path, packet(spec.inner, remote_host(), 500));
  harness_->settle();
  EXPECT_EQ(usage(spec.id).packets_up, kBurst);
}

TEST_P(DatapathContract, AnotherPortOfTheSameHostIsAStrangerAndMovesNothing) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));

  const Observed observed = after_outer(harness_->path(0, 1), packet(spec.inner, remote_host()));

  expect_nothing(observed);
  EXPECT_EQ(harness_->dropped(DropReason::UnknownEndpoint), 1U);
  EXPECT_EQ(list(), std::vector{spec});
  expect_downlink(spec, true);
}

TEST_P(DatapathContract, AForeignSourceIsDroppedAndConfirmsNothing) {
  const TunnelSpec spec = installed(spec_of(0));
  const TunnelSpec neighbour = installed(spec_of(1));

  expect_nothing(after_outer(spec.path, packet(neighbour.inner, remote_host())));
  expect_nothing(after_outer(spec.path, packet(remote_host(), neighbour.inner)));
  expect_nothing(after_outer(spec.path, echo_request(neighbour.inner, spec.server_address)));

  EXPECT_EQ(harness_->dropped(DropReason::ForeignSource), 3U);
  EXPECT_TRUE(confirmed().empty());
  expect_downlink(spec, false);
}

TEST_P(DatapathContract, LinkLocalTrafficIsConsumedAndConfirmsNothing) {
  const TunnelSpec spec = installed(spec_of(0));
  const IPv6Address link_local = address("169.254.0.1", "fe80::1");
  const IPv6Address all_routers = address("224.0.0.2", "ff02::2");
  const IPv6Address unspecified = address("0.0.0.0", "::");

  expect_nothing(after_outer(spec.path, packet(link_local, all_routers)));
  expect_nothing(after_outer(spec.path, packet(unspecified, all_routers)));
  expect_nothing(after_outer(spec.path, packet(link_local, remote_host())));

  EXPECT_EQ(harness_->dropped(DropReason::LinkScope), 3U);
  EXPECT_EQ(usage(spec.id).packets_up, 0U);
  EXPECT_TRUE(confirmed().empty());
  expect_downlink(spec, false);
}

struct Violation {
  const char* what;
  DropReason reason;
  Bytes (*make)(const TunnelSpec& tunnel, const IPv6Address& remote);
};

Bytes violating_packet(const IPv6Address& source, const IPv6Address& destination) {
  return dataplane::test::make_udp({source, destination}, dataplane::test::pattern(20));
}

Bytes changed(Bytes bytes, std::size_t at) {
  bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 1);
  return bytes;
}

// Those of both versions.
const std::vector<Violation>& common_violations() {
  static const std::vector<Violation> kAll{
      {"truncated", DropReason::Truncated,
       [](const TunnelSpec& tunnel, const IPv6Address& remote) {
         Bytes bytes = violating_packet(tunnel.inner, remote);
         bytes.pop_back();
         return bytes;
       }},
      {"longer than its length", DropReason::LengthMismatch,
       [](const TunnelSpec& tunnel, const IPv6Address& remote) {
         Bytes bytes = violating_packet(tunnel.inner, remote);
         bytes.push_back(0);
         return bytes;
       }},
      {"wrong checksum of an echo to the server", DropReason::BadChecksum,
       [](const TunnelSpec& tunnel, const IPv6Address&) {
         const Bytes bytes = dataplane::test::make_echo_request({tunnel.inner, tunnel.server_address});
         return changed(bytes, bytes.size() - 1);
       }},
  };
  return kAll;
}

const std::vector<Violation>& ipv6_violations() {
  using dataplane::test::address;
  static const std::vector<Violation> kAll{
      {"loopback source", DropReason::InvalidSource,
       [](const TunnelSpec&, const IPv6Address& remote) { return violating_packet(address("::1"), remote); }},
      {"multicast source", DropReason::InvalidSource,
       [](const TunnelSpec&, const IPv6Address& remote) { return violating_packet(address("ff0e::1"), remote); }},
      {"mapped source", DropReason::InvalidSource,
       [](const TunnelSpec&, const IPv6Address& remote) {
         return violating_packet(address("::ffff:8.8.8.8"), remote);
       }},
      {"multicast destination", DropReason::InvalidDestination,
       [](const TunnelSpec& tunnel, const IPv6Address&) { return violating_packet(tunnel.inner, address("ff0e::1")); }},
      {"loopback destination", DropReason::InvalidDestination,
       [](const TunnelSpec& tunnel, const IPv6Address&) { return violating_packet(tunnel.inner, address("::1")); }},
      {"no hops left", DropReason::HopLimit,
       [](const TunnelSpec& tunnel, const IPv6Address& remote) {
         Bytes bytes = violating_packet(tunnel.inner, remote);
         bytes[dataplane::kHopLimitAt] = 0;
         return bytes;
       }},
  };
  return kAll;
}

const std::vector<Violation>& ipv4_violations() {
  using dataplane::test::ipv4;
  static const std::vector<Violation> kAll{
      {"loopback source", DropReason::InvalidSource,
       [](const TunnelSpec&, const IPv6Address& remote) { return violating_packet(ipv4("127.0.0.1"), remote); }},
      {"multicast source", DropReason::InvalidSource,
       [](const TunnelSpec&, const IPv6Address& remote) { return violating_packet(ipv4("239.0.0.1"), remote); }},
      {"multicast destination", DropReason::InvalidDestination,
       [](const TunnelSpec& tunnel, const IPv6Address&) { return violating_packet(tunnel.inner, ipv4("239.0.0.1")); }},
      {"loopback destination", DropReason::InvalidDestination,
       [](const TunnelSpec& tunnel, const IPv6Address&) { return violating_packet(tunnel.inner, ipv4("127.0.0.1")); }},
      {"wrong header checksum", DropReason::BadChecksum,
       [](const TunnelSpec& tunnel, const IPv6Address& remote) {
         return changed(violating_packet(tunnel.inner, remote), dataplane::kIdentificationAt);
       }},
      {"no hops left", DropReason::HopLimit,
       [](const TunnelSpec& tunnel, const IPv6Address& remote) {
         return dataplane::test::make_ipv4({tunnel.inner, remote}, dataplane::kUdp, Bytes(20), {.time_to_live = 0});
       }},
      {"IPv6", DropReason::WrongVersion,
       [](const TunnelSpec& tunnel, const IPv6Address& remote) {
         return dataplane::test::make_ipv6({tunnel.inner, remote}, dataplane::kUdp, Bytes(20));
       }},
  };
  return kAll;
}

TEST_P(DatapathContract, EachViolationIsDroppedSilentlyAndCounted) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  std::vector<Violation> violations = common_violations();
  for (const Violation& violation : ipv4() ? ipv4_violations() : ipv6_violations()) violations.push_back(violation);
  for (const Violation& violation : violations) {
    SCOPED_TRACE(violation.what);
    const std::uint64_t before = harness_->dropped(violation.reason);
    expect_nothing(after_outer(spec.path, violation.make(spec, remote_host())));
    EXPECT_EQ(harness_->dropped(violation.reason), before + 1);
  }
}

TEST_P(DatapathContract, GarbageIsNeverAnswered) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  // What belongs to no tunnel's packets; without ports there is no signalling either.
  const std::vector<Bytes> garbage =
      spec.path.local.port == 0 ? std::vector<Bytes>{Bytes{0}, Bytes(100, 0x55), Bytes(20, 0xF0)}
                                : std::vector<Bytes>{Bytes{0}, Bytes(100, 0x45), Bytes(39, 0x60), Bytes(7, 0xF0)};

  for (const Bytes& datagram : garbage) expect_nothing(after_outer(spec.path, datagram));

  EXPECT_EQ(harness_->dropped(DropReason::Garbage), garbage.size());
}

TEST_P(DatapathContract, GarbageFromAStrangerIsGarbageToo) {
  expect_nothing(after_outer(harness_->path(0, 0), Bytes(60, 0x55)));
  EXPECT_EQ(harness_->dropped(DropReason::Garbage), 1U);
}

TEST_P(DatapathContract, SignallingIsHandedOverAsItIs) {
  const std::string_view hello = "VERSION=2.0.0\r\n";
  Bytes signalling{0xF0, 0, 0, 1, 0, 0, 0, 2};
  signalling.insert(signalling.end(), hello.begin(), hello.end());
  Bytes legacy{1, 0, 0, 0xF0, 0, 0, 0, 2};
  legacy.insert(legacy.end(), hello.begin(), hello.end());

  for (const Bytes& datagram : {signalling, legacy}) {
    const Observed observed = after_outer(harness_->signalling_path(), datagram);
    ASSERT_EQ(observed.signalling.size(), 1U);
    EXPECT_EQ(observed.signalling[0].path, harness_->signalling_path());
    EXPECT_EQ(observed.signalling[0].payload, datagram);
    EXPECT_TRUE(observed.to_clients.empty());
  }
}

TEST_P(DatapathContract, TheFirstValidPacketConfirmsAndIsReportedOnce) {
  const TunnelSpec spec = installed(spec_of(0));
  EXPECT_TRUE(confirmed().empty());

  expect_uplink(spec, spec.path, true);
  EXPECT_EQ(confirmed(), std::vector{spec.id});
  expect_uplink(spec, spec.path, true);

  EXPECT_TRUE(confirmed().empty());
  expect_downlink(spec, true);
}

TEST_P(DatapathContract, ATunnelInstalledConfirmedIsNotReported) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  expect_uplink(spec, spec.path, true);
  EXPECT_TRUE(confirmed().empty());
}

TEST_P(DatapathContract, AnEchoRequestToTheServerIsAnsweredAndNotSeenByTheHost) {
  const TunnelSpec spec = installed(confirmed_spec_of(0));
  const Bytes request = echo_request(spec.inner, spec.server_address);

  const Observed observed = after_outer(spec.path, request);

  EXPECT_TRUE(observed.to_host.empty());
  ASSERT_EQ(observed.to_clients.size(), 1U);
  EXPECT_EQ(observed.to_clients[0].path, spec.path);
  const Bytes& reply = observed.to_clients[0].payload;
  const auto expected = dataplane::make_echo_reply(request);
  ASSERT_TRUE(expected);
  expect_same(reply, *expected);
}

TEST_P(DatapathContract, AnEchoRequestFromTheDelegatedPrefixIsAnswered) {
  TunnelSpec spec = confirmed_spec_of(0);
  spec.delegated = subnets(0x0100);
  ASSERT_EQ(install(spec), DatapathStatus::Done);

  const Observed observed = after_outer(spec.path, echo_request(in_pool(0x0101, 5), spec.server_address));

  ASSERT_EQ(observed.to_clients.size(), 1U);
  EXPECT_EQ(dataplane::destination_of(observed.to_clients[0].payload), in_pool(0x0101, 5));
}

TEST_P(DatapathContract, AnEchoRequestToTheServerConfirmsAndIsAnswered) {
  const TunnelSpec spec = installed(spec_of(0));

  const Observed observed = after_outer(spec.path, echo_request(spec.inner, spec.server_address));

  EXPECT_EQ(observed.to_clients.size(), 1U);
  EXPECT_EQ(confirmed(), std::vector{spec.id});
  EXPECT_EQ(usage(spec.id).packets_up, 1U);
  expect_downlink(spec, true);
}

}  // namespace
}  // namespace tsp::port
