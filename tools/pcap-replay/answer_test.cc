// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/answer.h"

#include <gtest/gtest.h>

#include <string>

#include "core/auth/digest_md5.h"
#include "core/wire/base64.h"
#include "core/wire/message.h"

namespace tsp::replay {
namespace answer_test {

std::string shape(std::string_view answer, const IgnoredFields& ignored = {}) {
  return read_answer(answer, "00112233445566778899aabbccddeeff", ignored).text;
}

std::string offer_reply() {
  Offer offer;
  offer.server_outer = map_ipv4({{192, 0, 2, 1}});
  offer.client_outer = map_ipv4({{192, 0, 2, 7}});
  offer.server_inner = *parse_ipv6("2001:db8::1");
  offer.client_inner = *parse_ipv6("2001:db8::2");
  offer.dns_server = parse_ipv6("2001:db8:53::53");
  offer.delegated = parse_prefix("2001:db8:ff00::/56");
  offer.keepalive_seconds = 25;
  offer.keepalive_address = offer.server_inner;
  offer.lifetime_minutes = 60;
  return wire::framed(wire::Status::Success, wire::offer_text(offer));
}

TEST(AnswerShape, NamesWhatWasAnswered) {
  EXPECT_EQ(shape(""), "empty");
  EXPECT_EQ(shape("CAPABILITY TUNNEL=V6UDPV4 AUTH=PLAIN\r\n"), "CAPABILITY TUNNEL=V6UDPV4 AUTH=PLAIN");
  EXPECT_EQ(shape("200 Success\r\n"), "200 Success");
  EXPECT_EQ(shape(wire::framed(wire::Status::UnsupportedTunnelType)), "framed 303 Unsupported tunnel type");
  EXPECT_EQ(shape(auth::make_challenge("r.example", "77") + "\r\n"),
            "challenge realm=r.example nonce=77 charset=utf-8");
}

TEST(AnswerShape, KnowsTheStatus) {
  EXPECT_EQ(read_answer("300 Authentication failed\r\n", "", {}).status, 300U);
  EXPECT_EQ(read_answer(wire::framed(wire::Status::ServerError), "", {}).status, 310U);
  EXPECT_EQ(read_answer("", "", {}).status, std::nullopt);
}

TEST(AnswerShape, TellsARightProofFromAWrongOne) {
  EXPECT_EQ(shape(wire::base64_encode("rspauth=00112233445566778899aabbccddeeff")), "right rspauth");
  EXPECT_EQ(shape(wire::base64_encode("rspauth=00112233445566778899aabbccddeefe")), "WRONG rspauth");
}

TEST(AnswerShape, HasTheFieldsOfAnOffer) {
  EXPECT_EQ(shape(offer_reply(), {"client.ipv6", "prefix"}),
            "framed 200 Success, offer v6udpv4 server.ipv4=192.0.2.1 server.ipv6=2001:db8::1 client.ipv4=192.0.2.7 "
            "client.ipv6=* dns_server=2001:db8:53::53 prefix=*/56 keepalive=25 keepalive.ipv6=2001:db8::1 lifetime=60");
}

TEST(AnswerShape, ListsTheBrokersOfARedirect) {
  EXPECT_EQ(shape("1200 Elsewhere\r\n<tunnel action=\"list\" type=\"broker\"><broker><address type=\"ipv4\">192.0.2.9"
                  "</address></broker></tunnel>\r\n"),
            "1200 Elsewhere, brokers 192.0.2.9");
  EXPECT_EQ(shape(wire::framed_redirect(wire::Status::NoMoreTunnels, {IPv4Address{{192, 0, 2, 9}}})),
            "framed 1301 No more tunnels available, brokers 192.0.2.9");
}

// What gogoc demands of an offer is measured: without these it stops or crashes.
std::string replaced(std::string text, const std::string& what, const std::string& with) {
  text.replace(text.find(what), what.size(), with);
  return text;
}

TEST(GogocsComplaint, IsNoneAboutOurOffers) {
  EXPECT_EQ(complaint_of_gogoc(offer_reply()), "");
}

TEST(GogocsComplaint, IsAboutAWrongLength) {
  const std::string reply = offer_reply();
  EXPECT_EQ(complaint_of_gogoc(reply + "more"), "wrong Content-length");
  EXPECT_EQ(complaint_of_gogoc(reply.substr(0, reply.size() - 9)), "wrong Content-length");
}

TEST(GogocsComplaint, IsAboutAMissingNameServer) {
  EXPECT_EQ(complaint_of_gogoc(replaced(offer_reply(), "<dns_server>", "<dns_sorter>")), "no dns_server");
}

TEST(GogocsComplaint, IsAboutShortenedAddresses) {
  constexpr std::string_view kComplaint = "an IPv6 address that is not written in full";
  EXPECT_EQ(complaint_of_gogoc(replaced(offer_reply(), "2001:0db8:ff00:0000:0000:0000:0000:0000<",
                                        "2001:db8:ff00::<" + std::string(24, ' '))),
            kComplaint);
  EXPECT_EQ(complaint_of_gogoc(replaced(offer_reply(), "2001:0db8:0000:0000:0000:0000:0000:0002<",
                                        "2001:db8::2<" + std::string(28, ' '))),
            kComplaint);
}

TEST(GogocsComplaint, IsNotAboutPrefixesOfIPv4) {
  Offer offer;
  offer.type = TunnelType::V4V6;
  offer.server_outer = *parse_ipv6("2001:db8::1");
  offer.client_outer = *parse_ipv6("2001:db8::2");
  offer.server_inner = map_ipv4({{100, 64, 0, 1}});
  offer.client_inner = map_ipv4({{100, 64, 0, 2}});
  offer.dns_server = parse_ipv6("2001:db8:53::53");
  offer.delegated = IPv6Prefix{map_ipv4({{100, 64, 1, 0}}), 96 + 28};
  EXPECT_EQ(complaint_of_gogoc(wire::framed(wire::Status::Success, wire::offer_text(offer))), "");
}

}  // namespace answer_test
}  // namespace tsp::replay
