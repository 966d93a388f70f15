// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/dataplane/packet.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace icmpv6_test {

using test::address;
using test::Ends;

const IPv6Address kServer = address("2001:db8::1");
const Ends kEnds{address("2001:db8:ffff::80"), address("2001:db8:0:1::7")};

constexpr std::size_t kQuoteAt = kIPv6HeaderSize + kIcmpHeaderSize;

ByteView quote_in(ByteView error) {
  return error.subspan(kQuoteAt);
}

void expect_error_to_source(const Bytes& error, std::uint8_t type, std::uint8_t code) {
  ASSERT_GE(error.size(), kQuoteAt);
  EXPECT_EQ(source_of(error), kServer);
  EXPECT_EQ(destination_of(error), kEnds.source);
  EXPECT_EQ(get16(error, kPayloadLengthAt), error.size() - kIPv6HeaderSize);
  EXPECT_GT(error[kHopLimitAt], 1);
  EXPECT_EQ(error[kIPv6HeaderSize], type);
  EXPECT_EQ(error[kIPv6HeaderSize + 1], code);
  EXPECT_TRUE(upper_layer_checksum_right(error));
}

TEST(PacketTooBig, NamesTheMtuAndQuotesThePacket) {
  const Bytes packet = test::make_udp(kEnds, test::pattern(1000));

  const auto error = make_packet_too_big(kServer, 1280, packet);

  ASSERT_TRUE(error);
  expect_error_to_source(*error, 2, 0);
  EXPECT_EQ(get32(*error, kIPv6HeaderSize + 4), 1280U);
  EXPECT_TRUE(std::ranges::equal(quote_in(*error), packet));
}

TEST(PacketTooBig, IsNeverLargerThanTheMinimumMtu) {
  const Bytes packet = test::make_tcp(kEnds, {}, test::pattern(30'000));

  const auto error = make_packet_too_big(kServer, 1280, packet);

  ASSERT_TRUE(error);
  expect_error_to_source(*error, 2, 0);
  EXPECT_EQ(error->size(), kIPv6MinimumMtu);
  EXPECT_TRUE(std::ranges::equal(quote_in(*error), ByteView(packet).first(kIPv6MinimumMtu - kQuoteAt)));
}

// It is the packet that is of IPv6, whatever its addresses look like.
TEST(PacketTooBig, BetweenMappedAddressesHasTheChecksumOfItsVersion) {
  const Bytes packet = test::make_udp({address("2001:db8:ffff::80"), address("2001:db8:0:1::7")}, test::pattern(1000));

  const auto error = make_packet_too_big(map_ipv4({{192, 0, 2, 1}}), 1280, packet);

  ASSERT_TRUE(error);
  EXPECT_TRUE(upper_layer_checksum_right(*error));
}

TEST(AddressUnreachable, GoesToTheSender) {
  const Bytes packet = test::make_udp(kEnds, test::pattern(10));

  const auto error = make_address_unreachable(kServer, packet);

  ASSERT_TRUE(error);
  expect_error_to_source(*error, 1, 3);
  EXPECT_EQ(get32(*error, kIPv6HeaderSize + 4), 0U);
  EXPECT_TRUE(std::ranges::equal(quote_in(*error), packet));
}

TEST(AddressUnreachable, IsNotSentAboutMulticast) {
  EXPECT_FALSE(make_address_unreachable(kServer, test::make_udp({kEnds.source, address("ff0e::1")}, {})));
}

void expect_no_errors_about(const Bytes& packet) {
  EXPECT_FALSE(make_packet_too_big(kServer, 1280, packet));
  EXPECT_FALSE(make_address_unreachable(kServer, packet));
}

TEST(IcmpErrors, AreNotSentAboutErrorsAndRedirects) {
  for (const std::uint8_t type : Bytes{1, 2, 3, 4, 127, 137})
    expect_no_errors_about(test::make_icmpv6(kEnds, type, 0, Bytes(40)));
}

TEST(IcmpErrors, AreSentAboutEchoes) {
  EXPECT_TRUE(make_packet_too_big(kServer, 1280, test::make_icmpv6(kEnds, 128, 0, Bytes(1300))));
  EXPECT_TRUE(make_packet_too_big(kServer, 1280, test::make_icmpv6(kEnds, 129, 0, Bytes(1300))));
}

TEST(IcmpErrors, AreNotSentToAddressesThatAreNoHosts) {
  for (const char* source : {"::", "::1", "ff02::1", "ff0e::1", "fe80::1", "::ffff:192.0.2.1"}) {
    SCOPED_TRACE(source);
    expect_no_errors_about(test::make_udp({address(source), kEnds.destination}, Bytes(10)));
  }
}

TEST(IcmpErrors, AreNotSentAboutErrorsBehindExtensionHeaders) {
  const Bytes error{1, 0, 0, 0, 0, 0, 0, 0};
  const auto behind = [&](Bytes extension) {
    extension.insert(extension.end(), error.begin(), error.end());
    return extension;
  };
  expect_no_errors_about(test::make_ipv6(kEnds, kHopByHop, behind({kIcmpv6, 0, 1, 4, 0, 0, 0, 0})));
  expect_no_errors_about(test::make_ipv6(kEnds, kDestinationOptions, behind({kIcmpv6, 0, 1, 4, 0, 0, 0, 0})));
  expect_no_errors_about(
      test::make_ipv6(kEnds, kDestinationOptions,
                      behind({kRouting, 0, 1, 4, 0, 0, 0, 0, kIcmpv6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})));
  expect_no_errors_about(test::make_ipv6(kEnds, kFragment, behind({kIcmpv6, 0, 0, 1, 0, 0, 0, 9})));
}

TEST(IcmpErrors, AreNotSentAboutIcmpWhoseTypeCannotBeSeen) {
  expect_no_errors_about(test::make_ipv6(kEnds, kIcmpv6, {}));
  const Bytes later_fragment{kIcmpv6, 0, 0x05, 0xA8, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8};
  expect_no_errors_about(test::make_ipv6(kEnds, kFragment, later_fragment));
}

TEST(IcmpErrors, AreSentAboutLaterFragmentsOfOtherProtocols) {
  const Bytes later_fragment{kUdp, 0, 0x05, 0xA8, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_TRUE(make_packet_too_big(kServer, 1280, test::make_ipv6(kEnds, kFragment, later_fragment)));
}

TEST(IcmpErrors, SurviveExtensionHeadersThatAreCutOff) {
  for (std::size_t size = 0; size < 32; ++size) {
    Bytes cut(size, 0xFF);
    if (size > 0) cut[0] = kDestinationOptions;
    EXPECT_TRUE(make_packet_too_big(kServer, 1280, test::make_ipv6(kEnds, kDestinationOptions, cut)));
  }
}

TEST(IcmpErrors, NeedAWholeHeader) {
  expect_no_errors_about(Bytes(39, 0x60));
}

TEST(EchoReply, SwapsAddressesAndKeepsIdentifierSequenceAndData) {
  const Bytes data = test::pattern(33);
  const Bytes request = test::make_echo_request({kEnds.source, kServer}, data);

  const auto reply = make_echo_reply(request);

  ASSERT_TRUE(reply);
  EXPECT_EQ(source_of(*reply), kServer);
  EXPECT_EQ(destination_of(*reply), kEnds.source);
  EXPECT_EQ((*reply)[kIPv6HeaderSize], 129);
  EXPECT_EQ((*reply)[kHopLimitAt], 64);
  EXPECT_TRUE(upper_layer_checksum_right(*reply));
  constexpr std::size_t kIdentifierAt = kIPv6HeaderSize + 4;
  EXPECT_TRUE(std::ranges::equal(ByteView(*reply).subspan(kIdentifierAt), ByteView(request).subspan(kIdentifierAt)));
}

TEST(EchoReply, IsNotMadeForAWrongChecksum) {
  Bytes request = test::make_echo_request({kEnds.source, kServer}, test::pattern(8));
  request.back() = static_cast<std::uint8_t>(request.back() ^ 1);
  EXPECT_FALSE(make_echo_reply(request));
}

TEST(EchoReply, IsNotMadeForWhatIsNoIcmp) {
  EXPECT_FALSE(make_echo_reply(test::make_udp({kEnds.source, kServer}, test::pattern(8))));
  EXPECT_FALSE(make_echo_reply({}));
}

}  // namespace icmpv6_test
}  // namespace tsp::dataplane
