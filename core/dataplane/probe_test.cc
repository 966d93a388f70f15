// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/probe.h"

#include <gtest/gtest.h>

#include "core/dataplane/classify.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace probe_test {

using test::address;

const IPv6Address kOne = address("2001:db8:1::11");
const IPv6Address kOther = address("2001:db8:1::22");
constexpr ProbeMark kMark{.token = 0x0123456789ABCDEF, .number = 7};

TEST(Probe, APayloadIsReadAsItWasMadeAndTakenForSignalling) {
  const Bytes payload = make_probe_payload(kMark);

  EXPECT_EQ(read_probe_payload(payload), kMark);
  EXPECT_EQ(classify(payload), DatagramKind::Signalling);
}

TEST(Probe, AUdpProbeIsARightPacketThatIsKnownAgainBehindARouter) {
  Bytes packet = make_udp_probe(kOne, {kOther, 3653}, kMark);
  EXPECT_TRUE(upper_layer_checksum_right(packet));
  EXPECT_EQ(source_of(packet), kOne);
  EXPECT_EQ(destination_of(packet), kOther);
  EXPECT_EQ(get16(packet, kIPv6HeaderSize + 2), 3653);

  --packet[kHopLimitAt];

  EXPECT_EQ(read_probe(packet), kMark);
}

TEST(Probe, OnlyTheReplyToAnEchoProbeCounts) {
  const Bytes request = make_echo_probe(kOne, kOther, kMark);
  EXPECT_EQ(read_probe(request), std::nullopt);

  const auto reply = make_echo_reply(request);

  ASSERT_TRUE(reply) << "its checksum is wrong";
  EXPECT_EQ(read_probe(*reply), kMark);
}

TEST(Probe, AnIPv4ProbeHasARightHeaderAndThePayload) {
  const Bytes packet = make_udp_probe(map_ipv4({{192, 0, 2, 1}}), make_endpoint({{203, 0, 113, 2}}, 3653), kMark);

  EXPECT_EQ(packet[0], 0x45);
  EXPECT_EQ(ones_sum(ByteView(packet).first(20)), 0xFFFF);
  EXPECT_EQ(get16(packet, 2), packet.size());
  EXPECT_EQ(get32(packet, 12), 0xC0000201U);
  EXPECT_EQ(get32(packet, 16), 0xCB007102U);
  EXPECT_EQ(get16(packet, 22), 3653);
  EXPECT_EQ(read_probe_payload(ByteView(packet).subspan(28)), kMark);
}

TEST(Probe, NothingElseIsTakenForAProbe) {
  Bytes longer = make_probe_payload(kMark);
  longer.push_back(0);
  EXPECT_EQ(read_probe_payload(longer), std::nullopt);
  EXPECT_EQ(read_probe_payload({}), std::nullopt);
  Bytes of_a_client = make_probe_payload(kMark);
  of_a_client[3] = 1;  // a sequence number
  EXPECT_EQ(read_probe_payload(of_a_client), std::nullopt);
  EXPECT_EQ(read_probe({}), std::nullopt);
  EXPECT_EQ(read_probe(test::make_udp({kOne, kOther}, test::pattern(17))), std::nullopt);
}

}  // namespace probe_test
}  // namespace tsp::dataplane
