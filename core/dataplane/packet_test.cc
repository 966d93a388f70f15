// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/packet.h"

#include <gtest/gtest.h>

#include "core/dataplane/packet_test_makers.h"
#include "core/dataplane/verdict_test_support.h"

namespace tsp::dataplane {
namespace packet_test {

using test::address;
using test::Ends;
using test::expect_consumed;
using test::expect_dropped;
using test::packet_between;

const IPv6Address kClient = address("2001:db8:0:1::7");
const IPv6Address kServer = address("2001:db8::1");
const IPv6Address kBehindClient = address("2001:db8:100:ab::5");
const IPv6Address kPeer = address("2001:db8:ffff::80");

TunnelSpec make_tunnel() {
  TunnelSpec tunnel;
  tunnel.id = TunnelId{1};
  tunnel.path = {make_endpoint({{198, 51, 100, 7}}, 40'000), make_endpoint({{93, 184, 216, 34}}, 3653)};
  tunnel.inner = kClient;
  tunnel.delegated = test::prefix("2001:db8:100::/56");
  tunnel.server_address = kServer;
  tunnel.mtu = 1280;
  tunnel.confirmed = true;
  return tunnel;
}

UplinkVerdict verdict_on(const Bytes& packet) {
  return check_uplink(make_tunnel(), packet);
}

TEST(CheckUplink, TheClientsOwnAddressIsForwarded) {
  const UplinkVerdict verdict = verdict_on(packet_between(kClient, kPeer));
  EXPECT_EQ(verdict.action, UplinkAction::Forward);
  EXPECT_TRUE(verdict.alive);
}

TEST(CheckUplink, AnAddressInTheDelegatedPrefixIsForwarded) {
  const UplinkVerdict verdict = verdict_on(packet_between(kBehindClient, kPeer));
  EXPECT_EQ(verdict.action, UplinkAction::Forward);
  EXPECT_TRUE(verdict.alive);
}

TEST(CheckUplink, ABareHeaderIsAPacket) {
  EXPECT_EQ(verdict_on(test::make_ipv6({kClient, kPeer}, 59, {})).action, UplinkAction::Forward);
}

TEST(CheckUplink, WhatIsOfNoVersionIsGarbage) {
  Bytes packet = packet_between(kClient, kPeer);
  packet[0] = 0x55;
  expect_dropped(verdict_on(packet), DropReason::Garbage);
  expect_dropped(verdict_on({}), DropReason::Garbage);
}

TEST(CheckUplink, IPv4InATunnelOfIPv6IsOfTheWrongVersion) {
  expect_dropped(verdict_on(packet_between(test::ipv4("10.0.0.7"), test::ipv4("192.0.2.80"))),
                 DropReason::WrongVersion);
}

TEST(CheckUplink, APacketShorterThanItsHeaderOrItsPayloadIsTruncated) {
  Bytes packet = packet_between(kClient, kPeer);
  packet.pop_back();
  expect_dropped(verdict_on(packet), DropReason::Truncated);
  packet.resize(39);
  expect_dropped(verdict_on(packet), DropReason::Truncated);
}

TEST(CheckUplink, ADatagramLongerThanItsPacketIsALengthMismatch) {
  Bytes packet = packet_between(kClient, kPeer);
  packet.push_back(0);
  expect_dropped(verdict_on(packet), DropReason::LengthMismatch);
}

TEST(CheckUplink, AnotherClientsAddressIsAForeignSource) {
  expect_dropped(verdict_on(packet_between(address("2001:db8:0:1::8"), kPeer)), DropReason::ForeignSource);
  expect_dropped(verdict_on(packet_between(address("2001:db8:100:100::"), kPeer)), DropReason::ForeignSource);
  expect_dropped(verdict_on(packet_between(kServer, kPeer)), DropReason::ForeignSource);
}

TEST(CheckUplink, AForeignSourceIsNoBetterWithALinkLocalDestination) {
  expect_dropped(verdict_on(packet_between(kPeer, address("ff02::2"))), DropReason::ForeignSource);
}

TEST(CheckUplink, WithoutADelegatedPrefixOnlyTheAddressCounts) {
  TunnelSpec tunnel = make_tunnel();
  tunnel.delegated.reset();
  expect_dropped(check_uplink(tunnel, packet_between(kBehindClient, kPeer)), DropReason::ForeignSource);
}

TEST(CheckUplink, SourcesThatNobodyMayHaveAreInvalid) {
  for (const char* source : {"ff02::1", "ff0e::1", "::1", "::192.0.2.1", "::ffff:192.0.2.1", "fec0::1", "2002:a00:1::1",
                             "2002:5db8:d822::1"}) {
    SCOPED_TRACE(source);
    expect_dropped(verdict_on(packet_between(address(source), kPeer)), DropReason::InvalidSource);
  }
}

TEST(CheckUplink, WhatEveryHostSendsOnANewLinkIsConsumedAndIsNoSignOfLife) {
  expect_consumed(verdict_on(packet_between(address("fe80::1"), address("ff02::2"))), false);
  expect_consumed(verdict_on(packet_between(address("fe80::1"), address("fe80::2"))), false);
  expect_consumed(verdict_on(packet_between(address("::"), address("ff02::16"))), false);
}

TEST(CheckUplink, ALinkLocalSourceIsNeverForwarded) {
  expect_consumed(verdict_on(packet_between(address("fe80::1"), kPeer)), false);
}

TEST(CheckUplink, AnUnspecifiedSourceIsInvalidBeyondTheLink) {
  expect_dropped(verdict_on(packet_between(address("::"), kPeer)), DropReason::InvalidSource);
}

TEST(CheckUplink, LinkScopeTrafficFromTheClientsOwnAddressIsConsumedButShowsLife) {
  expect_consumed(verdict_on(packet_between(kClient, address("ff02::fb"))), true);
  expect_consumed(verdict_on(packet_between(kClient, address("fe80::1"))), true);
}

TEST(CheckUplink, DestinationsThatNobodyMayHaveAreInvalid) {
  for (const char* destination : {"::", "::1", "::192.0.2.1", "::ffff:192.0.2.1", "fec0::1", "ff05::2", "ff0e::1",
                                  "2002:a00:1::1", "2002:5db8:d822::1"}) {
    SCOPED_TRACE(destination);
    expect_dropped(verdict_on(packet_between(kClient, address(destination))), DropReason::InvalidDestination);
  }
}

TEST(CheckUplink, AHopLimitOfZeroIsDroppedAndOfOneIsLeftToTheHost) {
  Bytes packet = packet_between(kClient, kPeer);
  packet[kHopLimitAt] = 0;
  expect_dropped(verdict_on(packet), DropReason::HopLimit);
  packet[kHopLimitAt] = 1;
  EXPECT_EQ(verdict_on(packet).action, UplinkAction::Forward);
}

TEST(CheckUplink, AnEchoRequestToTheServerIsAnsweredWhateverItsHopLimit) {
  Bytes request = test::make_echo_request({kClient, kServer});
  request[kHopLimitAt] = 1;
  const UplinkVerdict verdict = verdict_on(request);
  EXPECT_EQ(verdict.action, UplinkAction::EchoReply);
  EXPECT_TRUE(verdict.alive);
}

TEST(CheckUplink, AnEchoRequestFromAForeignSourceIsNotAnswered) {
  expect_dropped(verdict_on(test::make_echo_request({kPeer, kServer})), DropReason::ForeignSource);
}

TEST(CheckUplink, OtherTrafficToTheServerGoesToTheHost) {
  EXPECT_EQ(verdict_on(packet_between(kClient, kServer)).action, UplinkAction::Forward);
  EXPECT_EQ(verdict_on(test::make_icmpv6({kClient, kServer}, 129, 0, Bytes(4))).action, UplinkAction::Forward);
  EXPECT_EQ(verdict_on(test::make_ipv6({kClient, kServer}, kIcmpv6, Bytes{128, 0, 0, 0})).action,
            UplinkAction::Forward);
}

TEST(CheckUplink, AnEchoRequestToAnotherHostIsForwarded) {
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

TEST(CheckDownlink, APacketToAConfirmedClientIsForwarded) {
  EXPECT_EQ(downlink(make_tunnel(), packet_between(kPeer, kClient)).action, DownlinkAction::Forward);
  EXPECT_EQ(downlink(make_tunnel(), packet_between(kPeer, kBehindClient)).action, DownlinkAction::Forward);
}

TEST(CheckDownlink, NothingGoesToAnUnconfirmedClientNotEvenPacketTooBig) {
  TunnelSpec tunnel = make_tunnel();
  tunnel.confirmed = false;
  expect_dropped(downlink(tunnel, packet_between(kPeer, kClient)), DropReason::Unconfirmed);
  expect_dropped(downlink(tunnel, test::make_udp({kPeer, kClient}, Bytes(1300))), DropReason::Unconfirmed);
}

TEST(CheckDownlink, ThePacketMayBeAsLargeAsTheMtuAndNoLarger) {
  const std::size_t headers = kIPv6HeaderSize + kUdpHeaderSize;
  EXPECT_EQ(downlink(make_tunnel(), test::make_udp({kPeer, kClient}, Bytes(1280 - headers))).action,
            DownlinkAction::Forward);
  const DownlinkVerdict verdict = downlink(make_tunnel(), test::make_udp({kPeer, kClient}, Bytes(1281 - headers)));
  EXPECT_EQ(verdict.action, DownlinkAction::PacketTooBig);
  EXPECT_EQ(name(verdict.reason), name(DropReason::TooBig));
}

TEST(CheckDownlink, OfASuperPacketTheSegmentsCount) {
  const Bytes super = test::make_tcp({kPeer, kClient}, {}, Bytes(20'000));
  EXPECT_EQ(check_downlink(make_tunnel(), super, 1280).action, DownlinkAction::Forward);
  EXPECT_EQ(check_downlink(make_tunnel(), super, 1281).action, DownlinkAction::PacketTooBig);
}

TEST(CheckDownlink, WhatIsOfNoVersionIsDropped) {
  Bytes packet = packet_between(kPeer, kClient);
  packet[0] = 0x55;
  expect_dropped(downlink(make_tunnel(), packet), DropReason::NotIp);
  expect_dropped(downlink(make_tunnel(), Bytes(39, 0x60)), DropReason::NotIp);
}

TEST(CheckDownlink, IPv4IsNotForATunnelOfIPv6) {
  expect_dropped(downlink(make_tunnel(), packet_between(test::ipv4("192.0.2.80"), test::ipv4("10.0.0.7"))),
                 DropReason::WrongVersion);
}

TEST(CheckDownlink, ADestinationOutsideTheTunnelIsDropped) {
  expect_dropped(downlink(make_tunnel(), packet_between(kPeer, address("2001:db8:0:1::8"))), DropReason::NoTunnel);
}

TEST(CheckDownlink, ALinkLocalSourceIsConsumed) {
  expect_dropped(downlink(make_tunnel(), packet_between(address("fe80::1"), kClient)), DropReason::LinkScope);
}

TEST(CheckDownlink, SourcesThatNobodyMayHaveAreDropped) {
  for (const char* source : {"::", "::1", "ff02::1", "ff0e::1", "::ffff:192.0.2.1"}) {
    SCOPED_TRACE(source);
    expect_dropped(downlink(make_tunnel(), packet_between(address(source), kClient)), DropReason::InvalidSource);
  }
}

}  // namespace packet_test
}  // namespace tsp::dataplane
