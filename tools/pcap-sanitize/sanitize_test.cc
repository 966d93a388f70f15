// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-sanitize/sanitize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/digest_md5.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/packet.h"
#include "core/dataplane/packet_test_makers.h"
#include "core/wire/base64.h"
#include "core/wire/message.h"
#include "core/wire/udp_header.h"

namespace tsp::sanitize {
namespace sanitize_test {

using namespace std::string_literals;
using capture::Conversation;
using capture::Utterance;
using capture::UtteranceKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const Endpoint kClient = make_endpoint({{8, 8, 4, 4}}, 40000);
const Endpoint kBroker = make_endpoint({{9, 9, 9, 9}}, 3653);
constexpr std::string_view kNonce = "0123456789abcdef0123456789abcdef";

class Sanitizing : public testing::Test {
 protected:
  void utter(UtteranceKind kind, const Endpoint& from, const Endpoint& to, Bytes bytes) {
    at_ += std::chrono::milliseconds(1);
    conversation_.utterances.push_back({.at = at_, .kind = kind, .from = from, .to = to, .bytes = std::move(bytes)});
  }
  void packet(const Bytes& bytes) { utter(UtteranceKind::Datagram, kClient, kBroker, bytes); }
  void exchange(std::string_view said, std::string_view answered) {
    const wire::UdpHeader header = wire::make_udp_header(wire::Sequence(++sequence_), 7);
    utter(UtteranceKind::Datagram, kClient, kBroker, wire::with_header(header, said));
    utter(UtteranceKind::Datagram, kBroker, kClient, wire::with_header(header, answered));
  }
  void stream(UtteranceKind kind, std::string_view text = {}) {
    utter(kind, kClient, kBroker, Bytes(text.begin(), text.end()));
  }
  // What the sanitised packets say, read back.
  std::vector<Utterance> sanitized() {
    result = sanitize(conversation_);
    capture::ConversationBuilder builder;
    for (const TimedPacket& one : result.packets) builder.add({.at = one.at, .ip = one.ip});
    Conversation read = builder.finish();
    EXPECT_TRUE(read.left_out.empty());
    return read.utterances;
  }
  // The messages among them, without headers.
  std::vector<std::string> messages() {
    std::vector<std::string> texts;
    for (const Utterance& utterance : sanitized()) {
      const bool datagram = utterance.kind == UtteranceKind::Datagram;
      if (!datagram && utterance.bytes.empty()) continue;
      texts.emplace_back(as_text(ByteView(utterance.bytes).subspan(datagram ? wire::kUdpHeaderSize : 0)));
    }
    return texts;
  }
  void log_in(const std::string& password, bool accept) {
    exchange("AUTHENTICATE DIGEST-MD5\r\n\0"s, auth::make_challenge("isp.example.net", kNonce) + "\r\n");
    const auto response =
        auth::make_response({"isp.example.net", std::string(kNonce), "utf-8"}, "alice", password, "17", "isp");
    exchange(response.token + "\r\n", accept ? wire::base64_encode("rspauth=" + response.expected_rspauth) + "\r\n"
                                             : "300 Authentication failed\r\n");
  }
  static bool proves(const std::string& message, const std::string& password) {
    const auto response = auth::parse_response(message);
    return response && auth::check_response(*response, auth::make_verifier("user1", "broker.example", password),
                                            "broker.example", kNonce, false);
  }

  SanitizedCapture result;

 private:
  Conversation conversation_;
  Duration at_{};
  std::uint32_t sequence_ = 0xEF;
};

TEST_F(Sanitizing, EndpointsBecomeDocumentationAddressesAndTimesStay) {
  exchange("VERSION=2.0.2\r\n", "CAPABILITY TUNNEL=V6UDPV4 AUTH=PLAIN\r\n");
  const std::vector<Utterance> all = sanitized();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(to_text(all[0].from), "192.0.2.1:40000");
  EXPECT_EQ(to_text(all[0].to), "198.51.100.1:3653");
  EXPECT_EQ(all[1].to, all[0].from);
  EXPECT_EQ(all[1].at, std::chrono::milliseconds(2));
  EXPECT_EQ(as_text(ByteView(all[0].bytes).subspan(8)), "VERSION=2.0.2\r\n");
}

TEST_F(Sanitizing, ADigestThatWasRightIsRightForTheAlias) {
  log_in("wonderland", true);
  const std::vector<std::string> said = messages();
  const auto challenge = auth::parse_challenge(said[1]);
  ASSERT_TRUE(challenge.has_value());
  EXPECT_EQ(challenge->realm, "broker.example");
  EXPECT_EQ(challenge->nonce, kNonce);
  EXPECT_TRUE(proves(said[2], "password1"));
  EXPECT_TRUE(said[2].ends_with("\r\n"));
  const auto response =
      auth::make_response({"broker.example", std::string(kNonce), ""}, "user1", "password1", "17", "broker.example");
  EXPECT_TRUE(auth::check_rspauth(said[3], response.expected_rspauth));
  EXPECT_THAT(result.accounts, ElementsAre(Pair("user1", "password1")));
}

TEST_F(Sanitizing, ADigestThatWasWrongIsWrong) {
  log_in("guess", false);
  const std::vector<std::string> said = messages();
  ASSERT_EQ(auth::parse_response(said[2])->username, "user1");
  EXPECT_FALSE(proves(said[2], "password1"));
  EXPECT_EQ(said[3], "300 Authentication failed\r\n");
}

TEST_F(Sanitizing, PlainCredentialsBecomeAliasesByTheirAnswer) {
  exchange("\0alice\0guess\r\n"s, "300 Authentication failed\r\n");
  exchange("\0alice\0wonderland\r\n"s, "200 Success\r\n");
  const std::vector<std::string> said = messages();
  EXPECT_EQ(said[0], "\0user1\0wrong\r\n"s);
  EXPECT_EQ(said[2], "\0user1\0password1\r\n"s);
}

TEST_F(Sanitizing, AStreamIsWrittenAnewWithNewLengths) {
  stream(UtteranceKind::StreamOpened);
  stream(UtteranceKind::StreamBytes, "AUTHENTICATE PLAIN\r\n\0\0a\0b\r\n"s);
  stream(UtteranceKind::StreamBytes, "VERSION=2.0.2\r\n");
  stream(UtteranceKind::StreamClosed);
  EXPECT_THAT(messages(), ElementsAre("AUTHENTICATE PLAIN\r\n\0\0user1\0wrong\r\n"s, "VERSION=2.0.2\r\n"));
}

TEST_F(Sanitizing, AddressesAndNamesInMessagesBecomeAliasesAndTheLengthStaysRight) {
  const std::string body =
      "<tunnel><client><address type=\"ipv4\">8.8.4.4</address><prefix length=\"48\">"
      "2001:4860:0001:0000:0000:0000:0000:0000</prefix><address type=\"ipv6\">2001:4860:1::2</address>"
      "<address type=\"dn\">ns.isp.example.net</address></client></tunnel>\r\n";
  exchange(wire::framed_request(body), "");
  const std::string said = messages()[0];
  EXPECT_THAT(said, HasSubstr(">192.0.2.1<"));
  EXPECT_THAT(said, HasSubstr(">2001:0db8:0001:0000:0000:0000:0000:0000<"));
  EXPECT_THAT(said, HasSubstr(">2001:db8:1::2<"));
  EXPECT_THAT(said, HasSubstr(">name1.example<"));
  EXPECT_EQ(said, wire::framed_request(said.substr(said.find('\n') + 1)));
}

TEST_F(Sanitizing, TunnelledPacketsKeepTheirHeadersAndNothingElse) {
  const IPv6Address from = *parse_ipv6("2001:4860:1::2");
  const IPv6Address to = *parse_ipv6("2001:4860:1:0:1234:56ff:fe78:9abc");
  Bytes inner{0x60, 0, 0, 0, 0, 14, 58, 64};
  inner.insert(inner.end(), from.octets.begin(), from.octets.end());
  inner.insert(inner.end(), to.octets.begin(), to.octets.end());
  Bytes icmp{128, 0, 0, 0, 0, 7, 0, 1, 's', 'e', 'c', 'r', 'e', 't'};
  const std::uint16_t checksum = dataplane::upper_layer_checksum(from, to, 58, icmp);
  icmp[2] = static_cast<std::uint8_t>(checksum >> 8);
  icmp[3] = static_cast<std::uint8_t>(checksum);
  inner.insert(inner.end(), icmp.begin(), icmp.end());
  packet(inner);
  ++inner[43];
  packet(inner);

  const std::vector<Utterance> all = sanitized();
  const ByteView right = all[0].bytes;
  EXPECT_EQ(to_text(dataplane::source_of(right)), "2001:db8:1::2");
  EXPECT_EQ(to_text(dataplane::destination_of(right)), "2001:db8:1:0:fe00::1");
  EXPECT_TRUE(dataplane::upper_layer_checksum_right(right));
  EXPECT_FALSE(dataplane::upper_layer_checksum_right(all[1].bytes));
  EXPECT_EQ(Bytes(right.begin() + 44, right.end()), (Bytes{0, 7, 0, 1, 0, 0, 0, 0, 0, 0}));
}

TEST_F(Sanitizing, WhatNobodyUnderstandsIsCovered) {
  exchange("my secret", "its secret");
  packet({0x10, 0x20, 's', 'e', 'c', 'r', 'e', 't', '!', '!'});
  const std::vector<std::string> said = messages();
  EXPECT_EQ(said[0], "xxxxxxxxx");
  EXPECT_EQ(said[1], "xxxxxxxxxx");
  EXPECT_EQ(said[2], "xx");
}

TEST_F(Sanitizing, PacketsOfTunnelsWithoutUdpKeepTheirCarrierAndNothingOfWhatIsInThem) {
  const dataplane::test::Ends ends{*parse_ipv6("2400:1234:5::2"), *parse_ipv6("2400:1234:5::1")};
  exchange("VERSION=2.0.2\r\n", "CAPABILITY TUNNEL=V6V4 AUTH=PLAIN\r\n");
  utter(UtteranceKind::Packet, {kClient.address, 0}, kBroker,
        dataplane::test::make_echo_request(ends, as_bytes("secret")));

  const std::vector<Utterance> all = sanitized();

  ASSERT_EQ(all.size(), 3U);
  const Utterance& packet = all[2];
  EXPECT_EQ(packet.kind, UtteranceKind::Packet);
  EXPECT_EQ(packet.from, (Endpoint{all[0].from.address, 0}));
  EXPECT_EQ(packet.to, all[0].to);
  EXPECT_EQ(dataplane::source_of(packet.bytes), *parse_ipv6("2001:db8:1::2"));
  EXPECT_TRUE(dataplane::upper_layer_checksum_right(packet.bytes));
  EXPECT_EQ(as_text(packet.bytes).find("secret"), std::string_view::npos);
}

TEST_F(Sanitizing, IPv4InIPv6KeepsTheVersionsAndItsChecksums) {
  const Endpoint client{*parse_ipv6("2400:1234:5::2"), 40000};
  const Endpoint broker{*parse_ipv6("2400:1234:6::1"), 3653};
  const dataplane::test::Ends ends{map_ipv4({{100, 64, 0, 2}}), map_ipv4({{8, 8, 8, 8}})};
  const wire::UdpHeader header = wire::make_udp_header(wire::Sequence(1), 7);
  utter(UtteranceKind::Datagram, client, broker, wire::with_header(header, "VERSION=2.0.2\r\n"));
  const Bytes icmp = dataplane::test::make_icmpv4(ends, 8, 0, as_bytes("....secret"));
  utter(UtteranceKind::Packet, {client.address, 0}, broker, icmp);
  utter(UtteranceKind::Packet, {client.address, 0}, broker, dataplane::test::make_udp(ends, as_bytes("secret")));

  const std::vector<Utterance> all = sanitized();

  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(to_text(all[0].from.address), "2001:db8:1::2");
  for (const Utterance& one : {all[1], all[2]}) {
    EXPECT_EQ(one.kind, UtteranceKind::Packet);
    EXPECT_EQ(dataplane::source_of(one.bytes), map_ipv4({{10, 0, 0, 1}}));
    EXPECT_EQ(dataplane::destination_of(one.bytes), map_ipv4({{192, 0, 2, 1}}));
    EXPECT_TRUE(dataplane::header_checksum_right(one.bytes));
    EXPECT_EQ(as_text(one.bytes).find("secret"), std::string_view::npos);
  }
  EXPECT_EQ(dataplane::ones_sum(ByteView(all[1].bytes).subspan(dataplane::kIPv4HeaderSize)), 0xFFFF);
}

TEST_F(Sanitizing, ADatagramToPortZeroDoesNotBecomeAPacketInProtocol41) {
  utter(UtteranceKind::Datagram, kClient, make_endpoint({{192, 0, 2, 9}}, 0), {1, 2, 3});
  utter(UtteranceKind::Datagram, make_endpoint({{198, 51, 100, 1}}, 3653), make_endpoint({{0, 0, 0, 0}}, 0), {1, 2, 3});
  EXPECT_TRUE(sanitized().empty());
  EXPECT_EQ(result.left_out, 2U);
}

TEST_F(Sanitizing, OtherPortsAreLeftOut) {
  utter(UtteranceKind::Datagram, kClient, make_endpoint({{9, 9, 9, 9}}, 53), {1, 2, 3});
  EXPECT_TRUE(sanitized().empty());
  EXPECT_EQ(result.left_out, 1U);
}

}  // namespace sanitize_test
}  // namespace tsp::sanitize
