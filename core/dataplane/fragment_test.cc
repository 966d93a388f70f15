// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/fragment.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/base/random.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace fragment_test {

using test::ipv4;
using test::IPv4Fields;

const test::Ends kEnds{ipv4("192.0.2.80"), ipv4("10.64.0.7")};

Bytes make_packet(std::size_t payload, const IPv4Fields& fields) {
  return test::make_ipv4(kEnds, kUdp, test::pattern(payload), fields);
}

std::vector<Bytes> fragments_of(const Bytes& packet, std::size_t mtu) {
  Fragmenter fragmenter(packet, mtu);
  std::vector<Bytes> fragments;
  Bytes out(mtu);
  while (const std::size_t size = fragmenter.next(out)) {
    fragments.emplace_back(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return fragments;
}

unsigned offset_of(ByteView fragment) {
  return get16(fragment, kFragmentAt) & kFragmentOffset;
}
bool more_follow(ByteView fragment) {
  return (get16(fragment, kFragmentAt) & kMoreFragments) != 0;
}
ByteView payload_of(ByteView packet) {
  return packet.subspan(ip_header_size(packet));
}

// What a receiver makes of them: the payload from the first one's offset on. Checks all that holds for each.
Bytes reassembled(const std::vector<Bytes>& fragments, const Bytes& whole, std::size_t mtu) {
  Bytes payload;
  for (const Bytes& fragment : fragments) {
    EXPECT_LE(fragment.size(), mtu);
    EXPECT_TRUE(has_ip_header(fragment) && header_checksum_right(fragment));
    EXPECT_EQ(announced_size(fragment), fragment.size());
    EXPECT_EQ(get16(fragment, kIdentificationAt), get16(whole, kIdentificationAt));
    EXPECT_EQ(source_of(fragment), source_of(whole));
    EXPECT_EQ(destination_of(fragment), destination_of(whole));
    EXPECT_EQ(protocol_of(fragment), protocol_of(whole));
    EXPECT_EQ(hop_limit_of(fragment), hop_limit_of(whole));
    EXPECT_EQ((offset_of(fragment) - offset_of(whole)) * 8, payload.size());
    const bool last = &fragment == &fragments.back();
    EXPECT_EQ(more_follow(fragment), !last || more_follow(whole));
    payload.insert(payload.end(), payload_of(fragment).begin(), payload_of(fragment).end());
  }
  return payload;
}

TEST(MayBeFragmented, IsWhatTheSenderDidNotForbid) {
  EXPECT_TRUE(may_be_fragmented(make_packet(8, {.fragment = 0})));
  EXPECT_TRUE(may_be_fragmented(make_packet(8, {.fragment = kMoreFragments})));
  EXPECT_FALSE(may_be_fragmented(make_packet(8, {.fragment = kDontFragment})));
  EXPECT_FALSE(may_be_fragmented(test::make_udp({test::address("2001:db8::1"), test::address("2001:db8::2")}, {})));
}

TEST(Fragmenter, CutsThePayloadAtMultiplesOfEight) {
  const Bytes packet = make_packet(3000, {.fragment = 0, .identification = 0xABCD});

  const std::vector<Bytes> fragments = fragments_of(packet, 1280);

  ASSERT_EQ(fragments.size(), 3U);
  EXPECT_EQ(fragments[0].size(), 20 + 1256U);
  EXPECT_EQ(fragments[1].size(), 20 + 1256U);
  EXPECT_EQ(fragments[2].size(), 20 + 488U);
  EXPECT_EQ(offset_of(fragments[2]), 2 * 1256U / 8);
  EXPECT_EQ(reassembled(fragments, packet, 1280), test::pattern(3000));
}

TEST(Fragmenter, TheLastFragmentMayFillTheMtuToTheLastByte) {
  const Bytes packet = make_packet(1256 + 1260, {.fragment = 0});
  const std::vector<Bytes> fragments = fragments_of(packet, 1280);
  ASSERT_EQ(fragments.size(), 2U);
  EXPECT_EQ(fragments[1].size(), 1280U);
}

TEST(Fragmenter, APacketThatFitsIsItsOwnOnlyFragment) {
  const Bytes packet = make_packet(1260, {.fragment = 0});
  EXPECT_EQ(fragments_of(packet, 1280), (std::vector<Bytes>{packet}));
}

TEST(Fragmenter, AFragmentIsCutFurther) {
  const Bytes first = make_packet(2000, {.fragment = kMoreFragments, .identification = 7});
  EXPECT_EQ(reassembled(fragments_of(first, 1280), first, 1280), test::pattern(2000));
  const Bytes middle = make_packet(2000, {.fragment = kMoreFragments | 250, .identification = 7});
  EXPECT_EQ(reassembled(fragments_of(middle, 1280), middle, 1280), test::pattern(2000));
  const Bytes last = make_packet(2001, {.fragment = 500, .identification = 7});
  EXPECT_EQ(reassembled(fragments_of(last, 1280), last, 1280), test::pattern(2001));
}

TEST(Fragmenter, OnlyOptionsThatAreToBeCopiedAreInEveryFragment) {
  // Record route (7), a no-operation, router alert (148, copied), end.
  const Bytes options{7, 7, 4, 0, 0, 0, 0, 1, 148, 4, 0, 0, 0, 0, 0, 0};
  const Bytes packet = make_packet(2000, {.fragment = 0, .options = options});

  const std::vector<Bytes> fragments = fragments_of(packet, 1280);

  ASSERT_EQ(fragments.size(), 2U);
  EXPECT_TRUE(std::ranges::equal(ByteView(fragments[0]).subspan(20, options.size()), options));
  EXPECT_EQ(fragments[1][0], 0x46);
  EXPECT_TRUE(std::ranges::equal(ByteView(fragments[1]).subspan(20, 4), Bytes{148, 4, 0, 0}));
  EXPECT_EQ(reassembled(fragments, packet, 1280), test::pattern(2000));
}

TEST(Fragmenter, CopiedOptionsArePaddedToWholeWords) {
  const Bytes packet = make_packet(2000, {.fragment = 0, .options = {0x83, 3, 4, 0x88, 4, 1, 2, 0}});
  const std::vector<Bytes> fragments = fragments_of(packet, 1280);
  ASSERT_EQ(fragments.size(), 2U);
  EXPECT_TRUE(std::ranges::equal(ByteView(fragments[1]).subspan(20, 8), Bytes{0x83, 3, 4, 0x88, 4, 1, 2, 0}));
}

TEST(Fragmenter, MalformedOptionsEndWhatIsCopied) {
  for (const Bytes& options :
       {Bytes{0x83, 0, 1, 1}, Bytes{0x83, 1, 1, 1}, Bytes{0x83, 5, 1, 1}, Bytes{1, 1, 1, 0x83}}) {
    const std::vector<Bytes> fragments = fragments_of(make_packet(2000, {.fragment = 0, .options = options}), 1280);
    ASSERT_EQ(fragments.size(), 2U);
    EXPECT_EQ(fragments[1][0], 0x45);
  }
}

TEST(Fragmenter, AnythingComesTogetherAgain) {
  Random random{Seed{11}};
  for (int round = 0; round < 3000; ++round) {
    Bytes options(random.below(11) * 4);
    random.fill(options);
    const bool of_fragment = random.chance(1, 3);
    const IPv4Fields fields{
        .fragment = of_fragment ? unsigned{kMoreFragments} | static_cast<unsigned>(random.below(100)) : 0,
        .identification = static_cast<std::uint16_t>(random.below(0x10000)),
        .options = options};
    const std::size_t payload = random.between(1, 5000);
    const Bytes packet = make_packet(payload, fields);
    const std::size_t mtu = random.between(kIPv4MinimumMtu, 1500);
    ASSERT_EQ(reassembled(fragments_of(packet, mtu), packet, mtu), test::pattern(payload)) << "round " << round;
  }
}

TEST(Fragmenter, FragmentsOfTheLargestPacketStayWithinTheOffsetsField) {
  const Bytes packet = make_packet(65'515, {.fragment = 0});
  EXPECT_EQ(reassembled(fragments_of(packet, 1280), packet, 1280), test::pattern(65'515));
}

}  // namespace fragment_test
}  // namespace tsp::dataplane
