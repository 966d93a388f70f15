// SPDX-License-Identifier: Apache-2.0
//
// The dialogue when all goes well, when datagrams are lost, and over TCP.
#include <gtest/gtest.h>

#include "core/client/session_dialogue.h"

namespace tsp::client {
namespace session_test {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::account_config;
using testing::anonymous_config;
using testing::Dialogue;
using testing::frame;
using testing::kAccept;
using testing::kCapability;
using testing::kChallenge;
using testing::kDelete;
using testing::kRspauth;
using testing::kStart;
using testing::kSuccess;
using testing::offer_of_type;
using testing::OfferText;
using testing::v6v4_config;

TEST(ClientSession, AnonymousDialogueOverUdpHasTheseBytes) {
  Dialogue dialogue(anonymous_config());
  EXPECT_EQ(dialogue.said(), "VERSION=2.0.2\r\n");
  dialogue.answer(kCapability);
  EXPECT_EQ(dialogue.said(), "AUTHENTICATE ANONYMOUS\r\n");
  dialogue.answer(kSuccess);
  const std::string create = dialogue.said();
  EXPECT_TRUE(create.starts_with("Content-length: "));
  EXPECT_NE(create.find("<tunnel action=\"create\" type=\"v6udpv4\""), std::string::npos);
  EXPECT_NE(create.find("<address type=\"ipv4\">10.1.1.5</address>"), std::string::npos);
  EXPECT_NE(create.find("<keepalive interval=\"25\">"), std::string::npos);
  EXPECT_EQ(create.find("<router>"), std::string::npos);
  dialogue.answer(OfferText{}.framed());
  ASSERT_TRUE(dialogue.offered);
  EXPECT_EQ(dialogue.offered->client_inner, testing::ipv6("2001:db8:0:100::2"));
  EXPECT_EQ(dialogue.offered->keepalive_seconds, 20U);
  EXPECT_EQ(dialogue.said(), "(nothing)");
  dialogue.prepared();
  EXPECT_EQ(dialogue.said(), kAccept);
  EXPECT_FALSE(dialogue.established);
  dialogue.answer("");
  EXPECT_EQ(dialogue.established, dialogue.offered);
}

TEST(ClientSession, ContentLengthOfTheRequestIsExact) {
  Dialogue dialogue(anonymous_config());
  dialogue.said();
  dialogue.answer(kCapability);
  dialogue.said();
  dialogue.answer(kSuccess);
  const std::string create = dialogue.said();
  const std::size_t body = create.find("\r\n") + 2;
  EXPECT_EQ(create.substr(0, body), "Content-length: " + std::to_string(create.size() - body) + "\r\n");
}

TEST(ClientSession, EveryMechanismReachesTheOfferOverBothTransports) {
  struct Case {
    AuthMechanism mechanism;
    Transport transport;
    std::vector<std::string> replies;  // between CAPABILITY and create
  };
  const std::string proof = std::string(kRspauth) + "\r\n";
  const std::vector<Case> cases{
      {AuthMechanism::Anonymous, Transport::Udp, {std::string(kSuccess)}},
      {AuthMechanism::Anonymous, Transport::Tcp, {std::string(kSuccess)}},
      {AuthMechanism::Plain, Transport::Udp, {"", std::string(kSuccess)}},
      {AuthMechanism::Plain, Transport::Tcp, {std::string(kSuccess)}},
      {AuthMechanism::DigestMd5, Transport::Udp, {std::string(kChallenge), proof, std::string(kSuccess)}},
      {AuthMechanism::DigestMd5, Transport::Tcp, {std::string(kChallenge), proof, std::string(kSuccess)}},
  };
  for (const Case& c : cases) {
    ClientConfig config = account_config(c.mechanism);
    config.type = RequestedType::V6AnyV4;
    Dialogue dialogue(config, c.transport);
    dialogue.said();
    dialogue.answer(kCapability);
    for (const std::string& reply : c.replies) {
      dialogue.said();
      dialogue.answer(reply);
    }
    dialogue.said();
    dialogue.answer(offer_of_type("v6v4"));
    EXPECT_TRUE(dialogue.offered) << static_cast<int>(c.mechanism) << static_cast<int>(c.transport);
  }
}

TEST(ClientSession, RouterAsksForItsPrefixAndNameServers) {
  ClientConfig config = account_config(AuthMechanism::Plain);
  config.router_prefix_length = 56;
  config.reverse_dns_servers = {"ns1.example.org"};
  Dialogue dialogue(config);
  dialogue.said();
  dialogue.answer(kCapability);
  dialogue.said();
  dialogue.answer("");
  dialogue.said();
  dialogue.answer(kSuccess);
  const std::string create = dialogue.said();
  EXPECT_NE(create.find("<prefix length=\"56\"/>"), std::string::npos);
  EXPECT_NE(create.find("ns1.example.org"), std::string::npos);
  OfferText offer;
  offer.router = "<router><prefix length=\"56\">2001:0db8:0501:e300:0000:0000:0000:0000</prefix></router>";
  dialogue.answer(offer.framed());
  ASSERT_TRUE(dialogue.offered);
  EXPECT_EQ(dialogue.offered->delegated, parse_prefix("2001:db8:501:e300::/56"));
}

TEST(ClientSession, OfferOfASloppyServerIsRead) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(
      frame("200 Success\n<tunnel type='v6udpv4' action='info' new='1'>\n<server>\n<address type='ipv4'> 192.0.2.1 "
            "</address>\n<address type='ipv6'>\n 2001:DB8::1 \n</address></server><client><address type='ipv4'>10.1.1.5"
            "</address><address type='ipv6'>2001:db8::2</address><what/></client></tunnel>"));
  ASSERT_TRUE(dialogue.offered);
  EXPECT_EQ(dialogue.offered->client_inner, testing::ipv6("2001:db8::2"));
  EXPECT_EQ(dialogue.offered->keepalive_seconds, 0U);
}

TEST(ClientSession, LostDatagramOfEachStepIsSentAgain) {
  const std::vector<std::string> replies{std::string(kCapability), std::string(kChallenge), std::string(kRspauth),
                                         std::string(kSuccess), OfferText{}.framed()};
  Dialogue dialogue(account_config(AuthMechanism::DigestMd5));
  for (const std::string& reply : replies) {
    const std::string first = dialogue.said();
    ASSERT_TRUE(dialogue.wait());
    EXPECT_EQ(dialogue.said(), first);
    dialogue.answer(reply);
  }
  ASSERT_TRUE(dialogue.offered);
  dialogue.prepared();
  EXPECT_EQ(dialogue.said(), kAccept);
  ASSERT_TRUE(dialogue.wait());
  EXPECT_EQ(dialogue.said(), kAccept);
  dialogue.answer("");
  EXPECT_TRUE(dialogue.established);
}

TEST(ClientSession, DuplicateAnswerDoesNotAdvanceTheDialogue) {
  Dialogue dialogue(anonymous_config());
  dialogue.said();
  dialogue.answer(kCapability);
  dialogue.answer(kCapability);
  EXPECT_EQ(dialogue.said(), "AUTHENTICATE ANONYMOUS\r\n");
  EXPECT_EQ(dialogue.said(), "(nothing)");
}

TEST(ClientSession, SilenceFromTheBeginningIsNoAnswer) {
  Dialogue dialogue(anonymous_config());
  while (dialogue.wait()) {
  }
  EXPECT_EQ(dialogue.failed(), FailureKind::NoAnswer);
  EXPECT_EQ(dialogue.now - kStart, Rudp::kPatienceUnanswered);
}

TEST(ClientSession, SilenceInTheMiddleIsATimeoutAfterSixtySixSeconds) {
  for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
    Dialogue dialogue(anonymous_config(), transport);
    dialogue.said();
    dialogue.answer(kCapability);
    while (dialogue.wait()) {
    }
    EXPECT_EQ(dialogue.failed(), FailureKind::TimedOut);
    EXPECT_EQ(dialogue.now - kStart, 66s);
  }
}

TEST(ClientSession, RestOfATruncatedAnswerIsPolledFor) {
  const std::string offer = OfferText{}.framed();
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(offer.substr(0, 300));
  EXPECT_FALSE(dialogue.offered);
  EXPECT_EQ(dialogue.said(), "");
  dialogue.answer(offer.substr(300));
  EXPECT_TRUE(dialogue.offered);
}

TEST(ClientSession, TruncatedAnswerWithoutARestIsABadReply) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(OfferText{}.framed().substr(0, 300));
  dialogue.said();
  dialogue.answer("");
  EXPECT_EQ(dialogue.failed(), FailureKind::BadReply);
}

TEST(ClientSession, TcpRepliesMayArriveInSingleBytesOrAllAtOnce) {
  const std::string proof_and_verdict = std::string(kRspauth) + "\r\n" + std::string(kSuccess);
  const std::string script =
      std::string(kCapability) + std::string(kChallenge) + proof_and_verdict + offer_of_type("v6v4");
  for (const std::size_t step : {std::size_t{1}, script.size()}) {
    ClientConfig config = account_config(AuthMechanism::DigestMd5);
    config.type = RequestedType::V6V4;
    Dialogue dialogue(config, Transport::Tcp);
    for (std::size_t at = 0; at < script.size(); at += step) dialogue.answer(script.substr(at, step));
    EXPECT_TRUE(dialogue.offered) << step;
  }
}

TEST(ClientSession, TcpPlainSendsLineAndCredentialsAsTwoWrites) {
  ClientConfig config = account_config(AuthMechanism::Plain);
  config.type = RequestedType::V6V4;
  Dialogue dialogue(config, Transport::Tcp);
  dialogue.said();
  dialogue.answer(kCapability);
  EXPECT_EQ(dialogue.said(), "AUTHENTICATE PLAIN\r\n");
  EXPECT_EQ(dialogue.said(), "\0alice\0secret\r\n"s);
}

TEST(ClientSession, AcceptOverTcpNeedsNoAnswerAndTheConnectionMayEnd) {
  Dialogue dialogue(v6v4_config(), Transport::Tcp);
  dialogue.negotiate_anonymously(offer_of_type("v6v4"));
  dialogue.prepared();
  EXPECT_EQ(dialogue.said(), kAccept);
  EXPECT_TRUE(dialogue.established);
  dialogue.close();
  EXPECT_FALSE(dialogue.failure);
}

TEST(ClientSession, AConnectionClosedWhileThisHostIsSettingUpIsAFailure) {
  Dialogue dialogue(v6v4_config(), Transport::Tcp);
  dialogue.negotiate_anonymously(offer_of_type("v6v4"));
  dialogue.close();
  EXPECT_EQ(dialogue.failed(), FailureKind::ConnectionClosed);
  dialogue.prepared();
  EXPECT_FALSE(dialogue.established);
}

TEST(ClientSession, ClosedConnectionInTheMiddleIsAFailure) {
  Dialogue dialogue(v6v4_config(), Transport::Tcp);
  dialogue.said();
  dialogue.answer("CAPABILITY TUNN");
  dialogue.close();
  EXPECT_NE(dialogue.failed(), std::nullopt);
}

TEST(ClientSession, EndlessReplyIsCutOff) {
  Dialogue dialogue(v6v4_config(), Transport::Tcp);
  dialogue.answer(std::string(StreamReader::kSizeMax, 'x'));
  EXPECT_FALSE(dialogue.failure);
  dialogue.answer("x");
  EXPECT_EQ(dialogue.failed(), FailureKind::BadReply);
}

TEST(ClientSession, LeavingDeletesTheTunnelAndTellsWhetherTheServerDidSo) {
  for (const auto& [answer, left] : {std::pair(frame("200 Success\r\n"), "told"), std::pair(std::string(), "told"),
                                     std::pair(frame("310 Server side error\r\n"), "it answered 310")}) {
    Dialogue dialogue(anonymous_config());
    dialogue.negotiate_anonymously(OfferText{}.framed());
    dialogue.prepared();
    dialogue.said();
    dialogue.answer("");
    dialogue.leave();
    EXPECT_EQ(dialogue.said(), kDelete);
    dialogue.answer(answer);
    EXPECT_EQ(dialogue.left, left);
    EXPECT_FALSE(dialogue.failure);
  }
}

TEST(ClientSession, LeavingDoesNotWaitForASilentServer) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(OfferText{}.framed());
  dialogue.prepared();
  dialogue.said();
  dialogue.answer("");
  dialogue.leave();
  while (dialogue.wait()) {
  }
  EXPECT_EQ(dialogue.left, "no answer");
  EXPECT_EQ(dialogue.now - kStart, ClientSession::kFarewellPatience);
}

}  // namespace session_test
}  // namespace tsp::client
