// SPDX-License-Identifier: Apache-2.0
#include "core/auth/digest_md5.h"

#include <gtest/gtest.h>

#include "core/wire/base64.h"

namespace tsp::auth {
namespace digest_md5_test {

using wire::base64_decode;
using wire::base64_encode;

constexpr std::string_view kRealm = "tb.example.net";
constexpr std::string_view kNonce = "5f1d7c0a9be24386a1c4d2f09e8b7361";
constexpr std::string_view kAliceResponse =
    "Y2hhcnNldD11dGYtOCx1c2VybmFtZT0iYWxpY2UiLHJlYWxtPSJ0Yi5leGFtcGxlLm5ldCIsbm9uY2U9IjVmMWQ3YzBhOWJlMjQzODZhMWM0ZDJm"
    "MDllOGI3MzYxIixuYz0wMDAwMDAwMSxjbm9uY2U9IjE3MDAwMDAwMDAiLGRpZ2VzdC11cmk9InRzcC90Yi5leGFtcGxlLm5ldCIscmVzcG9uc2U9"
    "ODM0ZmNhMmRjZTZiMGY3MzVjYjlhYTk4MWMxMTlmYTAscW9wPWF1dGg=";

// ---- challenge ----------------------------------------------------------------------------------------------------

TEST(Challenge, IsTheOneFormThatEveryClientReads) {
  EXPECT_EQ(
      make_challenge(kRealm, kNonce),
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
  EXPECT_EQ(response->nonce, kNonce);
  EXPECT_EQ(response->cnonce, "1700000000");
  EXPECT_EQ(response->nc, "00000001");
  EXPECT_EQ(response->qop, "auth");
  EXPECT_EQ(response->digest_uri, "tsp/tb.example.net");
  EXPECT_EQ(response->response, "834fca2dce6b0f735cb9aa981c119fa0");
}

TEST(Response, IsMadeAsGogocMakesIt) {
  const DigestChallenge challenge{.realm = std::string(kRealm), .nonce = std::string(kNonce), .charset = "utf-8"};

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

// ---- rspauth ------------------------------------------------------------------------------------------------------

constexpr std::string_view kRspauth = "70d5cabc9235568be380ba2c907381fe";

TEST(Rspauth, OfTheRfcIsRecognised) {
  EXPECT_TRUE(check_rspauth("cnNwYXV0aD03MGQ1Y2FiYzkyMzU1NjhiZTM4MGJhMmM5MDczODFmZQ==\r\n", kRspauth));
}

TEST(Rspauth, AnythingElseIsRefused) {
  const std::string good = "rspauth=70d5cabc9235568be380ba2c907381fe";
  ASSERT_TRUE(check_rspauth(base64_encode(good), kRspauth));

  EXPECT_FALSE(check_rspauth("", kRspauth));
  EXPECT_FALSE(check_rspauth("200 Success\r\n", kRspauth));
  EXPECT_FALSE(check_rspauth(base64_encode("rspauth="), kRspauth));
  EXPECT_FALSE(check_rspauth(base64_encode(good.substr(0, good.size() - 1) + "f"), kRspauth));
  EXPECT_FALSE(check_rspauth(base64_encode(good.substr(0, good.size() - 1)), kRspauth));
  EXPECT_FALSE(check_rspauth(base64_encode(good + "," + good), kRspauth));
}

}  // namespace digest_md5_test
}  // namespace tsp::auth
