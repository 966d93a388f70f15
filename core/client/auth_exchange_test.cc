// SPDX-License-Identifier: Apache-2.0
#include "core/client/auth_exchange.h"

#include <gtest/gtest.h>

#include "core/client/test_support.h"

namespace tsp::client {
namespace auth_exchange_test {

using namespace std::string_literals;
using testing::kChallenge;
using testing::kRspauth;
using testing::kSuccess;

// What the client answers to kChallenge, in base64.
constexpr std::string_view kResponse =
    "Y2hhcnNldD11dGYtOCx1c2VybmFtZT0iYWxpY2UiLHJlYWxtPSJ0Yi5leGFtcGxlLm5ldCIsbm9uY2U9IjVmMWQ3YzBhOWJlMjQzODZhMWM0ZDJm"
    "MDllOGI3MzYxIixuYz0wMDAwMDAwMSxjbm9uY2U9IjE3MDAwMDAwMDAiLGRpZ2VzdC11cmk9InRzcC90Yi5leGFtcGxlLm5ldCIscmVzcG9uc2U9"
    "ODM0ZmNhMmRjZTZiMGY3MzVjYjlhYTk4MWMxMTlmYTAscW9wPWF1dGg=\r\n";

AuthExchange make_exchange(AuthMechanism mechanism, Transport transport) {
  return {mechanism, transport, {"alice", "secret"}, "tb.example.net", "1700000000"};
}

std::vector<std::string> said(const AuthStep& step) {
  const auto* say = std::get_if<AuthSay>(&step);
  return say ? say->messages : std::vector<std::string>{"(nothing was said)"};
}

std::optional<FailureKind> failed(const AuthStep& step) {
  const auto* failure = std::get_if<Failure>(&step);
  return failure ? std::optional(failure->kind) : std::nullopt;
}

bool done(const AuthStep& step) {
  return std::holds_alternative<AuthDone>(step);
}

using Messages = std::vector<std::string>;

TEST(AuthExchange, AnonymousIsOneLineWithoutNulAndAVerdict) {
  AuthExchange exchange = make_exchange(AuthMechanism::Anonymous, Transport::Udp);
  EXPECT_EQ(said(exchange.begin()), Messages{"AUTHENTICATE ANONYMOUS\r\n"});
  EXPECT_TRUE(done(exchange.reply("200 OK\r\n")));
}

TEST(AuthExchange, PlainWaitsForTheAcknowledgementOverUdp) {
  AuthExchange exchange = make_exchange(AuthMechanism::Plain, Transport::Udp);
  EXPECT_EQ(said(exchange.begin()), Messages{"AUTHENTICATE PLAIN\r\n"});
  EXPECT_EQ(said(exchange.reply("")), Messages{"\0alice\0secret\r\n"s});
  EXPECT_TRUE(done(exchange.reply(kSuccess)));
}

TEST(AuthExchange, TextInTheAcknowledgementIsIgnoredUnlessItIsARefusal) {
  AuthExchange tolerant = make_exchange(AuthMechanism::Plain, Transport::Udp);
  (void)tolerant.begin();
  EXPECT_EQ(said(tolerant.reply("go ahead")).size(), 1U);

  AuthExchange refused = make_exchange(AuthMechanism::Plain, Transport::Udp);
  (void)refused.begin();
  EXPECT_EQ(failed(refused.reply("300 Authentication failed\r\n")), FailureKind::AuthenticationFailed);
}

TEST(AuthExchange, PlainSaysBothMessagesAtOnceOverTcp) {
  AuthExchange exchange = make_exchange(AuthMechanism::Plain, Transport::Tcp);
  EXPECT_EQ(said(exchange.begin()), (Messages{"AUTHENTICATE PLAIN\r\n", "\0alice\0secret\r\n"s}));
  EXPECT_TRUE(done(exchange.reply(kSuccess)));
}

TEST(AuthExchange, DigestAnswersTheChallengeAndPollsForTheVerdict) {
  AuthExchange exchange = make_exchange(AuthMechanism::DigestMd5, Transport::Udp);
  EXPECT_EQ(said(exchange.begin()), Messages{"AUTHENTICATE DIGEST-MD5\r\n"});
  EXPECT_EQ(said(exchange.reply(kChallenge)), Messages{std::string(kResponse)});
  EXPECT_EQ(said(exchange.reply(std::string(kRspauth) + "\r\n")), Messages{""});
  EXPECT_TRUE(done(exchange.reply(kSuccess)));
}

TEST(AuthExchange, DigestOverTcpWaitsForTheVerdictWithoutPolling) {
  AuthExchange exchange = make_exchange(AuthMechanism::DigestMd5, Transport::Tcp);
  (void)exchange.begin();
  (void)exchange.reply(kChallenge);
  EXPECT_EQ(said(exchange.reply(std::string(kRspauth) + "\r\n")), Messages{});
  EXPECT_TRUE(done(exchange.reply(kSuccess)));
}

TEST(AuthExchange, VerdictInTheProofsDatagramIsEnoughWhenThePollGetsNothing) {
  for (const char* between : {"", "\r\n", "\n"}) {
    AuthExchange exchange = make_exchange(AuthMechanism::DigestMd5, Transport::Udp);
    (void)exchange.begin();
    (void)exchange.reply(kChallenge);
    EXPECT_EQ(said(exchange.reply(std::string(kRspauth) + between + "200 Success\n")), Messages{""});
    EXPECT_TRUE(done(exchange.reply("")));
  }
}

TEST(AuthExchange, EmptyVerdictAloneIsNoSuccess) {
  AuthExchange exchange = make_exchange(AuthMechanism::DigestMd5, Transport::Udp);
  (void)exchange.begin();
  (void)exchange.reply(kChallenge);
  (void)exchange.reply(kRspauth);
  EXPECT_EQ(failed(exchange.reply("")), FailureKind::BadReply);
}

TEST(AuthExchange, WrongProofEndsTheExchange) {
  AuthExchange exchange = make_exchange(AuthMechanism::DigestMd5, Transport::Udp);
  (void)exchange.begin();
  (void)exchange.reply(kChallenge);
  EXPECT_EQ(failed(exchange.reply("cnNwYXV0aD0wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==\r\n")),
            FailureKind::ServerNotAuthentic);
}

TEST(AuthExchange, SuccessInPlaceOfChallengeOrProofIsNoSuccess) {
  AuthExchange early = make_exchange(AuthMechanism::DigestMd5, Transport::Udp);
  (void)early.begin();
  EXPECT_EQ(failed(early.reply(kSuccess)), FailureKind::BadReply);

  AuthExchange later = make_exchange(AuthMechanism::DigestMd5, Transport::Udp);
  (void)later.begin();
  (void)later.reply(kChallenge);
  EXPECT_EQ(failed(later.reply(kSuccess)), FailureKind::BadReply);
}

TEST(AuthExchange, StatusesInsideTheExchangeAreUnderstood) {
  AuthExchange wrong_password = make_exchange(AuthMechanism::DigestMd5, Transport::Udp);
  (void)wrong_password.begin();
  (void)wrong_password.reply(kChallenge);
  EXPECT_EQ(failed(wrong_password.reply("300 Authentication failed\r\n")), FailureKind::AuthenticationFailed);

  AuthExchange broken = make_exchange(AuthMechanism::DigestMd5, Transport::Udp);
  (void)broken.begin();
  EXPECT_EQ(failed(broken.reply("310 Server side error\r\n")), FailureKind::Refused);

  AuthExchange elsewhere = make_exchange(AuthMechanism::DigestMd5, Transport::Udp);
  (void)elsewhere.begin();
  EXPECT_EQ(failed(elsewhere.reply(testing::redirect_text(1530, {"ts1.example.net"}))), FailureKind::Redirected);
}

TEST(AuthExchange, UnreadableChallengeIsABadReply) {
  for (const char* text : {"", "!!!", "bm90aGluZw=="}) {
    AuthExchange exchange = make_exchange(AuthMechanism::DigestMd5, Transport::Udp);
    (void)exchange.begin();
    EXPECT_EQ(failed(exchange.reply(text)), FailureKind::BadReply) << text;
  }
}

}  // namespace auth_exchange_test
}  // namespace tsp::client
