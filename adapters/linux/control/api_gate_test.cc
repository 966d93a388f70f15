// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "adapters/linux/control/api_test_support.h"
#include "adapters/linux/control/totp.h"
#include "core/auth/api_token.h"

namespace tsp::linux_ {
namespace api_gate_test {

using std::chrono::seconds;
using testing::HasSubstr;

const IPv6Address kHere = map_ipv4({{192, 0, 2, 7}});
const IPv6Address kElsewhere = map_ipv4({{198, 51, 100, 7}});
const std::string kToken = "tspt_" + std::string(64, 'a');

// A gate before a core that knows a token and console logins.
class ApiGateTest : public testing::Test {
 protected:
  ApiGateTest() {
    ApiToken token;
    token.name = "backup";
    token.role = ApiRole::Operator;
    token.scopes = {"accounts:read"};
    tokens_[auth::hash_of_api_token(kToken)] = token;
    logins_["noc"] = {.login = "noc", .role = ApiRole::Admin, .password_hash = hash_of("correct horse")};
  }

  std::string hash_of(const std::string& password) { return gate_->passwords().hash(password).value(); }
  std::optional<AdminReply> answer(const AdminCommand& command) {
    ++asked_;
    if (is_away_) return AdminReply{.status = AdminStatus::Unavailable, .message = "the store is away"};
    AdminReply reply;
    if (const auto* find = std::get_if<FindTokenRequest>(&command)) {
      const auto found = tokens_.find(find->hash);
      if (found != tokens_.end()) reply.tokens = {found->second};
    }
    if (const auto* find = std::get_if<FindConsoleLoginRequest>(&command)) {
      const auto found = logins_.find(find->login);
      if (found != logins_.end()) reply.console_logins = {found->second};
      if (totp_ && totp_->login == find->login) reply.totps = {*totp_};
    }
    if (const auto* use = std::get_if<UseTotpRequest>(&command)) {
      const bool is_new = totp_->last_step < use->step;
      totp_->last_step = std::max(totp_->last_step, use->step);
      return AdminReply{.status = is_new ? AdminStatus::Done : AdminStatus::Exists};
    }
    if (reply.tokens.empty() && reply.console_logins.empty()) reply.status = AdminStatus::NotFound;
    return reply;
  }

  std::expected<Caller, ApiResponse> identify(Credentials credentials, const std::string& method = "GET") {
    if (!credentials.uid && credentials.source == IPv6Address{}) credentials.source = kHere;
    return gate_->identify({.method = method, .target = "/", .body = {}, .credentials = std::move(credentials)});
  }
  int status_of_token(const std::string& authorization, const IPv6Address& source = kHere) {
    const auto caller = identify({.source = source, .authorization = authorization});
    return caller ? 200 : caller.error().status;
  }
  int status_of_login(const std::string& password, const IPv6Address& source = kHere,
                      const std::string& login = "noc") {
    const auto begun = gate_->log_in({.source = source}, {.login = login, .password = password});
    return begun ? 200 : begun.error().status;
  }
  ApiGate::Login log_in() {
    return gate_->log_in({.source = kHere}, {.login = "noc", .password = "correct horse"}).value();
  }
  static std::string cookie_of(const ApiGate::Login& login) {
    return "theme=dark; __Host-tspd=" + login.session.cookie + "; x=y";
  }

  Instant now_;
  bool is_away_ = false;
  int asked_ = 0;
  std::map<ApiTokenHash, ApiToken> tokens_;
  std::map<std::string, ConsoleLogin> logins_;
  std::optional<ConsoleTotp> totp_;
  WallTime wall_{seconds(1'764'000'000)};
  std::shared_ptr<ApiGate> gate_ =
      make_test_gate([this](const AdminCommand& command, const std::optional<Actor>&) { return answer(command); },
                     [this] { return now_; }, [this] { return wall_; });
};

TEST_F(ApiGateTest, WhoHasReachedTheControlSocketIsAnAdmin) {
  const auto caller = identify({.uid = 1000});
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->role, ApiRole::Admin);
  EXPECT_EQ(caller->actor(), (Actor{"uid 1000", "local"}));
}

TEST_F(ApiGateTest, WhoShowsNothingIsNobody) {
  const auto caller = identify({});
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->role, std::nullopt);
  EXPECT_EQ(caller->source, "192.0.2.7");
  EXPECT_EQ(asked_, 0);
}

TEST_F(ApiGateTest, ATokenSaysWhoItIs) {
  const auto caller = identify({.authorization = "Bearer " + kToken});
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->role, ApiRole::Operator);
  EXPECT_EQ(caller->actor(), (Actor{"token backup", "192.0.2.7"}));
  EXPECT_EQ(caller->scopes, std::vector<std::string>{"accounts:read"});
  EXPECT_EQ(caller->login, "");
}

TEST_F(ApiGateTest, ATokenThatWasRevokedIsNobodysAtOnce) {
  EXPECT_EQ(status_of_token("Bearer " + kToken), 200);
  tokens_.clear();
  EXPECT_EQ(status_of_token("Bearer " + kToken), 401);
}

TEST_F(ApiGateTest, WhatIsNoTokenIsNotLookedFor) {
  for (const std::string& text : {std::string("Basic YTpi"), std::string("Bearer"), "Bearer " + kToken + "a",
                                  "Bearer  " + kToken, std::string("Bearer x")}) {
    EXPECT_EQ(status_of_token(text), 401) << text;
  }
  EXPECT_EQ(asked_, 0);
}

TEST_F(ApiGateTest, GuessersAreSlowedDownAndNobodyElse) {
  EXPECT_EQ(status_of_token("Bearer " + kToken), 200);
  const std::string wrong = "Bearer tspt_" + std::string(64, 'b');
  int refused = 0;
  for (int i = 0; i < 30; ++i) refused += status_of_token(wrong) == 429 ? 1 : 0;
  EXPECT_EQ(refused, 10);
  EXPECT_EQ(status_of_token(wrong, kElsewhere), 401);
  EXPECT_EQ(status_of_token("Bearer " + kToken), 200) << "it was accepted before";
}

TEST_F(ApiGateTest, AStoreThatIsAwayIsNoReasonToCallATokenWrong) {
  is_away_ = true;
  EXPECT_EQ(status_of_token("Bearer " + kToken), 503);
  EXPECT_EQ(status_of_login("correct horse"), 503);
}

TEST_F(ApiGateTest, ASessionSaysWhoItIs) {
  const auto login = log_in();
  const auto caller = identify({.cookie = cookie_of(login)});
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->role, ApiRole::Admin);
  EXPECT_EQ(caller->actor(), (Actor{"session noc", "192.0.2.7"}));
  EXPECT_EQ(caller->login, "noc");
  const auto session = gate_->session_of(*caller);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->csrf_token, login.session.csrf_token);
}

TEST_F(ApiGateTest, WhatChangesSomethingNeedsTheSecondSecretOfTheSession) {
  const auto login = log_in();
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    EXPECT_EQ(identify({.cookie = cookie_of(login)}, method).error().status, 403);
    EXPECT_EQ(identify({.cookie = cookie_of(login), .csrf_token = log_in().session.csrf_token}, method).error().status,
              403);
    EXPECT_TRUE(identify({.cookie = cookie_of(login), .csrf_token = login.session.csrf_token}, method));
  }
}

TEST_F(ApiGateTest, ASessionEndsWhenItsLoginChangesOrGoes) {
  const auto login = log_in();
  logins_["noc"].password_hash = hash_of("another horse");
  EXPECT_EQ(identify({.cookie = cookie_of(login)})->role, std::nullopt);
  logins_["noc"].password_hash = hash_of("correct horse");
  EXPECT_EQ(identify({.cookie = cookie_of(login)})->role, std::nullopt) << "it has ended for good";
  const auto second = log_in();
  logins_.clear();
  EXPECT_EQ(identify({.cookie = cookie_of(second)})->role, std::nullopt);
}

TEST_F(ApiGateTest, ASessionEndsByItself) {
  const auto login = log_in();
  now_.since_boot += std::chrono::hours(1);
  EXPECT_EQ(identify({.cookie = cookie_of(login)})->role, std::nullopt);
}

TEST_F(ApiGateTest, WrongPasswordsAreRefusedAndSlowedDown) {
  EXPECT_EQ(status_of_login("wrong horse"), 401);
  EXPECT_EQ(status_of_login("wrong horse"), 401);
  EXPECT_EQ(status_of_login("correct horse"), 429);
  EXPECT_EQ(status_of_login("correct horse", kElsewhere), 200) << "an owner who comes from elsewhere";
  now_.since_boot += seconds(1);
  EXPECT_EQ(status_of_login("correct horse"), 200);
}

TEST_F(ApiGateTest, WhetherThereIsALoginIsNotTold) {
  const auto wrong = gate_->log_in({.source = kHere}, {.login = "noc", .password = "x"}).error();
  const auto nobody = gate_->log_in({.source = kHere}, {.login = "nobody", .password = "x"}).error();
  EXPECT_EQ(wrong.status, nobody.status);
  EXPECT_EQ(wrong.body, nobody.body);
}

TEST_F(ApiGateTest, ALogInAsksTheStoreOnceAndOnceMoreToUseACode) {
  asked_ = 0;
  EXPECT_EQ(status_of_login("correct horse"), 200);
  EXPECT_EQ(asked_, 1);
  totp_ = ConsoleTotp{.login = "noc", .secret = {1, 2, 3}, .confirmed = true};
  const std::string code = totp_code(totp_->secret, totp_step(wall_));
  EXPECT_TRUE(gate_->log_in({.source = kHere}, {.login = "noc", .password = "correct horse", .code = code}));
  EXPECT_EQ(asked_, 3);
}

TEST_F(ApiGateTest, WithASecondFactorTheCodeIsAskedForAfterThePassword) {
  totp_ = ConsoleTotp{.login = "noc", .secret = {1, 2, 3}, .confirmed = false};
  EXPECT_EQ(status_of_login("correct horse"), 200) << "it does not count yet";
  totp_->confirmed = true;
  const auto with = [&](const std::string& password, std::optional<std::string> code) {
    const auto begun =
        gate_->log_in({.source = kHere}, {.login = "noc", .password = password, .code = std::move(code)});
    return begun ? "in" : begun.error().body;
  };
  const std::string code = totp_code(totp_->secret, totp_step(wall_));
  EXPECT_THAT(with("wrong", code), HasSubstr("login or password is wrong"));
  EXPECT_THAT(with("correct horse", std::nullopt), HasSubstr(R"("field":"code")"));
  EXPECT_EQ(with("correct horse", code), "in");
  EXPECT_THAT(with("correct horse", code), HasSubstr("used already"));
}

TEST_F(ApiGateTest, WhoGuessesCodesIsSlowedDownWhereverHeIs) {
  totp_ = ConsoleTotp{.login = "noc", .secret = {1, 2, 3}, .confirmed = true};
  const auto guess = [&](const IPv6Address& source) {
    return gate_->log_in({.source = source}, {.login = "noc", .password = "correct horse", .code = "x"}).error().status;
  };
  EXPECT_EQ(guess(kHere), 401);
  EXPECT_EQ(guess(kElsewhere), 401);
  EXPECT_EQ(guess(*parse_address("2001:db8::7")), 429);
  now_.since_boot += seconds(1);
  EXPECT_EQ(guess(*parse_address("2001:db8::7")), 401);
  EXPECT_EQ(status_of_login("correct horse", *parse_address("2001:db8::8")), 401) << "the password alone is no guess";
}

TEST_F(ApiGateTest, ALookAtWhoAsksIsNoUseAndNoGuess) {
  const auto login = log_in();
  const ApiRequest request{
      .method = "GET", .target = "/", .body = {}, .credentials = {.source = kHere, .cookie = cookie_of(login)}};
  now_.since_boot += std::chrono::minutes(29);
  EXPECT_EQ(gate_->identify_again(request)->role, ApiRole::Admin);
  now_.since_boot += std::chrono::minutes(1);
  EXPECT_EQ(gate_->identify_again(request)->role, std::nullopt);
  const ApiRequest forged{.method = "GET",
                          .target = "/",
                          .body = {},
                          .credentials = {.source = kHere, .authorization = "Bearer tspt_" + std::string(64, 'b')}};
  for (int i = 0; i < 30; ++i) EXPECT_EQ(gate_->identify_again(forged).error().status, 401);
  EXPECT_EQ(status_of_token("Bearer " + kToken), 200);
}

TEST_F(ApiGateTest, WhoIsToWaitIsToldHowLong) {
  EXPECT_EQ(status_of_login("wrong"), 401);
  EXPECT_EQ(status_of_login("wrong"), 401);
  now_.since_boot += seconds(1);
  EXPECT_EQ(status_of_login("wrong"), 401);
  const auto refused = gate_->log_in({.source = kHere}, {.login = "noc", .password = "wrong"}).error();
  EXPECT_EQ(refused.headers, (std::vector<std::pair<std::string, std::string>>{{"Retry-After", "2"}})) << refused.body;
}

}  // namespace api_gate_test
}  // namespace tsp::linux_
