// SPDX-License-Identifier: Apache-2.0
#include "core/auth/digest_md5.h"

#include <gtest/gtest.h>

#include "core/auth/digest_value.h"
#include "core/wire/base64.h"

namespace tsp::auth {
namespace {

using wire::base64_decode;
using wire::base64_encode;

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
  return base64_encode("rspauth=" + std::string(rspauth));
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
constexpr std::string_view kAliceResponse =
    "Y2hhcnNldD11dGYtOCx1c2VybmFtZT0iYWxpY2UiLHJlYWxtPSJ0Yi5leGFtcGxlLm5ldCIsbm9uY2U9IjVmMWQ3YzBhOWJlMjQzODZhMWM0ZDJm"
    "MDllOGI3MzYxIixuYz0wMDAwMDAwMSxjbm9uY2U9IjE3MDAwMDAwMDAiLGRpZ2VzdC11cmk9InRzcC90Yi5leGFtcGxlLm5ldCIscmVzcG9uc2U9"
    "ODM0ZmNhMmRjZTZiMGY3MzVjYjlhYTk4MWMxMTlmYTAscW9wPWF1dGg=";

// ---- verifier -----------------------------------------------------------------------------------------------------

TEST(Verifier, IsTheHashOfLoginRealmAndPassword) {
  const Verifier expected{0xB7, 0x94, 0xB9, 0xA0, 0x30, 0xD1, 0x82, 0x53,
                          0x03, 0x11, 0x79, 0x18, 0x1E, 0x26, 0x25, 0x5C};

  EXPECT_EQ(make_verifier("alice", "tb.example.net", "secret"), expected);
}

// ---- challenge ----------------------------------------------------------------------------------------------------

TEST(Challenge, IsTheOneFormThatEveryClientReads) {
  EXPECT_EQ(
      make_challenge(kAlice.realm, kAlice.nonce),
      "cmVhbG09InRiLmV4YW1wbGUubmV0Iixub25jZT0iNWYxZDdjMGE5YmUyNDM4NmExYzRkMmYwOWU4YjczNjEiLHFvcD0iYXV0aCIsYWxnb3Jp"
      "dGhtPW1kNS1zZXNzLGNoYXJzZXQ9dXRmLTg=");
}

TEST(Challenge, OfTheRfcIsReadWithoutQuotes) {
  const auto challenge = parse_challenge(
      "cmVhbG09aGV4b3Msbm9uY2U9MTExMzkwODk2OCxxb3A9YXV0aCxhbGdvcml0aG09bWQ1LXNlc3MsY2hhcnNldD11dGY4\r\n");

  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->realm, "hexos");
  EXPECT_EQ(challenge->nonce, "1113908968");
  EXPECT_EQ(challenge->charset, "utf8");
}

TEST(Challenge, IsReadInAnyOrderWithUnknownDirectives) {
  const auto challenge = parse_challenge(base64_encode(R"(maxbuf=9, nonce="n,1" , cipher="x", REALM="a \"b\"")"));

  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->realm, "a \"b\"");
  EXPECT_EQ(challenge->nonce, "n,1");
  EXPECT_EQ(challenge->charset, "");
}

TEST(Challenge, ListOfQopsMustHoldAuth) {
  EXPECT_TRUE(parse_challenge(base64_encode(R"(realm=r,nonce=n,qop="auth-int, auth")")));
  EXPECT_TRUE(parse_challenge(base64_encode(R"(realm=r,nonce=n,qop="auth,auth-int")")));
  EXPECT_EQ(parse_challenge(base64_encode(R"(realm=r,nonce=n,qop="auth-int,auth-conf")")).error(),
            DigestError::MissingField);
}

TEST(Challenge, FaultsAreToldApart) {
  EXPECT_EQ(parse_challenge("300 Authentication failed\r\n").error(), DigestError::BadBase64);
  EXPECT_EQ(parse_challenge(base64_encode("realm=\"r")).error(), DigestError::BadSyntax);
  EXPECT_EQ(parse_challenge(base64_encode("realm=r")).error(), DigestError::MissingField);
  EXPECT_EQ(parse_challenge(base64_encode("nonce=n,realm=\"\"")).error(), DigestError::MissingField);
  EXPECT_EQ(parse_challenge(base64_encode("realm=r,nonce=n,nonce=m")).error(), DigestError::DuplicateField);
  EXPECT_EQ(parse_challenge(base64_encode("realm=r,nonce=n,charset=\"utf-8,username=x\"")).error(),
            DigestError::BadSyntax);
}

// ---- response -----------------------------------------------------------------------------------------------------

TEST(Response, OfGogocIsRead) {
  const auto response = parse_response(std::string(kAliceResponse) + "\r\n");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->username, "alice");
  EXPECT_EQ(response->realm, "tb.example.net");
  EXPECT_EQ(response->nonce, kAlice.nonce);
  EXPECT_EQ(response->cnonce, "1700000000");
  EXPECT_EQ(response->nc, "00000001");
  EXPECT_EQ(response->qop, "auth");
  EXPECT_EQ(response->digest_uri, "tsp/tb.example.net");
  EXPECT_EQ(response->response, kAlice.response);
}

TEST(Response, IsMadeAsGogocMakesIt) {
  const DigestChallenge challenge{.realm = kAlice.realm, .nonce = kAlice.nonce, .charset = "utf-8"};

  EXPECT_EQ(make_response(challenge, "alice", "secret", "1700000000", "tb.example.net").token, kAliceResponse);
}

TEST(Response, EchoesNoCharsetThatWasNotOffered) {
  const auto made = make_response({.realm = "r", .nonce = "n", .charset = ""}, "alice", "secret", "c", "h");

  EXPECT_TRUE(base64_decode(made.token)->starts_with("username="));
}

TEST(Response, AwkwardLoginsSurviveTheJourney) {
  for (const char* login : {R"(a"b)", R"(a\b)", R"(a\"b\\)", "a,b", "a=b", "J\xC3\xBCrgen", " a "}) {
    const Verifier verifier = make_verifier(login, "realm", "pass:word");
    const auto challenge = parse_challenge(make_challenge("realm", "nonce"));
    const auto made = make_response(*challenge, login, "pass:word", "cnonce", "[2001:db8::1]:3653");
    const auto response = parse_response(made.token);

    ASSERT_TRUE(response) << login;
    EXPECT_EQ(response->username, login);
    const auto rspauth = check_response(*response, verifier, "realm", "nonce", false);
    ASSERT_TRUE(rspauth) << login;
    EXPECT_TRUE(check_rspauth(*rspauth, made.expected_rspauth));
  }
}

TEST(Response, UpperCaseDigitsAreAccepted) {
  const auto response =
      parse_response(base64_encode("username=u,realm=r,nonce=n,cnonce=c,nc=00000001,digest-uri=tsp/x,"
                                   "response=0123456789ABCDEF0123456789abcdef"));

  ASSERT_TRUE(response);
  EXPECT_EQ(response->response, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(response->qop, "auth");  // the default of RFC 2831
}

TEST(Response, FaultsAreToldApart) {
  const std::string good =
      "username=u,realm=r,nonce=n,cnonce=c,nc=00000001,digest-uri=tsp/x,response=0123456789abcdef0123456789abcdef";
  ASSERT_TRUE(parse_response(base64_encode(good)));

  EXPECT_EQ(parse_response("!").error(), DigestError::BadBase64);
  EXPECT_EQ(parse_response("").error(), DigestError::MissingField);
  EXPECT_EQ(parse_response(base64_encode(good + ",username=v")).error(), DigestError::DuplicateField);
  EXPECT_EQ(parse_response(base64_encode(good + "0")).error(), DigestError::BadSyntax);
  EXPECT_EQ(parse_response(base64_encode(good.substr(0, good.size() - 1))).error(), DigestError::BadSyntax);
  EXPECT_EQ(parse_response(base64_encode(good.substr(0, good.size() - 1) + "g")).error(), DigestError::BadSyntax);
  for (const char* name : {"username", "realm", "nonce", "cnonce", "nc", "digest-uri", "response"}) {
    std::string without = "," + good;
    without.replace(without.find("," + std::string(name) + "="), 2, ",x");
    EXPECT_EQ(parse_response(base64_encode(without)).error(), DigestError::MissingField) << name;
  }
}

TEST(Response, MustAnswerTheChallengeThatWasIssued) {
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

TEST(Response, MustBeTheFirstUseWithPlainAuthForThisService) {
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

// ---- rspauth ------------------------------------------------------------------------------------------------------

TEST(Rspauth, OfTheRfcIsRecognised) {
  EXPECT_TRUE(check_rspauth("cnNwYXV0aD03MGQ1Y2FiYzkyMzU1NjhiZTM4MGJhMmM5MDczODFmZQ==\r\n", kVectors[0].rspauth));
}

TEST(Rspauth, AnythingElseIsRefused) {
  const std::string_view expected = kVectors[0].rspauth;

  EXPECT_FALSE(check_rspauth("", expected));
  EXPECT_FALSE(check_rspauth("200 Success\r\n", expected));
  EXPECT_FALSE(check_rspauth(base64_encode("rspauth="), expected));
  EXPECT_FALSE(check_rspauth(rspauth_token("70d5cabc9235568be380ba2c907381ff"), expected));
  EXPECT_FALSE(check_rspauth(rspauth_token(expected.substr(1)), expected));
  EXPECT_FALSE(
      check_rspauth(base64_encode("rspauth=" + std::string(expected) + ",rspauth=" + std::string(expected)), expected));
}

TEST(EqualSecrets, ComparesContentAndLength) {
  EXPECT_TRUE(equal_secrets("", ""));
  EXPECT_TRUE(equal_secrets("abc", "abc"));
  EXPECT_FALSE(equal_secrets("abc", "abd"));
  EXPECT_FALSE(equal_secrets("abc", "ab"));
}

}  // namespace
}  // namespace tsp::auth
