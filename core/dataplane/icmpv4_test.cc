// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace icmpv4_test {

using test::ipv4;
using test::IPv4Fields;

const IPv6Address kServer = ipv4("10.64.0.1");
const test::Ends kEnds{ipv4("192.0.2.80"), ipv4("10.64.0.7")};

constexpr std::size_t kQuoteAt = kIPv4HeaderSize + kIcmpHeaderSize;
constexpr std::size_t kErrorBytesMax = 576;

void expect_error_to_source(const Bytes& error, std::uint8_t code, ByteView about) {
  ASSERT_GE(error.size(), kQuoteAt);
  EXPECT_TRUE(has_ip_header(error) && is_ipv4(error) && header_checksum_right(error));
  EXPECT_EQ(source_of(error), kServer);
  EXPECT_EQ(destination_of(error), kEnds.source);
  EXPECT_EQ(announced_size(error), error.size());
  EXPECT_GT(error[kTimeToLiveAt], 1);
  EXPECT_EQ(error[kIPv4HeaderSize], 3);
  EXPECT_EQ(error[kIPv4HeaderSize + 1], code);
  EXPECT_TRUE(upper_layer_checksum_right(error));
  const ByteView quoted = about.first(std::min(about.size(), kErrorBytesMax - kQuoteAt));
  EXPECT_TRUE(std::ranges::equal(ByteView(error).subspan(kQuoteAt), quoted));
}

TEST(FragmentationNeeded, NamesTheMtuOfTheNextHop) {
  const Bytes packet = test::make_udp(kEnds, test::pattern(100));

  const auto error = make_packet_too_big(kServer, 1280, packet);

  ASSERT_TRUE(error);
  expect_error_to_source(*error, 4, packet);
  EXPECT_EQ(get16(*error, kIPv4HeaderSize + 4), 0U);
  EXPECT_EQ(get16(*error, kIPv4HeaderSize + 6), 1280U);
}

TEST(FragmentationNeeded, IsNeverLargerThanWhatEveryHostTakes) {
  const Bytes packet = test::make_tcp(kEnds, {}, test::pattern(30'000));

  const auto error = make_packet_too_big(kServer, 1280, packet);

  ASSERT_TRUE(error);
  EXPECT_EQ(error->size(), kErrorBytesMax);
  expect_error_to_source(*error, 4, packet);
}

TEST(HostUnreachable, GoesToTheSender) {
  const Bytes packet = test::make_udp(kEnds, test::pattern(10));

  const auto error = make_address_unreachable(kServer, packet);

  ASSERT_TRUE(error);
  expect_error_to_source(*error, 1, packet);
  EXPECT_EQ(get32(*error, kIPv4HeaderSize + 4), 0U);
}

TEST(HostUnreachable, QuotesOptionsToo) {
  const Bytes packet = test::make_ipv4(kEnds, kUdp, Bytes(8), {.options = Bytes(40, 1)});
  const auto error = make_address_unreachable(kServer, packet);
  ASSERT_TRUE(error);
  expect_error_to_source(*error, 1, packet);
}

void expect_no_errors_about(const Bytes& packet) {
  EXPECT_FALSE(make_packet_too_big(kServer, 1280, packet));
  EXPECT_FALSE(make_address_unreachable(kServer, packet));
}

// RFC 1122 section 3.2.2, in its order.
TEST(Icmpv4Errors, AreNotSentAboutErrorsAndWhatMayBeOne) {
  for (const std::uint8_t type : Bytes{1, 3, 4, 5, 11, 12, 40, 255}) {
    expect_no_errors_about(test::make_icmpv4(kEnds, type, 0, Bytes(40)));
  }
  expect_no_errors_about(test::make_ipv4(kEnds, kIcmpv4, {}));
}

TEST(Icmpv4Errors, AreSentAboutQueries) {
  for (const std::uint8_t type : Bytes{0, 8, 13, 14}) {
    EXPECT_TRUE(make_packet_too_big(kServer, 1280, test::make_icmpv4(kEnds, type, 0, Bytes(1300))));
  }
}

TEST(Icmpv4Errors, AreNotSentAboutMulticastAndBroadcast) {
  for (const char* destination : {"224.0.0.1", "239.1.2.3", "255.255.255.255"}) {
    expect_no_errors_about(test::make_udp({kEnds.source, ipv4(destination)}, Bytes(10)));
  }
}

TEST(Icmpv4Errors, AreSentAboutTheFirstFragmentOnly) {
  const auto fragment = [](unsigned field) { return test::make_ipv4(kEnds, kUdp, Bytes(64), {.fragment = field}); };
  EXPECT_TRUE(make_address_unreachable(kServer, fragment(kMoreFragments)));
  expect_no_errors_about(fragment(kMoreFragments | 8));
  expect_no_errors_about(fragment(8));
}

TEST(Icmpv4Errors, AreNotSentToAddressesThatAreNoHost) {
  for (const char* source :
       {"0.0.0.0", "0.0.0.9", "127.0.0.1", "169.254.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"}) {
    SCOPED_TRACE(source);
    expect_no_errors_about(test::make_udp({ipv4(source), kEnds.destination}, Bytes(10)));
  }
}

TEST(Icmpv4Errors, NeedAWholeHeader) {
  expect_no_errors_about(Bytes(19, 0x45));
  expect_no_errors_about(Bytes(40, 0x4F));
  expect_no_errors_about(Bytes(40, 0x44));
}

TEST(Icmpv4EchoReply, SwapsAddressesAndKeepsIdentifierSequenceAndData) {
  const Bytes data = test::pattern(33);
  const Bytes request = test::make_echo_request({kEnds.source, kServer}, data);

  const auto reply = make_echo_reply(request);

  ASSERT_TRUE(reply);
  EXPECT_EQ(source_of(*reply), kServer);
  EXPECT_EQ(destination_of(*reply), kEnds.source);
  EXPECT_EQ((*reply)[kIPv4HeaderSize], 0);
  EXPECT_EQ((*reply)[kTimeToLiveAt], 64);
  EXPECT_TRUE(header_checksum_right(*reply));
  EXPECT_TRUE(upper_layer_checksum_right(*reply));
  constexpr std::size_t kIdentifierAt = kIPv4HeaderSize + 4;
  EXPECT_TRUE(std::ranges::equal(ByteView(*reply).subspan(kIdentifierAt), ByteView(request).subspan(kIdentifierAt)));
}

TEST(Icmpv4EchoReply, IsNotMadeForAWrongChecksumAndForWhatIsNoIcmp) {
  Bytes request = test::make_echo_request({kEnds.source, kServer}, test::pattern(8));
  request.back() = static_cast<std::uint8_t>(request.back() ^ 1);
  EXPECT_FALSE(make_echo_reply(request));
  EXPECT_FALSE(make_echo_reply(test::make_udp({kEnds.source, kServer}, test::pattern(8))));
  // ICMPv6 in IPv4, and ICMPv4 in IPv6.
  EXPECT_FALSE(
      make_echo_reply(test::with_checksum(test::make_ipv4(kEnds, kIcmpv6, Bytes{128, 0, 0, 0, 0, 0, 0, 0}), 2)));
  const test::Ends ipv6{test::address("2001:db8::7"), test::address("2001:db8::1")};
  EXPECT_FALSE(make_echo_reply(test::with_checksum(test::make_ipv6(ipv6, kIcmpv4, Bytes{8, 0, 0, 0, 0, 0, 0, 0}), 2)));
}

}  // namespace icmpv4_test
}  // namespace tsp::dataplane
