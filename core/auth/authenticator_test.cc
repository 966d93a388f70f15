// SPDX-License-Identifier: Apache-2.0
#include "core/auth/authenticator.h"

#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "core/wire/base64.h"

namespace tsp::auth {
namespace authenticator_test {

using namespace std::string_literals;

constexpr const char* kRealm = "tb.example.net";
constexpr const char* kNonce = "5f1d7c0a9be24386a1c4d2f09e8b7361";

AccountRecord alice(bool enabled = true) {
  AccountRecord record;
  record.account.id = AccountId{7};
  record.account.login = "alice";
  record.account.verifier = make_verifier("alice", kRealm, "secret");
  record.account.enabled = enabled;
  return record;
}

Authenticator make(AuthMechanism mechanism) {
  return Authenticator(mechanism, kRealm, kNonce, false);
}

// A PLAIN or DIGEST-MD5 message for the account of the tests.
std::string credentials(AuthMechanism mechanism, const std::string& login, const std::string& password,
                        const std::string& nonce = kNonce, const std::string& realm = kRealm) {
  if (mechanism == AuthMechanism::Plain) return "\0"s + login + "\0"s + password + "\r\n";
  return make_response({.realm = realm, .nonce = nonce, .charset = "utf-8"}, login, password, "42", "tb.example.net")
             .token +
         "\r\n";
}

template <class T>
bool is(const Step& step) {
  return std::holds_alternative<T>(step);
}

std::string_view reason_of(const Step& step) {
  return is<Failed>(step) ? std::get<Failed>(step).reason : "";
}

TEST(Anonymous, SucceedsAtOnceWithoutAnAccount) {
  const Step step = make(AuthMechanism::Anonymous).begin();

  ASSERT_TRUE(is<Succeeded>(step));
  EXPECT_FALSE(std::get<Succeeded>(step).account);
  EXPECT_FALSE(std::get<Succeeded>(step).rspauth);
  EXPECT_FALSE(std::get<Succeeded>(step).endpoint_proved);
}

TEST(PlainExchange, SaysNothingUntilTheCredentialsAreThere) {
  const Step step = make(AuthMechanism::Plain).begin();

  ASSERT_TRUE(is<Reply>(step));
  EXPECT_EQ(std::get<Reply>(step).text, "");
}

TEST(PlainExchange, SuccessProvesThePasswordButNotTheAddress) {
  Authenticator authenticator = make(AuthMechanism::Plain);
  (void)authenticator.begin();
  (void)authenticator.message(credentials(AuthMechanism::Plain, "alice", "secret"));

  const Step step = authenticator.account(alice());

  ASSERT_TRUE(is<Succeeded>(step));
  EXPECT_EQ(std::get<Succeeded>(step).account, alice());
  EXPECT_FALSE(std::get<Succeeded>(step).rspauth);
  EXPECT_FALSE(std::get<Succeeded>(step).endpoint_proved);
}

TEST(DigestExchange, BeginsWithTheChallengeLine) {
  const Step step = make(AuthMechanism::DigestMd5).begin();

  ASSERT_TRUE(is<Reply>(step));
  EXPECT_EQ(std::get<Reply>(step).text, make_challenge(kRealm, kNonce) + "\r\n");
}

TEST(DigestExchange, SuccessProvesPasswordAndAddressAndAnswersTheClient) {
  const auto made = make_response({.realm = kRealm, .nonce = kNonce, .charset = ""}, "alice", "secret", "42", "tb");
  Authenticator authenticator = make(AuthMechanism::DigestMd5);
  (void)authenticator.begin();
  (void)authenticator.message(made.token);

  const Step step = authenticator.account(alice());

  ASSERT_TRUE(is<Succeeded>(step));
  const Succeeded& success = std::get<Succeeded>(step);
  EXPECT_EQ(success.account, alice());
  EXPECT_TRUE(success.endpoint_proved);
  ASSERT_TRUE(success.rspauth);
  EXPECT_EQ(*success.rspauth, wire::base64_encode("rspauth=" + made.expected_rspauth) + "\r\n");
}

TEST(DigestExchange, ServesTheFaultOfOldVersionsOnlyWhenAllowed) {
  const std::string faulty = wire::base64_encode(
      "username=\"user14\",realm=\"hexos\",nonce=\"1113908968\",nc=00000001,cnonce=\"1113923311\","
      "digest-uri=\"tsp/hexos\",response=00df297fd0cd3b5bbc468b00562092e2,qop=auth");
  AccountRecord record = alice();
  record.account.verifier = make_verifier("user14", "hexos", "password");
  for (const bool allowed : {true, false}) {
    Authenticator authenticator(AuthMechanism::DigestMd5, "hexos", "1113908968", allowed);
    (void)authenticator.begin();
    (void)authenticator.message(faulty);

    EXPECT_EQ(is<Succeeded>(authenticator.account(record)), allowed);
  }
}

TEST(DigestExchange, WhoeverHasNotSeenTheChallengeDoesNotCostALookUp) {
  for (const auto& [nonce, realm] :
       {std::pair("00000000000000000000000000000000", kRealm), std::pair(kNonce, "other")}) {
    Authenticator authenticator = make(AuthMechanism::DigestMd5);
    (void)authenticator.begin();

    const Step step = authenticator.message(credentials(AuthMechanism::DigestMd5, "alice", "secret", nonce, realm));

    EXPECT_TRUE(is<Failed>(step));
  }
}

class PasswordExchange : public testing::TestWithParam<AuthMechanism> {
 protected:
  void SetUp() override { (void)authenticator_.begin(); }

  Authenticator authenticator_ = make(GetParam());
};

TEST_P(PasswordExchange, AsksForTheLoginGiven) {
  const Step step = authenticator_.message(credentials(GetParam(), "J\xC3\xBCrgen", "secret"));

  ASSERT_TRUE(is<NeedAccount>(step));
  EXPECT_EQ(std::get<NeedAccount>(step).login, "J\xC3\xBCrgen");
  EXPECT_EQ(authenticator_.login(), "J\xC3\xBCrgen");
}

TEST_P(PasswordExchange, FailsForAWrongPassword) {
  (void)authenticator_.message(credentials(GetParam(), "alice", "guess"));

  EXPECT_EQ(reason_of(authenticator_.account(alice())), "wrong password");
}

TEST_P(PasswordExchange, FailsForAnUnknownLogin) {
  (void)authenticator_.message(credentials(GetParam(), "alice", "secret"));

  EXPECT_EQ(reason_of(authenticator_.account(std::nullopt)), "unknown login");
}

TEST_P(PasswordExchange, FailsForADisabledAccountWithTheRightPassword) {
  (void)authenticator_.message(credentials(GetParam(), "alice", "secret"));

  EXPECT_EQ(reason_of(authenticator_.account(alice(false))), "disabled account");
}

TEST_P(PasswordExchange, OneMalformedMessageFailsForGood) {
  for (const std::string& text :
       {""s, "\r\n"s, "garbage\r\n"s, "AUTHENTICATE ANONYMOUS\r\n"s, std::string(4096, 'A')}) {
    Authenticator authenticator = make(GetParam());
    (void)authenticator.begin();

    EXPECT_TRUE(is<Failed>(authenticator.message(text))) << text;
    EXPECT_EQ(authenticator.login(), "");
  }
}

TEST_P(PasswordExchange, ALoginThatNobodyCanHaveFailsBeforeTheLookUp) {
  EXPECT_TRUE(is<Failed>(authenticator_.message(credentials(GetParam(), "al:ice", "secret"))));
}

TEST_P(PasswordExchange, ASecondMessageWhileTheAccountIsLookedUpFails) {
  (void)authenticator_.message(credentials(GetParam(), "alice", "guess"));

  EXPECT_TRUE(is<Failed>(authenticator_.message(credentials(GetParam(), "alice", "secret"))));
}

TEST_P(PasswordExchange, SurvivesBeingMoved) {
  (void)authenticator_.message(credentials(GetParam(), "alice", "secret"));
  Authenticator moved = std::move(authenticator_);

  EXPECT_TRUE(is<Succeeded>(moved.account(alice())));
}

using PasswordExchangeDeathTest = PasswordExchange;

TEST_P(PasswordExchangeDeathTest, ANonceIsGoodForOneAnswerOnly) {
  (void)authenticator_.message(credentials(GetParam(), "alice", "guess"));
  (void)authenticator_.account(alice());

  EXPECT_DEATH((void)authenticator_.message(credentials(GetParam(), "alice", "secret")), "");
}

std::string name_of(const testing::TestParamInfo<AuthMechanism>& test) {
  return test.param == AuthMechanism::Plain ? "Plain" : "DigestMd5";
}
const auto kWithPassword = testing::Values(AuthMechanism::Plain, AuthMechanism::DigestMd5);
INSTANTIATE_TEST_SUITE_P(Mechanisms, PasswordExchange, kWithPassword, name_of);
INSTANTIATE_TEST_SUITE_P(Mechanisms, PasswordExchangeDeathTest, kWithPassword, name_of);

static_assert(!std::is_copy_constructible_v<Authenticator>);

}  // namespace authenticator_test
}  // namespace tsp::auth
