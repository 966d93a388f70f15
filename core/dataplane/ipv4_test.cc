// SPDX-License-Identifier: Apache-2.0
//
// What check_uplink and check_downlink say of packets of a v4v6 tunnel. What they share with IPv6 is in packet_test.cc.
#include <gtest/gtest.h>

#include "core/dataplane/packet_test_makers.h"
#include "core/dataplane/verdict_test_support.h"

namespace tsp::dataplane {
namespace ipv4_test {

using test::address;
using test::expect_consumed;
using test::expect_dropped;
using test::ipv4;
using test::packet_between;

const IPv6Address kClient = ipv4("10.64.0.7");
const IPv6Address kServer = ipv4("10.64.0.1");
const IPv6Address kBehindClient = ipv4("10.65.8.200");
const IPv6Address kPeer = ipv4("192.0.2.80");

TunnelSpec make_tunnel() {
  TunnelSpec tunnel;
  tunnel.id = TunnelId{1};
  tunnel.type = TunnelType::V4V6;
  tunnel.path = {Endpoint{address("2001:db8:5::7"), 0}, Endpoint{address("2001:db8::1"), 0}};
  tunnel.inner = kClient;
  tunnel.delegated = test::ipv4_prefix("10.65.8.0/24");
  tunnel.server_address = kServer;
  tunnel.mtu = 1280;
  tunnel.confirmed = true;
  return tunnel;
}

UplinkVerdict verdict_on(const Bytes& packet) {
  return check_uplink(make_tunnel(), packet);
}

TEST(Addresses, OfIPv4PacketsAreMapped) {
  const Bytes packet = packet_between(kClient, kPeer);
  EXPECT_EQ(source_of(packet), kClient);
  EXPECT_EQ(destination_of(packet), kPeer);
}

TEST(CheckIPv4Uplink, TheClientsAddressAndItsPrefixAreForwarded) {
  for (const IPv6Address& source : {kClient, kBehindClient}) {
    const UplinkVerdict verdict = verdict_on(packet_between(source, kPeer));
    EXPECT_EQ(verdict.action, UplinkAction::Forward);
    EXPECT_TRUE(verdict.alive);
  }
}

TEST(CheckIPv4Uplink, ABareHeaderIsAPacketWithOptionsToo) {
  EXPECT_EQ(verdict_on(test::make_ipv4({kClient, kPeer}, 59, {})).action, UplinkAction::Forward);
  EXPECT_EQ(verdict_on(test::make_ipv4({kClient, kPeer}, 59, {}, {.options = Bytes(40, 1)})).action,
            UplinkAction::Forward);
}

TEST(CheckIPv4Uplink, FragmentsAreForwarded) {
  for (const unsigned fragment : {unsigned{kMoreFragments}, unsigned{kMoreFragments} | 100U, 100U}) {
    EXPECT_EQ(verdict_on(test::make_ipv4({kClient, kPeer}, kUdp, Bytes(64), {.fragment = fragment})).action,
              UplinkAction::Forward);
  }
}

TEST(CheckIPv4Uplink, IPv6IsOfTheWrongVersion) {
  expect_dropped(verdict_on(packet_between(address("2001:db8::7"), address("2001:db8::8"))), DropReason::WrongVersion);
  // With the tunnel's own addresses in it.
  expect_dropped(verdict_on(test::make_ipv6({kClient, kPeer}, 59, {})), DropReason::WrongVersion);
}

TEST(CheckIPv4Uplink, WhatIsOfNoVersionIsGarbage) {
  Bytes packet = packet_between(kClient, kPeer);
  packet[0] = 0x55;
  expect_dropped(verdict_on(packet), DropReason::Garbage);
  expect_dropped(verdict_on({}), DropReason::Garbage);
}

TEST(CheckIPv4Uplink, APacketShorterThanItsHeaderOrItsLengthIsTruncated) {
  const Bytes whole = test::make_ipv4({kClient, kPeer}, 59, Bytes(10), {.options = Bytes(8, 1)});
  for (std::size_t size = 1; size < whole.size(); ++size) {
    expect_dropped(verdict_on(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))),
                   DropReason::Truncated);
  }
}

TEST(CheckIPv4Uplink, AHeaderLengthBelowTheHeaderIsTruncated) {
  Bytes packet = packet_between(kClient, kPeer);
  packet[0] = 0x44;
  expect_dropped(verdict_on(packet), DropReason::Truncated);
}

TEST(CheckIPv4Uplink, ADatagramLongerThanItsPacketIsALengthMismatch) {
  Bytes packet = packet_between(kClient, kPeer);
  packet.push_back(0);
  expect_dropped(verdict_on(packet), DropReason::LengthMismatch);
}

TEST(CheckIPv4Uplink, EachBitOfTheHeaderIsUnderItsChecksum) {
  const Bytes packet = packet_between(kClient, kPeer);
  for (std::size_t bit = kIdentificationAt * 8; bit < kIPv4HeaderSize * 8; ++bit) {
    Bytes flipped = packet;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
    expect_dropped(verdict_on(flipped), DropReason::BadChecksum);
  }
}

TEST(CheckIPv4Uplink, AnotherClientsAddressIsAForeignSource) {
  for (const char* source : {"10.64.0.8", "10.65.9.0", "10.64.0.1", "192.0.2.80"}) {
    expect_dropped(verdict_on(packet_between(ipv4(source), kPeer)), DropReason::ForeignSource);
  }
  expect_dropped(verdict_on(packet_between(kPeer, ipv4("224.0.0.2"))), DropReason::ForeignSource);
}

TEST(CheckIPv4Uplink, SourcesThatNobodyMayHaveAreInvalid) {
  for (const char* source :
       {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"}) {
    SCOPED_TRACE(source);
    expect_dropped(verdict_on(packet_between(ipv4(source), kPeer)), DropReason::InvalidSource);
  }
}

TEST(CheckIPv4Uplink, WhatEveryHostSendsOnANewLinkIsConsumedAndIsNoSignOfLife) {
  expect_consumed(verdict_on(packet_between(ipv4("0.0.0.0"), ipv4("255.255.255.255"))), false);
  expect_consumed(verdict_on(packet_between(ipv4("169.254.3.4"), ipv4("224.0.0.251"))), false);
  expect_consumed(verdict_on(packet_between(ipv4("169.254.3.4"), kPeer)), false);
}

TEST(CheckIPv4Uplink, LinkScopeTrafficFromTheClientsOwnAddressIsConsumedButShowsLife) {
  for (const char* destination : {"224.0.0.22", "255.255.255.255", "169.254.0.1"}) {
    expect_consumed(verdict_on(packet_between(kClient, ipv4(destination))), true);
  }
}

TEST(CheckIPv4Uplink, DestinationsThatNobodyMayHaveAreInvalid) {
  for (const char* destination : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.1.1", "239.1.1.1", "240.0.0.1"}) {
    SCOPED_TRACE(destination);
    expect_dropped(verdict_on(packet_between(kClient, ipv4(destination))), DropReason::InvalidDestination);
  }
}

TEST(CheckIPv4Uplink, ATimeToLiveOfZeroIsDroppedAndOfOneIsLeftToTheHost) {
  expect_dropped(verdict_on(test::make_ipv4({kClient, kPeer}, 59, {}, {.time_to_live = 0})), DropReason::HopLimit);
  EXPECT_EQ(verdict_on(test::make_ipv4({kClient, kPeer}, 59, {}, {.time_to_live = 1})).action, UplinkAction::Forward);
}

TEST(CheckIPv4Uplink, AnEchoRequestToTheServerIsAnsweredWhateverItsTimeToLive) {
  const UplinkVerdict verdict = verdict_on(test::make_icmpv4({kClient, kServer}, 8, 0, Bytes(4), {.time_to_live = 1}));
  EXPECT_EQ(verdict.action, UplinkAction::EchoReply);
  EXPECT_TRUE(verdict.alive);
}

TEST(CheckIPv4Uplink, AnEchoRequestThatIsNotPlainIsLeftToTheHost) {
  const test::Ends ends{kClient, kServer};
  const auto action = [&](const test::IPv4Fields& fields) {
    return verdict_on(test::make_icmpv4(ends, 8, 0, Bytes(4), fields)).action;
  };
  EXPECT_EQ(action({.fragment = kMoreFragments}), UplinkAction::Forward);
  EXPECT_EQ(action({.fragment = 8}), UplinkAction::Forward);
  EXPECT_EQ(action({.options = {7, 7, 4, 0, 0, 0, 0, 0}}), UplinkAction::Forward);
  EXPECT_EQ(verdict_on(test::make_ipv4(ends, kIcmpv4, Bytes{8, 0, 0, 0})).action, UplinkAction::Forward);
  EXPECT_EQ(verdict_on(test::make_icmpv4(ends, 0, 0, Bytes(4))).action, UplinkAction::Forward);
  EXPECT_EQ(verdict_on(packet_between(kClient, kServer)).action, UplinkAction::Forward);
}

TEST(CheckIPv4Uplink, AnEchoRequestToAnotherHostIsForwarded) {
  EXPECT_EQ(verdict_on(test::make_echo_request({kClient, kPeer})).action, UplinkAction::Forward);
}

// ---- downlink -------------------------------------------------------------------------------------------------

DownlinkVerdict downlink(const TunnelSpec& tunnel, const Bytes& packet) {
  return check_downlink(tunnel, packet, packet.size());
}

void expect_dropped(const DownlinkVerdict& verdict, DropReason reason) {
  EXPECT_EQ(verdict.action, DownlinkAction::Drop);
  EXPECT_EQ(name(verdict.reason), name(reason));
}

Bytes of_size(std::size_t size, const test::IPv4Fields& fields = {}) {
  return test::make_ipv4({kPeer, kClient}, kUdp, Bytes(size - kIPv4HeaderSize - fields.options.size()), fields);
}

TEST(CheckIPv4Downlink, APacketToAConfirmedClientIsForwarded) {
  EXPECT_EQ(downlink(make_tunnel(), packet_between(kPeer, kClient)).action, DownlinkAction::Forward);
  EXPECT_EQ(downlink(make_tunnel(), packet_between(kPeer, kBehindClient)).action, DownlinkAction::Forward);
}

TEST(CheckIPv4Downlink, NothingGoesToAnUnconfirmedClient) {
  TunnelSpec tunnel = make_tunnel();
  tunnel.confirmed = false;
  for (const Bytes& packet : {of_size(100), of_size(1300), of_size(1300, {.fragment = 0})}) {
    expect_dropped(downlink(tunnel, packet), DropReason::Unconfirmed);
  }
}

TEST(CheckIPv4Downlink, WhatMayNotBeFragmentedMustFitTheMtu) {
  EXPECT_EQ(downlink(make_tunnel(), of_size(1280)).action, DownlinkAction::Forward);
  const DownlinkVerdict verdict = downlink(make_tunnel(), of_size(1281));
  EXPECT_EQ(verdict.action, DownlinkAction::PacketTooBig);
  EXPECT_EQ(name(verdict.reason), name(DropReason::TooBig));
}

TEST(CheckIPv4Downlink, WhatMayBeFragmentedIsWhenItHasTo) {
  EXPECT_EQ(downlink(make_tunnel(), of_size(1280, {.fragment = 0})).action, DownlinkAction::Forward);
  for (const unsigned fragment : {0U, unsigned{kMoreFragments}, 100U}) {
    EXPECT_EQ(downlink(make_tunnel(), of_size(1281, {.fragment = fragment})).action, DownlinkAction::Fragment);
  }
}

TEST(CheckIPv4Downlink, OfASuperPacketTheSegmentsCount) {
  const Bytes super = of_size(20'000);
  EXPECT_EQ(check_downlink(make_tunnel(), super, 1280).action, DownlinkAction::Forward);
  EXPECT_EQ(check_downlink(make_tunnel(), super, 1281).action, DownlinkAction::PacketTooBig);
  EXPECT_EQ(check_downlink(make_tunnel(), of_size(20'000, {.fragment = 0}), 1281).action, DownlinkAction::Fragment);
}

TEST(CheckIPv4Downlink, WhatHasNoWholeHeaderIsDropped) {
  expect_dropped(downlink(make_tunnel(), Bytes(19, 0x45)), DropReason::NotIp);
  expect_dropped(downlink(make_tunnel(), Bytes(40, 0x4F)), DropReason::NotIp);
  expect_dropped(downlink(make_tunnel(), Bytes(40, 0x44)), DropReason::NotIp);
}

TEST(CheckIPv4Downlink, AnIPv6PacketWithAMappedDestinationIsOfTheWrongVersion) {
  expect_dropped(downlink(make_tunnel(), test::make_ipv6({address("2001:db8::80"), kClient}, 59, {})),
                 DropReason::WrongVersion);
}

TEST(CheckIPv4Downlink, ADestinationOutsideTheTunnelIsDropped) {
  expect_dropped(downlink(make_tunnel(), packet_between(kPeer, ipv4("10.64.0.8"))), DropReason::NoTunnel);
}

TEST(CheckIPv4Downlink, SourcesThatNobodyMayHaveAreDropped) {
  expect_dropped(downlink(make_tunnel(), packet_between(ipv4("169.254.0.1"), kClient)), DropReason::LinkScope);
  for (const char* source : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"}) {
    SCOPED_TRACE(source);
    expect_dropped(downlink(make_tunnel(), packet_between(ipv4(source), kClient)), DropReason::InvalidSource);
  }
}

TEST(IsForLink, IsWhatNoTunnelIsToGet) {
  for (const char* destination : {"224.0.0.22", "255.255.255.255", "169.254.0.1"}) {
    EXPECT_TRUE(is_for_link(packet_between(kPeer, ipv4(destination)))) << destination;
  }
  for (const char* destination : {"ff02::16", "fe80::1"}) {
    EXPECT_TRUE(is_for_link(packet_between(address("fe80::2"), address(destination)))) << destination;
  }
  EXPECT_FALSE(is_for_link(packet_between(kPeer, kClient)));
  EXPECT_FALSE(is_for_link(packet_between(address("fe80::2"), address("2001:db8::1"))));
}

}  // namespace ipv4_test
}  // namespace tsp::dataplane
