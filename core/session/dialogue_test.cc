// SPDX-License-Identifier: Apache-2.0
#include "core/session/dialogue.h"

#include <gtest/gtest.h>

#include <string>

#include "core/auth/digest_md5.h"

namespace tsp::session {
namespace dialogue_test {

using namespace std::string_literals;

constexpr std::string_view kNonce = "5f1d7c0a9be24386a1c4d2f09e8b7361";
constexpr std::string_view kRealm = "tb.example.net";

Dialogue make_dialogue(Transport transport) {
  return Dialogue(transport,
                  {.realm = std::string(kRealm),
                   .nonce = std::string(kNonce),
                   .types = {TunnelType::V6UdpV4},
                   .mechanisms = {AuthMechanism::Anonymous, AuthMechanism::Plain, AuthMechanism::DigestMd5}});
}

AccountRecord alice() {
  AccountRecord record;
  record.account.id = AccountId{1};
  record.account.login = "alice";
  record.account.verifier = auth::make_verifier("alice", kRealm, "secret");
  return record;
}

std::string answer_of(const Action& action) {
  const auto* answer = std::get_if<Answer>(&action);
  return answer != nullptr ? answer->text : "no answer";
}

bool closes(const Action& action) {
  const auto* answer = std::get_if<Answer>(&action);
  return answer != nullptr && answer->close;
}

// UDP is framed by Content-length inside the datagram, TCP by the framer before.
std::string request(Transport transport, std::string_view xml) {
  return transport == Transport::Datagram ? wire::framed_request(xml) : std::string(xml);
}

void greet_anonymously(Dialogue& dialogue) {
  static_cast<void>(dialogue.on_message("VERSION=2.0.2\r\n"));
  static_cast<void>(dialogue.on_message("AUTHENTICATE ANONYMOUS\r\n\0"s));
  ASSERT_EQ(dialogue.state(), State::Command);
}

std::string digest_token(const Action& challenge) {
  const auto parsed = auth::parse_challenge(answer_of(challenge));
  return auth::make_response(parsed.value(), "alice", "secret", "1700000000", "tb.example.net").token + "\r\n";
}

class OverBothTransports : public testing::TestWithParam<Transport> {};
INSTANTIATE_TEST_SUITE_P(Dialogue, OverBothTransports, testing::Values(Transport::Datagram, Transport::Stream));

TEST_P(OverBothTransports, AVersionIsAnsweredWithWhatIsOffered) {
  Dialogue dialogue = make_dialogue(GetParam());
  EXPECT_EQ(answer_of(dialogue.on_message("VERSION=2.0.1\r\n")),
            "CAPABILITY TUNNEL=V6UDPV4 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n");
  EXPECT_EQ(dialogue.state(), State::Auth);
}

TEST_P(OverBothTransports, AnUnsupportedVersionIsRefusedInPlainTextAndTheSessionEnds) {
  Dialogue dialogue = make_dialogue(GetParam());
  const Action action = dialogue.on_message("VERSION=1.0.1\r\n");
  EXPECT_EQ(answer_of(action), "302 Unsupported client version\r\n");
  EXPECT_TRUE(closes(action));
}

TEST_P(OverBothTransports, AnUnknownMechanismFailsAuthentication) {
  Dialogue dialogue = make_dialogue(GetParam());
  static_cast<void>(dialogue.on_message("VERSION=2.0.2\r\n"));
  const Action action = dialogue.on_message("AUTHENTICATE PASSDSS-3DES-1\r\n");
  EXPECT_EQ(answer_of(action), "300 Authentication failed\r\n");
  EXPECT_TRUE(closes(action));
  EXPECT_EQ(dialogue.take_auth_outcome(), AuthOutcome::Failed);
  EXPECT_EQ(dialogue.auth_failure(), "unknown mechanism");
}

TEST_P(OverBothTransports, AMechanismThatIsNotOfferedFailsAuthentication) {
  Dialogue dialogue(GetParam(), {.realm = "r", .nonce = std::string(kNonce), .types = {}, .mechanisms = {}});
  static_cast<void>(dialogue.on_message("VERSION=2.0.2\r\n"));
  EXPECT_EQ(answer_of(dialogue.on_message("AUTHENTICATE ANONYMOUS\r\n")), "300 Authentication failed\r\n");
  EXPECT_EQ(dialogue.take_auth_outcome(), AuthOutcome::Failed);
  EXPECT_EQ(dialogue.auth_failure(), "ANONYMOUS is not offered");
}

TEST_P(OverBothTransports, PlainAsksForTheAccountAndSaysNothingBefore) {
  Dialogue dialogue = make_dialogue(GetParam());
  static_cast<void>(dialogue.on_message("VERSION=2.0.2\r\n"));
  EXPECT_EQ(answer_of(dialogue.on_message("AUTHENTICATE PLAIN\r\n")), "");
  const Action action = dialogue.on_message("\0alice\0secret\r\n"s);
  ASSERT_TRUE(std::holds_alternative<LookUpAccount>(action));
  EXPECT_EQ(std::get<LookUpAccount>(action).login, "alice");
  EXPECT_EQ(answer_of(dialogue.on_account(alice())), "200 Success\r\n");
  EXPECT_EQ(dialogue.state(), State::Command);
  EXPECT_FALSE(dialogue.endpoint_proved());
}

TEST_P(OverBothTransports, AnAccountThatCannotBeLookedUpIsAFailedAuthenticationThatCountsAgainstNobody) {
  Dialogue dialogue = make_dialogue(GetParam());
  static_cast<void>(dialogue.on_message("VERSION=2.0.2\r\n"));
  static_cast<void>(dialogue.on_message("AUTHENTICATE PLAIN\r\n"));
  static_cast<void>(dialogue.on_message("\0alice\0secret\r\n"s));
  EXPECT_EQ(answer_of(dialogue.on_store_failure()), "300 Authentication failed\r\n");
  EXPECT_EQ(dialogue.take_auth_outcome(), AuthOutcome::None);
}

// Old clients crash on any other status inside this exchange.
TEST_P(OverBothTransports, AnAccountThatCannotBeLookedUpIsA300InsideADigestToo) {
  Dialogue dialogue = make_dialogue(GetParam());
  static_cast<void>(dialogue.on_message("VERSION=2.0.2\r\n"));
  const Action challenge = dialogue.on_message("AUTHENTICATE DIGEST-MD5\r\n");
  ASSERT_TRUE(std::holds_alternative<LookUpAccount>(dialogue.on_message(digest_token(challenge))));
  const Action action = dialogue.on_store_failure();
  EXPECT_EQ(answer_of(action), "300 Authentication failed\r\n");
  EXPECT_TRUE(closes(action));
  EXPECT_EQ(dialogue.take_auth_outcome(), AuthOutcome::None);
}

TEST_P(OverBothTransports, ErrorsOfTheCommandPhaseAreFramedAndTheThirdEndsTheSession) {
  Dialogue dialogue = make_dialogue(GetParam());
  greet_anonymously(dialogue);
  const std::string expected = "Content-length: 48\r\n500 Invalid request format or specified length\r\n";
  for (int i = 0; i < 2; ++i) {
    const Action action = dialogue.on_message(request(GetParam(), "<tunnel action=\"dance\"></tunnel>\r\n"));
    EXPECT_EQ(answer_of(action), expected);
    EXPECT_FALSE(closes(action));
  }
  EXPECT_TRUE(closes(dialogue.on_message(request(GetParam(), "<tunnel"))));
}

TEST(Dialogue, BytesWithoutFramesEndAConversationWhateverItsState) {
  Dialogue dialogue = make_dialogue(Transport::Stream);
  greet_anonymously(dialogue);
  dialogue.offered();
  dialogue.accepted();
  const Action action = dialogue.on_framing_error();
  EXPECT_EQ(answer_of(action), "Content-length: 48\r\n500 Invalid request format or specified length\r\n");
  EXPECT_TRUE(closes(action));
  EXPECT_EQ(dialogue.state(), State::Closed);
}

TEST(Dialogue, DeletingAnEarlierTunnelLeavesTheConversationWhereItWas) {
  Dialogue dialogue = make_dialogue(Transport::Datagram);
  greet_anonymously(dialogue);
  dialogue.withdrawn();
  EXPECT_EQ(dialogue.state(), State::Command);
}

TEST_P(OverBothTransports, AcceptWithoutAnOfferIsABadRequest) {
  Dialogue dialogue = make_dialogue(GetParam());
  greet_anonymously(dialogue);
  const Action action = dialogue.on_message(request(GetParam(), wire::action_text("accept")));
  EXPECT_EQ(answer_of(action), "Content-length: 48\r\n500 Invalid request format or specified length\r\n");
}

TEST_P(OverBothTransports, AnOfferCanBeAcceptedAndAcceptingAgainIsHarmless) {
  Dialogue dialogue = make_dialogue(GetParam());
  greet_anonymously(dialogue);
  dialogue.offered();
  const std::string accept = request(GetParam(), wire::action_text("accept"));
  EXPECT_TRUE(std::holds_alternative<wire::AcceptRequest>(dialogue.on_message(accept)));
  dialogue.accepted();
  EXPECT_EQ(answer_of(dialogue.on_message(accept)), "");
  EXPECT_EQ(dialogue.state(), State::Up);
}

TEST_P(OverBothTransports, RefusalsDoNotEndTheSessionOfALiveTunnel) {
  Dialogue dialogue = make_dialogue(GetParam());
  greet_anonymously(dialogue);
  dialogue.offered();
  dialogue.accepted();
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(closes(dialogue.on_message(request(GetParam(), "<tunnel action=\"dance\"></tunnel>"))));
  }
}

TEST(DatagramDialogue, TheSuccessAfterADigestIsSentWhenPolled) {
  Dialogue dialogue = make_dialogue(Transport::Datagram);
  static_cast<void>(dialogue.on_message("VERSION=2.0.2\r\n"));
  const Action challenge = dialogue.on_message("AUTHENTICATE DIGEST-MD5\r\n\0"s);
  ASSERT_TRUE(std::holds_alternative<LookUpAccount>(dialogue.on_message(digest_token(challenge))));
  const std::string rspauth = answer_of(dialogue.on_account(alice()));
  EXPECT_EQ(rspauth, "cnNwYXV0aD0xN2E2MGUzMjkzN2IxYjYxNDQ5YWU5ZWYzNTU5ZTE4YQ==\r\n");
  EXPECT_EQ(answer_of(dialogue.on_message("")), "200 Success\r\n");
  EXPECT_EQ(dialogue.state(), State::Command);
  EXPECT_TRUE(dialogue.endpoint_proved());
}

TEST(DatagramDialogue, APollWithNothingPendingIsAnsweredEmptyAndChangesNothing) {
  Dialogue dialogue = make_dialogue(Transport::Datagram);
  static_cast<void>(dialogue.on_message("VERSION=2.0.2\r\n"));
  EXPECT_EQ(answer_of(dialogue.on_message("")), "");
  EXPECT_EQ(dialogue.state(), State::Auth);
}

TEST(DatagramDialogue, AStrangerWhoDoesNotGreetIsNotAnswered) {
  Dialogue dialogue = make_dialogue(Transport::Datagram);
  EXPECT_TRUE(std::holds_alternative<Ignore>(dialogue.on_message("200 Success\r\n")));
}

TEST(DatagramDialogue, AContentLengthThatPromisesTooMuchIsABadRequest) {
  Dialogue dialogue = make_dialogue(Transport::Datagram);
  greet_anonymously(dialogue);
  EXPECT_EQ(answer_of(dialogue.on_message("Content-length: 99\r\n<tunnel action=\"info\"></tunnel>")),
            "Content-length: 48\r\n500 Invalid request format or specified length\r\n");
}

TEST(StreamDialogue, TheSuccessAfterADigestIsAnAnswerOfItsOwn) {
  Dialogue dialogue = make_dialogue(Transport::Stream);
  static_cast<void>(dialogue.on_message("VERSION=2.0.2"));
  const Action challenge = dialogue.on_message("AUTHENTICATE DIGEST-MD5");
  ASSERT_TRUE(std::holds_alternative<LookUpAccount>(dialogue.on_message(digest_token(challenge))));
  const Action action = dialogue.on_account(alice());
  ASSERT_TRUE(std::holds_alternative<AnswerTwice>(action));
  EXPECT_EQ(std::get<AnswerTwice>(action).second, "200 Success\r\n");
}

TEST(StreamDialogue, WhoeverDoesNotGreetFirstIsToldSoAndDisconnected) {
  Dialogue dialogue = make_dialogue(Transport::Stream);
  const Action action = dialogue.on_message("GET / HTTP/1.1");
  EXPECT_EQ(answer_of(action), "500 Invalid request format or specified length\r\n");
  EXPECT_TRUE(closes(action));
}

TEST(StreamDialogue, PlainCredentialsKeepTheirLeadingNul) {
  Dialogue dialogue = make_dialogue(Transport::Stream);
  EXPECT_EQ(dialogue.stream_mode(), wire::StreamMode::Line);
  static_cast<void>(dialogue.on_message("VERSION=2.0.2"));
  static_cast<void>(dialogue.on_message("AUTHENTICATE PLAIN"));
  EXPECT_EQ(dialogue.stream_mode(), wire::StreamMode::Credentials);
  static_cast<void>(dialogue.on_message("\0alice\0secret"s));
  static_cast<void>(dialogue.on_account(alice()));
  EXPECT_EQ(dialogue.stream_mode(), wire::StreamMode::Framed);
}

}  // namespace dialogue_test
}  // namespace tsp::session
