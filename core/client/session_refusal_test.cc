// SPDX-License-Identifier: Apache-2.0
//
// What a session makes of refusals, and of offers that it cannot take.
#include <gtest/gtest.h>

#include "core/client/session_dialogue.h"

namespace tsp::client {
namespace session_refusal_test {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::account_config;
using testing::anonymous_config;
using testing::Dialogue;
using testing::frame;
using testing::kCapability;
using testing::kChallenge;
using testing::kReject;
using testing::kStart;
using testing::offer_of_type;
using testing::OfferText;
using testing::v6v4_config;

TEST(ClientSession, StatusInsteadOfCapabilityIsClassified) {
  const std::vector<std::pair<std::string, FailureKind>> cases{
      {"302 Unsupported client version\r\n", FailureKind::VersionRefused},
      {"530 Server too busy\r\n", FailureKind::Refused},
      {"200 Success\r\n", FailureKind::BadReply},
      {"hello\r\n", FailureKind::BadReply},
      {testing::redirect_text(1302, {"ts1.example.net"}), FailureKind::Redirected},
      {"1302 Unsupported client version\r\n", FailureKind::BadReply},
  };
  for (const auto& [reply, kind] : cases) {
    for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
      Dialogue dialogue(anonymous_config(), transport);
      dialogue.said();
      dialogue.answer(reply);
      if (!dialogue.failure) dialogue.close();
      EXPECT_EQ(dialogue.failed(), kind) << reply;
    }
  }
}

TEST(ClientSession, MissingTypeEndsBeforeAuthentication) {
  Dialogue dialogue(anonymous_config());
  dialogue.said();
  dialogue.answer("CAPABILITY TUNNEL=V6V4 AUTH=ANONYMOUS\r\n");
  EXPECT_EQ(dialogue.failed(), FailureKind::TypeNotOffered);
  EXPECT_EQ(dialogue.said(), "(nothing)");
}

TEST(ClientSession, V6AnyV4IsContentWithEitherConcreteType) {
  ClientConfig config = anonymous_config();
  config.type = RequestedType::V6AnyV4;
  for (const char* types : {"TUNNEL=V6V4", "TUNNEL=V6UDPV4", "TUNNEL=V6V4 TUNNEL=V6UDPV4"}) {
    Dialogue dialogue(config);
    dialogue.said();
    dialogue.answer("CAPABILITY "s + types + " AUTH=ANONYMOUS\r\n");
    EXPECT_EQ(dialogue.said(), "AUTHENTICATE ANONYMOUS\r\n") << types;
  }
  Dialogue dialogue(config);
  dialogue.said();
  dialogue.answer("CAPABILITY TUNNEL=V4V6 AUTH=ANONYMOUS\r\n");
  EXPECT_EQ(dialogue.failed(), FailureKind::TypeNotOffered);
}

TEST(ClientSession, MechanismIsPinned) {
  Dialogue dialogue(account_config(AuthMechanism::DigestMd5));
  dialogue.said();
  dialogue.answer("CAPABILITY TUNNEL=V6UDPV4 AUTH=PLAIN AUTH=ANONYMOUS\r\n");
  EXPECT_EQ(dialogue.failed(), FailureKind::MechanismNotOffered);
  EXPECT_EQ(dialogue.said(), "(nothing)");
}

TEST(ClientSession, WrongProofStopsBeforeTheRequest) {
  Dialogue dialogue(account_config(AuthMechanism::DigestMd5));
  dialogue.said();
  dialogue.answer(kCapability);
  dialogue.said();
  dialogue.answer(kChallenge);
  dialogue.said();
  dialogue.answer("cnNwYXV0aD0wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==\r\n");
  EXPECT_EQ(dialogue.failed(), FailureKind::ServerNotAuthentic);
  EXPECT_EQ(dialogue.said(), "(nothing)");
}

TEST(ClientSession, RefusedRequestIsReportedFramedOrNot) {
  for (const std::string& reply : {frame("303 Unsupported tunnel type\r\n"), "303 Unsupported tunnel type\r\n"s}) {
    for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
      Dialogue dialogue(v6v4_config(), transport);
      dialogue.negotiate_anonymously(reply);
      ASSERT_TRUE(dialogue.failure);
      EXPECT_EQ(dialogue.failure->kind, FailureKind::Refused);
      EXPECT_EQ(dialogue.failure->code, 303U);
      EXPECT_EQ(dialogue.failure->detail, "303 Unsupported tunnel type");
    }
  }
}

TEST(ClientSession, RedirectAtTheRequestNamesTheBrokers) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(frame(testing::redirect_text(1301, {"192.0.2.33", "ts1.example.net"})));
  ASSERT_TRUE(dialogue.failure && dialogue.failure->redirect);
  EXPECT_EQ(dialogue.failure->redirect->brokers, (std::vector<std::string>{"192.0.2.33", "ts1.example.net"}));
}

TEST(ClientSession, WrongOfferIsRejected) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(offer_of_type("v6v4"));
  EXPECT_FALSE(dialogue.offered);
  EXPECT_EQ(dialogue.said(), kReject);
  dialogue.answer("");
  EXPECT_EQ(dialogue.failed(), FailureKind::BadOffer);
}

TEST(ClientSession, RejectWaitsOnlyShortlyForItsAnswer) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(offer_of_type("v6v4"));
  while (dialogue.wait()) {
  }
  EXPECT_EQ(dialogue.failed(), FailureKind::BadOffer);
  EXPECT_EQ(dialogue.now - kStart, ClientSession::kFarewellPatience);
}

TEST(ClientSession, OfferThatTheHostCannotSetUpIsRejected) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(OfferText{}.framed());
  dialogue.prepared("no such device");
  EXPECT_EQ(dialogue.said(), kReject);
  dialogue.answer("");
  EXPECT_EQ(dialogue.failed(), FailureKind::LocalRefused);
  EXPECT_EQ(dialogue.failure->detail, "no such device");
}

TEST(ClientSession, ErrorInAnswerToAcceptIsNoTunnel) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(OfferText{}.framed());
  dialogue.prepared();
  dialogue.said();
  dialogue.answer(frame("310 Server side error\r\n"));
  EXPECT_FALSE(dialogue.established);
  EXPECT_EQ(dialogue.failed(), FailureKind::Refused);
}

TEST(ClientSession, OtherTextInAnswerToAcceptIsIgnored) {
  for (const std::string& text : {""s, "200 Success\r\n"s, frame("200 Success\r\n"), "whatever"s}) {
    Dialogue dialogue(anonymous_config());
    dialogue.negotiate_anonymously(OfferText{}.framed());
    dialogue.prepared();
    dialogue.said();
    dialogue.answer(text);
    EXPECT_TRUE(dialogue.established) << text;
  }
}

}  // namespace session_refusal_test
}  // namespace tsp::client
