// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/mss.h"

#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/dataplane/packet.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace mss_test {

using test::address;

const test::Ends kEnds{address("2001:db8::1"), address("2001:db8:ffff::2")};
constexpr std::size_t kMtu = 1280;
constexpr std::uint16_t kFits = 1220;  // 1280 less IPv6 and TCP headers
constexpr std::size_t kOptionsAt = kIPv6HeaderSize + kTcpHeaderSize;

Bytes mss_option(std::uint16_t mss) {
  return {2, 4, static_cast<std::uint8_t>(mss >> 8), static_cast<std::uint8_t>(mss)};
}

Bytes make_syn(const Bytes& options, unsigned flags = kTcpSyn, ByteView payload = {}) {
  return test::make_tcp(kEnds, {.flags = flags, .options = options}, payload);
}

bool clamp(Bytes& packet, std::size_t mtu = kMtu) {
  return clamp_mss(packet, mtu, ChecksumState::Finished);
}

void expect_untouched(const Bytes& packet) {
  Bytes after = packet;
  EXPECT_FALSE(clamp(after));
  EXPECT_EQ(after, packet);
}

// `packet` with headers put between IPv6 and TCP; its transport checksum stays right (RFC 8200 section 8.1).
Bytes behind(const std::vector<Bytes>& headers, const std::vector<std::uint8_t>& kinds, const Bytes& packet) {
  Bytes all;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    Bytes header = headers[i];
    header[0] = i + 1 < kinds.size() ? kinds[i + 1] : kTcp;
    all.insert(all.end(), header.begin(), header.end());
  }
  all.insert(all.end(), packet.begin() + kIPv6HeaderSize, packet.end());
  return test::make_ipv6(kEnds, kinds.front(), all);
}

TEST(ClampMss, LowersTheMssOfSynAndSynAck) {
  for (const unsigned flags : {unsigned{kTcpSyn}, unsigned{kTcpSyn | kTcpAck}}) {
    Bytes packet = make_syn(mss_option(1440), flags);

    EXPECT_TRUE(clamp(packet));

    EXPECT_EQ(packet, make_syn(mss_option(kFits), flags));
  }
}

TEST(ClampMss, FollowsTheMtu) {
  Bytes packet = make_syn(mss_option(1440));
  EXPECT_TRUE(clamp(packet, 1472));
  EXPECT_EQ(packet, make_syn(mss_option(1412)));
}

TEST(ClampMss, NeverRaisesAndNeverPutsIn) {
  expect_untouched(make_syn(mss_option(kFits)));
  expect_untouched(make_syn(mss_option(536)));
  expect_untouched(make_syn(mss_option(0)));
  expect_untouched(make_syn({}));
  expect_untouched(make_syn({1, 1, 4, 2}));
}

TEST(ClampMss, OnlySynsAreLookedAt) {
  expect_untouched(make_syn(mss_option(1440), kTcpAck));
  expect_untouched(make_syn(mss_option(1440), kTcpAck | kTcpFin | kTcpPsh));
  expect_untouched(test::make_udp(kEnds, test::pattern(100)));
}

TEST(ClampMss, FindsTheOptionBehindOthersAndAtOddPlaces) {
  for (std::size_t before = 0; before < 8; ++before) {
    Bytes options(before, 1);
    for (const std::uint8_t byte : mss_option(1440)) options.push_back(byte);
    options.resize(12, 0);
    Bytes packet = make_syn(options);

    EXPECT_TRUE(clamp(packet)) << before;

    EXPECT_EQ(get16(packet, kOptionsAt + before + 2), kFits);
    EXPECT_TRUE(upper_layer_checksum_right(packet)) << before;
  }
}

TEST(ClampMss, EveryMssOptionIsLowered) {
  Bytes packet = make_syn({2, 4, 0x05, 0xA0, 2, 4, 0xFF, 0xFF});
  EXPECT_TRUE(clamp(packet));
  EXPECT_EQ(packet, make_syn({2, 4, 0x04, 0xC4, 2, 4, 0x04, 0xC4}));
}

TEST(ClampMss, ChecksumsStayRightForRandomPackets) {
  Random random{Seed{7}};
  for (int i = 0; i < 20'000; ++i) {
    Bytes options(random.below(9), 1);
    for (const std::uint8_t byte : mss_option(static_cast<std::uint16_t>(kFits + 1 + random.below(0xFFFF - kFits)))) {
      options.push_back(byte);
    }
    options.resize((options.size() + 3) / 4 * 4, 0);
    Bytes payload(random.below(60));
    random.fill(payload);
    Bytes packet = test::make_tcp(kEnds,
                                  {.source_port = static_cast<std::uint16_t>(random.below(0x10000)),
                                   .sequence = static_cast<std::uint32_t>(random.below(1ULL << 32)),
                                   .flags = kTcpSyn,
                                   .window = static_cast<std::uint16_t>(random.below(0x10000)),
                                   .options = options},
                                  payload);

    ASSERT_TRUE(clamp(packet));

    ASSERT_TRUE(upper_layer_checksum_right(packet)) << "packet " << i;
  }
}

// A checksum of which nothing but the sum is known: its update must reach 0 and 0xFFFF rightly.
TEST(ClampMss, ChecksumsStayRightForEveryValueOfTheField) {
  for (std::uint32_t word = 0; word <= 0xFFFF; ++word) {
    const Bytes payload{static_cast<std::uint8_t>(word >> 8), static_cast<std::uint8_t>(word)};
    Bytes packet = make_syn(mss_option(1440), kTcpSyn, payload);
    ASSERT_TRUE(clamp(packet));
    ASSERT_TRUE(upper_layer_checksum_right(packet)) << word;
  }
}

TEST(ClampMss, AWrongChecksumStaysWrong) {
  Bytes packet = make_syn(mss_option(1440));
  put16(packet, kIPv6HeaderSize + kTcpChecksumAt, get16(packet, kIPv6HeaderSize + kTcpChecksumAt) ^ 0x0100U);
  EXPECT_TRUE(clamp(packet));
  EXPECT_FALSE(upper_layer_checksum_right(packet));
}

TEST(ClampMss, AnUnfinishedChecksumIsLeftAlone) {
  Bytes packet = make_syn(mss_option(1440));
  put16(packet, kIPv6HeaderSize + kTcpChecksumAt, 0x1234);

  EXPECT_TRUE(clamp_mss(packet, kMtu, ChecksumState::Unfinished));

  EXPECT_EQ(get16(packet, kIPv6HeaderSize + kTcpChecksumAt), 0x1234);
  EXPECT_EQ(get16(packet, kOptionsAt + 2), kFits);
}

TEST(ClampMss, LooksBehindOptionsHeaders) {
  Bytes short_header(8);
  Bytes long_header(24);
  long_header[1] = 2;
  const std::vector<std::uint8_t> kinds = {kHopByHop, kDestinationOptions};
  Bytes packet = behind({short_header, long_header}, kinds, make_syn(mss_option(1440)));

  EXPECT_TRUE(clamp(packet));

  EXPECT_EQ(packet, behind({short_header, long_header}, kinds, make_syn(mss_option(kFits))));
}

TEST(ClampMss, OnlySoManyHeadersAreLookedBehind) {
  const Bytes header(8);
  expect_untouched(behind({header, header, header}, {kHopByHop, kDestinationOptions, kDestinationOptions},
                          make_syn(mss_option(1440))));
}

TEST(ClampMss, FragmentsAreLeftAlone) {
  expect_untouched(behind({Bytes(8)}, {kFragment}, make_syn(mss_option(1440))));
  expect_untouched(behind({Bytes(8), Bytes(8)}, {kHopByHop, kFragment}, make_syn(mss_option(1440))));
  expect_untouched(behind({Bytes(8)}, {kRouting}, make_syn(mss_option(1440))));
}

TEST(ClampMss, WhatComesAfterTheEndOfOptionsIsNone) {
  expect_untouched(make_syn({0, 0, 0, 0, 2, 4, 0x05, 0xA0}));
}

TEST(ClampMss, MalformedOptionsEndTheSearch) {
  expect_untouched(make_syn({8, 0, 0, 0, 2, 4, 0x05, 0xA0}));    // a length that leads nowhere
  expect_untouched(make_syn({8, 1, 0, 0, 2, 4, 0x05, 0xA0}));    // one that leads into itself
  expect_untouched(make_syn({8, 255, 0, 0, 2, 4, 0x05, 0xA0}));  // one that leads out
  expect_untouched(make_syn({2, 3, 0x05, 0, 1, 1, 1, 1}));       // an MSS of one byte
  expect_untouched(make_syn({2, 6, 0x05, 0xA0, 0x05, 0xA0, 1, 1}));
  expect_untouched(make_syn({1, 2, 4, 0x05}));  // cut off by the end of the header
  expect_untouched(make_syn({1, 1, 1, 2}));
}

TEST(ClampMss, NoPartOfAPacketIsTooShort) {
  Bytes header(8);
  const Bytes whole = behind({header}, {kHopByHop}, make_syn({1, 1, 1, 1, 2, 4, 0x05, 0xA0}));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    expect_untouched(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
  }
}

TEST(ClampMss, AHeaderThatIsLongerThanThePacketIsLeftAlone) {
  Bytes packet = make_syn(mss_option(1440));
  packet[kIPv6HeaderSize + kTcpDataOffsetAt] = 15 << 4;
  expect_untouched(packet);
}

TEST(ClampMss, ADataOffsetBelowTheHeaderHasNoOptions) {
  Bytes packet = make_syn(mss_option(1440));
  packet[kIPv6HeaderSize + kTcpDataOffsetAt] = 4 << 4;
  expect_untouched(packet);
}

TEST(ClampMss, OtherVersionsOfIpAreLeftAlone) {
  Bytes packet = make_syn(mss_option(1440));
  packet[0] = 5 << 4 | 5;
  expect_untouched(packet);
}

// ---- IPv4 -----------------------------------------------------------------------------------------------------

const test::Ends kIPv4Ends{test::ipv4("10.0.0.7"), test::ipv4("192.0.2.80")};

Bytes make_ipv4_syn(std::uint16_t mss, const test::IPv4Fields& fields = {}) {
  const Bytes packet = test::make_tcp(kIPv4Ends, {.flags = kTcpSyn, .options = mss_option(mss)}, {});
  return test::make_ipv4(kIPv4Ends, kTcp, ByteView(packet).subspan(kIPv4HeaderSize), fields);
}

TEST(ClampMss, OfIPv4IsWhatFitsBehindItsSmallerHeader) {
  Bytes packet = make_ipv4_syn(1460);

  EXPECT_TRUE(clamp(packet));

  EXPECT_EQ(packet, make_ipv4_syn(1240));
  EXPECT_TRUE(upper_layer_checksum_right(packet));
  expect_untouched(packet);
}

TEST(ClampMss, LooksBehindIPv4Options) {
  Bytes packet = make_ipv4_syn(1460, {.options = {1, 1, 1, 0}});
  EXPECT_TRUE(clamp(packet));
  EXPECT_EQ(packet, make_ipv4_syn(1240, {.options = {1, 1, 1, 0}}));
}

TEST(ClampMss, IPv4FragmentsAndOtherProtocolsAreLeftAlone) {
  expect_untouched(make_ipv4_syn(1460, {.fragment = kMoreFragments}));
  expect_untouched(make_ipv4_syn(1460, {.fragment = 100}));
  expect_untouched(test::make_udp(kIPv4Ends, make_ipv4_syn(1460)));
}

TEST(ClampMss, NoPartOfAnIPv4PacketIsTooShort) {
  const Bytes whole = make_ipv4_syn(1460, {.options = Bytes(40, 1)});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    expect_untouched(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
  }
}

}  // namespace mss_test
}  // namespace tsp::dataplane
