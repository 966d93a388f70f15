// SPDX-License-Identifier: Apache-2.0
#include "core/auth/digest_value.h"

#include <gtest/gtest.h>

#include "core/auth/digest_md5.h"
#include "core/wire/base64.h"

namespace tsp::auth {
namespace digest_value_test {

struct Vector {
  const char* name;
  const char* login;
  const char* realm;
  const char* password;
  const char* nonce;
  const char* cnonce;
  const char* server;
  const char* response;
  const char* rspauth;
  bool bug_1455;
};

constexpr Vector kVectors[] = {
    {"Rfc5572Figure12", "username1", "hexos", "password", "1113908968", "1113923311", "hexos",
     "f8e42b3c50c59771853f6274fcffd1ca", "70d5cabc9235568be380ba2c907381fe", false},
    {"CapturedFromGogoc", "username1", "hexos", "password", "1113908968", "1795606148", "127.0.0.1:3653",
     "1df7d6dbaaaf0418e01e9fbe07014257", "93bfdecbe654b478c5e8ff11c13bb286", false},
    {"QuotedForm", "alice", "tb.example.net", "secret", "5f1d7c0a9be24386a1c4d2f09e8b7361", "1700000000",
     "tb.example.net", "834fca2dce6b0f735cb9aa981c119fa0", "17a60e32937b1b61449ae9ef3559e18a", false},
    {"ZeroByteInVerifier", "user14", "hexos", "password", "1113908968", "1113923311", "hexos",
     "0536d2b62df9c916b36df1aa0fb5c1fd", "44bc099b6552fa25f3a5434da89e56bd", false},
    {"ZeroByteInVerifierAndBug1455", "user14", "hexos", "password", "1113908968", "1113923311", "hexos",
     "00df297fd0cd3b5bbc468b00562092e2", "6c47fc7dee9111c13d55cc0e5fd94272", true},
};

DigestResponse response_of(const Vector& vector) {
  return {.username = vector.login,
          .realm = vector.realm,
          .nonce = vector.nonce,
          .cnonce = vector.cnonce,
          .nc = "00000001",
          .qop = "auth",
          .digest_uri = std::string("tsp/") + vector.server,
          .response = vector.response};
}

Verifier verifier_of(const Vector& vector) {
  return make_verifier(vector.login, vector.realm, vector.password);
}

std::string rspauth_token(std::string_view rspauth) {
  return wire::base64_encode("rspauth=" + std::string(rspauth));
}

class KnownAnswer : public testing::TestWithParam<Vector> {};

TEST_P(KnownAnswer, TheServerAcceptsTheResponseAndAnswersInKind) {
  const Vector& v = GetParam();

  const auto rspauth = check_response(response_of(v), verifier_of(v), v.realm, v.nonce, v.bug_1455);

  EXPECT_EQ(rspauth, rspauth_token(v.rspauth));
}

TEST_P(KnownAnswer, TheFaultyFormIsRefusedUnlessTheVersionHasTheFault) {
  const Vector& v = GetParam();

  const auto rspauth = check_response(response_of(v), verifier_of(v), v.realm, v.nonce, false);

  EXPECT_EQ(rspauth.has_value(), !v.bug_1455);
}

TEST_P(KnownAnswer, TheClientMakesTheRightResponse) {
  const Vector& v = GetParam();
  if (v.bug_1455) return;  // our client has no such fault

  const ClientResponse made =
      make_response({.realm = v.realm, .nonce = v.nonce, .charset = "utf-8"}, v.login, v.password, v.cnonce, v.server);

  EXPECT_EQ(parse_response(made.token)->response, v.response);
  EXPECT_EQ(made.expected_rspauth, v.rspauth);
}

INSTANTIATE_TEST_SUITE_P(Vectors, KnownAnswer, testing::ValuesIn(kVectors),
                         [](const auto& test) { return std::string(test.param.name); });

constexpr const Vector& kAlice = kVectors[2];

TEST(Verifier, IsTheHashOfLoginRealmAndPassword) {
  const Verifier expected{0xB7, 0x94, 0xB9, 0xA0, 0x30, 0xD1, 0x82, 0x53,
                          0x03, 0x11, 0x79, 0x18, 0x1E, 0x26, 0x25, 0x5C};

  EXPECT_EQ(make_verifier("alice", "tb.example.net", "secret"), expected);
}

TEST(Proof, MustAnswerTheChallengeThatWasIssued) {
  const auto accepted = [](const DigestResponse& response) {
    return check_response(response, verifier_of(kAlice), kAlice.realm, kAlice.nonce, false).has_value();
  };
  const DigestResponse good = response_of(kAlice);
  ASSERT_TRUE(accepted(good));

  DigestResponse changed = good;
  changed.realm = "other";
  EXPECT_FALSE(accepted(changed));
  changed = good;
  changed.nonce = "other";
  EXPECT_FALSE(accepted(changed));
  changed = good;
  changed.response.front() = '0';
  EXPECT_FALSE(accepted(changed));
  changed = good;
  changed.cnonce = "other";
  EXPECT_FALSE(accepted(changed));
}

// Correctly computed for what it says, so that only the field itself can be what is refused.
DigestResponse computed(std::string nc, std::string qop, std::string digest_uri) {
  const Verifier verifier = verifier_of(kAlice);
  DigestResponse response = response_of(kAlice);
  response.response = digest_values({.verifier = verifier,
                                     .nonce = response.nonce,
                                     .nc = nc,
                                     .cnonce = response.cnonce,
                                     .qop = qop,
                                     .digest_uri = digest_uri})
                          .response;
  response.nc = std::move(nc);
  response.qop = std::move(qop);
  response.digest_uri = std::move(digest_uri);
  return response;
}

TEST(Proof, MustBeTheFirstUseWithPlainAuthForThisService) {
  const auto accepted = [](const DigestResponse& response) {
    return check_response(response, verifier_of(kAlice), kAlice.realm, kAlice.nonce, true).has_value();
  };

  EXPECT_TRUE(accepted(computed("00000001", "auth", "tsp/whatever.the.client:calls-us")));
  EXPECT_FALSE(accepted(computed("00000002", "auth", "tsp/x")));
  EXPECT_FALSE(accepted(computed("1", "auth", "tsp/x")));
  EXPECT_FALSE(accepted(computed("00000001", "auth-int", "tsp/x")));
  EXPECT_FALSE(accepted(computed("00000001", "auth", "imap/x")));
}

// ---- bug 1455 -----------------------------------------------------------------------------------------------------

// Whether alice's account with a zero byte at `zero_at` of its verifier would accept what the fault makes of it.
bool faulty_accepted(std::size_t zero_at, const char* faulty_response) {
  Verifier verifier = verifier_of(kAlice);
  verifier[zero_at] = 0;
  DigestResponse response = response_of(kAlice);
  response.response = faulty_response;
  return check_response(response, verifier, kAlice.realm, kAlice.nonce, true).has_value();
}

TEST(Bug1455, FiveBytesOfSecretAreTheLeastThatIsAccepted) {
  EXPECT_TRUE(faulty_accepted(5, "b2e91ac231b880f8ea70a07db7df86f5"));
  EXPECT_FALSE(faulty_accepted(4, "c00face0d785670db451f0f52fca6f08"));
}

TEST(Bug1455, AVerifierThatBeginsWithZeroIsNotOpenToEverybody) {
  EXPECT_FALSE(faulty_accepted(0, "7a2a2f777e86b5a3dd7084816278f184"));  // no password went into this one
}

TEST(Bug1455, CorrectClientsOfAFaultyVersionAreAcceptedToo) {
  const Vector& v = kVectors[3];

  EXPECT_EQ(check_response(response_of(v), verifier_of(v), v.realm, v.nonce, true), rspauth_token(v.rspauth));
}

TEST(EqualSecrets, ComparesContentAndLength) {
  EXPECT_TRUE(equal_secrets("", ""));
  EXPECT_TRUE(equal_secrets("abc", "abc"));
  EXPECT_FALSE(equal_secrets("abc", "abd"));
  EXPECT_FALSE(equal_secrets("abc", "ab"));
}

}  // namespace digest_value_test
}  // namespace tsp::auth
