// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/follower.h"

#include <gtest/gtest.h>

#include <string>

#include "core/dataplane/packet.h"
#include "core/dataplane/packet_test_makers.h"
#include "core/wire/base64.h"
#include "core/wire/message.h"
#include "core/wire/status.h"

namespace tsp::replay {
namespace follower_test {

constexpr std::string_view kRecordedNonce = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kNewNonce = "fedcba9876543210fedcba9876543210";

class Following : public testing::Test {
 protected:
  Following() {
    follower.recorded(auth::make_challenge("old.example", kRecordedNonce) + "\r\n");
    follower.answered(auth::make_challenge("new.example", kNewNonce) + "\r\n");
  }

  // What a client with this password said to the recorded broker.
  static std::string recorded_response(const std::string& login, const std::string& password) {
    const auth::DigestChallenge challenge{"old.example", std::string(kRecordedNonce), "utf-8"};
    return auth::make_response(challenge, login, password, "1700000000", "old.example").token + "\r\n";
  }
  // Whether it proves that password to the new broker.
  static bool proves(const std::string& message, const std::string& password) {
    const auto response = auth::parse_response(message);
    const Verifier verifier = auth::make_verifier("alice", "new.example", password);
    return response && auth::check_response(*response, verifier, "new.example", kNewNonce, false);
  }

  Passwords passwords{{"alice", "wonderland"}};
  Follower follower{passwords};
};

TEST_F(Following, ARightResponseBecomesOneForTheNewNonce) {
  const std::string rewritten = follower.rewrite(recorded_response("alice", "wonderland"));
  EXPECT_TRUE(proves(rewritten, "wonderland"));
  EXPECT_TRUE(rewritten.ends_with("\r\n"));
  const auto response = auth::parse_response(rewritten);
  const auto rspauth = auth::check_response(*response, auth::make_verifier("alice", "new.example", "wonderland"),
                                            "new.example", kNewNonce, false);
  EXPECT_TRUE(auth::check_rspauth(*rspauth, follower.expected_rspauth()));
}

TEST_F(Following, AWrongResponseStaysWrong) {
  const std::string rewritten = follower.rewrite(recorded_response("alice", "guess"));
  ASSERT_EQ(auth::parse_response(rewritten)->nonce, kNewNonce);
  EXPECT_FALSE(proves(rewritten, "wonderland"));
}

TEST_F(Following, TheOrderAndSpellingOfDirectivesStay) {
  std::string text = *wire::base64_decode(recorded_response("alice", "wonderland"));
  text = "qop=auth," + text.substr(0, text.rfind(','));
  const std::string rewritten = *wire::base64_decode(follower.rewrite(wire::base64_encode(text)));
  EXPECT_TRUE(rewritten.starts_with("qop=auth,charset=utf-8,username=\"alice\",realm=\"new.example\",nonce=\"" +
                                    std::string(kNewNonce) + "\",nc=00000001,cnonce=\"1700000000\","))
      << rewritten;
}

TEST_F(Following, WithoutThePasswordAResponseStaysAsItIs) {
  const std::string recorded = recorded_response("bob", "builder");
  EXPECT_EQ(follower.rewrite(recorded), recorded);
}

TEST_F(Following, OtherMessagesStayAsTheyAre) {
  EXPECT_EQ(follower.rewrite("VERSION=2.0.2\r\n"), "VERSION=2.0.2\r\n");
  EXPECT_EQ(follower.rewrite(""), "");
}

// ---- packets

Offer offer_of(const std::string& site) {
  Offer offer;
  offer.server_outer = map_ipv4({{192, 0, 2, 1}});
  offer.client_outer = map_ipv4({{192, 0, 2, 7}});
  offer.server_inner = *parse_ipv6(site + "::1");
  offer.client_inner = *parse_ipv6(site + "::2");
  offer.delegated = parse_prefix(site + ":ff00::/56");
  offer.dns_server = parse_ipv6("2001:db8:53::53");
  offer.keepalive_seconds = 25;
  offer.keepalive_address = *parse_ipv6(site + "::3");
  offer.lifetime_minutes = 60;
  return offer;
}

std::string reply_of(const Offer& offer) {
  return wire::framed(wire::Status::Success, wire::offer_text(offer));
}

Bytes echo_request(const std::string& source, const std::string& destination) {
  const IPv6Address from = *parse_ipv6(source);
  const IPv6Address to = *parse_ipv6(destination);
  Bytes packet{0x60, 0, 0, 0, 0, 12, 58, 64};
  packet.insert(packet.end(), from.octets.begin(), from.octets.end());
  packet.insert(packet.end(), to.octets.begin(), to.octets.end());
  Bytes icmp{128, 0, 0, 0, 0, 7, 0, 1, 'd', 'a', 't', 'a'};
  const std::uint16_t checksum = dataplane::upper_layer_checksum(from, to, 58, icmp);
  icmp[2] = static_cast<std::uint8_t>(checksum >> 8);
  icmp[3] = static_cast<std::uint8_t>(checksum);
  packet.insert(packet.end(), icmp.begin(), icmp.end());
  return packet;
}

class FollowingPackets : public Following {
 protected:
  FollowingPackets() {
    follower.recorded(reply_of(offer_of("2001:db8:a")));
    follower.answered(reply_of(offer_of("2001:db8:b")));
  }
};

TEST_F(FollowingPackets, AddressesOfTheOfferBecomeThoseOfTheNewOne) {
  for (const std::string host : {"::1", "::2", "::3", ":ff12::5"}) {
    EXPECT_EQ(follower.rewrite_packet(echo_request("2001:db8:a::2", "2001:db8:a" + host)),
              echo_request("2001:db8:b::2", "2001:db8:b" + host));
  }
}

TEST_F(FollowingPackets, OtherAddressesStay) {
  const Bytes packet = echo_request("fe80::1", "2001:db8:a:1::2");
  EXPECT_EQ(follower.rewrite_packet(packet), packet);
}

TEST_F(FollowingPackets, AWrongChecksumStaysWrong) {
  Bytes packet = echo_request("2001:db8:a::2", "2001:db8:a::1");
  ++packet[43];
  EXPECT_FALSE(dataplane::upper_layer_checksum_right(follower.rewrite_packet(packet)));
}

std::string ipv4_reply(const std::string& network) {
  Offer offer;
  offer.type = TunnelType::V4V6;
  offer.server_outer = *parse_ipv6("2001:db8::1");
  offer.client_outer = *parse_ipv6("2001:db8::2");
  offer.server_inner = map_ipv4(*parse_ipv4(network + ".1"));
  offer.client_inner = map_ipv4(*parse_ipv4(network + ".2"));
  offer.dns_server = *parse_ipv6("2001:db8:53::53");
  return wire::framed(wire::Status::Success, wire::offer_text(offer));
}

TEST_F(Following, AddressesOfAnIPv4OfferBecomeThoseOfTheNewOneAndChecksumsStayRight) {
  follower.recorded(ipv4_reply("10.0.0"));
  follower.answered(ipv4_reply("100.64.9"));
  const auto ends = [](std::string_view network) {
    return dataplane::test::Ends{map_ipv4(*parse_ipv4(std::string(network) + ".2")),
                                 map_ipv4(*parse_ipv4(std::string(network) + ".1"))};
  };
  const ByteView body = as_bytes("....data");
  EXPECT_EQ(follower.rewrite_packet(dataplane::test::make_icmpv4(ends("10.0.0"), 8, 0, body)),
            dataplane::test::make_icmpv4(ends("100.64.9"), 8, 0, body));
  EXPECT_EQ(follower.rewrite_packet(dataplane::test::make_udp(ends("10.0.0"), body)),
            dataplane::test::make_udp(ends("100.64.9"), body));
}

}  // namespace follower_test
}  // namespace tsp::replay
