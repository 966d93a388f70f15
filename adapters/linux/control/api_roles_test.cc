// SPDX-License-Identifier: Apache-2.0
//
// What depends on who asks, beyond the table of routes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <variant>
#include <vector>

#include "adapters/linux/control/api_test_support.h"

namespace tsp::linux_ {
namespace api_roles_test {

using nlohmann::json;
using testing::HasSubstr;

Caller user(const std::string& login) {
  return {.role = ApiRole::User, .name = "token " + login + "/phone", .source = "192.0.2.7", .login = login};
}

class ApiRoles : public testing::Test {
 protected:
  ApiResponse call(const Caller& caller, const std::string& method, const std::string& target,
                   const std::string& body = "") {
    const Api::CoreCall core = [this](const AdminCommand& command, const std::optional<Actor>& actor) {
      commands_.push_back(command);
      actors_.push_back(actor);
      return std::optional(answer_);
    };
    const Api api(core, make_test_gate(core), [] { return ServiceStatus{}; }, [] { return SelfTestReport{}; });
    return api.handle({.method = method, .target = "/api/v1/" + target, .body = body}, caller);
  }
  template <class Command>
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        commands_, [](const AdminCommand& command) { return std::holds_alternative<Command>(command); }));
  }

  AdminReply answer_;
  std::vector<AdminCommand> commands_;
  std::vector<std::optional<Actor>> actors_;
};

TEST_F(ApiRoles, TheCoreIsToldWhoAsks) {
  EXPECT_EQ(call(user("alice"), "PATCH", "accounts/alice", R"({"password":"x"})").status, 200);
  ASSERT_FALSE(actors_.empty());
  EXPECT_EQ(actors_.front(), (Actor{"token alice/phone", "192.0.2.7"}));
}

TEST_F(ApiRoles, AUserHasItsOwnAccountAndNoOther) {
  EXPECT_EQ(call(user("alice"), "GET", "accounts/alice").status, 200);
  EXPECT_EQ(call(user("alice"), "POST", "update-keys/alice").status, 200);
  commands_.clear();
  for (const char* login : {"bob", "Alice", "alice%20", "alice/", ""}) {
    EXPECT_EQ(call(user("alice"), "GET", std::string("accounts/") + login).status, 403) << login;
    EXPECT_EQ(call(user("alice"), "PATCH", std::string("accounts/") + login, "{}").status, 403) << login;
    EXPECT_EQ(call(user("alice"), "POST", std::string("update-keys/") + login).status, 403) << login;
  }
  EXPECT_EQ(call(user("alice"), "GET", "accounts/alice%00").status, 400);
  EXPECT_EQ(call(user("alice"), "DELETE", "accounts/alice").status, 403);
  EXPECT_EQ(call(user("alice"), "GET", "accounts").status, 403);
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiRoles, AUserChangesNothingThatAnAdministratorDecides) {
  for (const char* body : {R"({"enabled":true})", R"({"mtu":1400})", R"({"mtu":null})", R"({"home":1})",
                           R"({"password":"x","force":true})"}) {
    const ApiResponse response = call(user("alice"), "PATCH", "accounts/alice", body);
    EXPECT_EQ(response.status, 403) << body;
    EXPECT_THAT(response.body, HasSubstr("\"field\":")) << body;
  }
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiRoles, AnothersTunnelIsNotThere) {
  answer_.tunnels.resize(1);
  answer_.tunnels[0].record.login = "bob";
  EXPECT_EQ(call(user("alice"), "GET", "tunnels/7").status, 404);
  EXPECT_EQ(call(user("alice"), "DELETE", "tunnels/7").status, 404);
  EXPECT_EQ(count<KickTunnelRequest>(), 0U);
  EXPECT_EQ(call(user("bob"), "GET", "tunnels/7").status, 200);
  EXPECT_EQ(call(user("bob"), "DELETE", "tunnels/7").status, 200);
  EXPECT_EQ(count<KickTunnelRequest>(), 1U);
  answer_.tunnels[0].record.login = "";
  EXPECT_EQ(call(user(""), "GET", "tunnels/7").status, 404) << "an anonymous tunnel is nobody's";
}

TEST_F(ApiRoles, AUserHasTokensOfItsOwn) {
  EXPECT_EQ(call(user("alice"), "GET", "tokens").status, 200);
  EXPECT_EQ(std::get<ListTokensRequest>(commands_.back()).login, "alice");
  EXPECT_EQ(call(user("alice"), "DELETE", "tokens/7").status, 200);
  EXPECT_EQ(std::get<RevokeTokenRequest>(commands_.back()).login, "alice");
  commands_.clear();
  for (const char* body : {R"({"name":"x","role":"admin"})", R"({"name":"x","role":"user","login":"bob"})",
                           R"({"name":"x","role":"user"})", R"({"name":"x","role":"operator","login":"alice"})"}) {
    EXPECT_EQ(call(user("alice"), "POST", "tokens", body).status, 403) << body;
  }
  EXPECT_TRUE(commands_.empty());
  EXPECT_EQ(call(user("alice"), "POST", "tokens", R"({"name":"x","role":"user","login":"alice"})").status, 201);
}

TEST_F(ApiRoles, ATokenGivesAwayNoMoreThanItHas) {
  Caller caller = local_caller(0);
  caller.scopes = {"access:write", "accounts:read"};
  const std::string head = R"({"name":"x","role":"admin")";
  EXPECT_EQ(call(caller, "POST", "tokens", head + "}").status, 403);
  EXPECT_EQ(call(caller, "POST", "tokens", head + R"(,"scopes":["accounts:write"]})").status, 403);
  EXPECT_EQ(call(caller, "PUT", "console-logins/me", R"({"password":"12345678","role":"admin"})").status, 403);
  EXPECT_TRUE(commands_.empty());
  EXPECT_EQ(call(caller, "POST", "tokens", head + R"(,"scopes":["accounts:read"]})").status, 201);
}

TEST_F(ApiRoles, AnOperatorTouchesNoTokens) {
  const Caller caller{.role = ApiRole::Operator, .name = "token noc"};
  for (const char* method : {"GET", "POST"}) EXPECT_EQ(call(caller, method, "tokens").status, 403);
  EXPECT_EQ(call(caller, "DELETE", "tokens/7").status, 403);
  EXPECT_EQ(call(caller, "PUT", "console-logins/root", R"({"password":"12345678"})").status, 403);
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiRoles, WhoChangesItsOwnConsolePasswordKnowsTheOneBefore) {
  Passwords passwords(kCheapPasswords);
  answer_.console_logins = {{.login = "alice",
                             .role = ApiRole::User,
                             .account = {5},
                             .password_hash = passwords.hash("correct horse").value()}};
  const std::string head = R"({"password":"another horse")";
  EXPECT_EQ(call(user("alice"), "PUT", "console-logins/alice", head + "}").status, 422);
  EXPECT_EQ(call(user("alice"), "PUT", "console-logins/alice", head + R"(,"current_password":"x"})").status, 403);
  EXPECT_EQ(call(user("alice"), "PUT", "console-logins/alice", head + R"(,"role":"admin"})").status, 403);
  EXPECT_EQ(call(user("alice"), "PUT", "console-logins/bob", head + "}").status, 403);
  EXPECT_EQ(count<SetConsoleLoginRequest>(), 0U);
  EXPECT_EQ(call(user("alice"), "PUT", "console-logins/alice", head + R"(,"current_password":"correct horse"})").status,
            200);
  ASSERT_EQ(count<SetConsoleLoginRequest>(), 1U);
  const auto& set = std::get<SetConsoleLoginRequest>(commands_.back());
  EXPECT_EQ(set.role, ApiRole::User);
  EXPECT_THAT(set.password_hash, testing::StartsWith("$argon2id$"));
}

TEST_F(ApiRoles, ATokenIsToldOnceAndNeverListed) {
  answer_.tokens.resize(1);
  answer_.tokens[0].name = "backup";
  answer_.token = "tspt_secret";
  const ApiResponse created = call(local_caller(0), "POST", "tokens", R"({"name":"backup","role":"admin"})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(json::parse(created.body)["token"], "tspt_secret");
  EXPECT_THAT(call(local_caller(0), "GET", "tokens").body, testing::Not(HasSubstr("secret")));
}

TEST_F(ApiRoles, TheAuditLogIsPaged) {
  answer_.audit.resize(2);
  answer_.audit[1].at = WallTime{std::chrono::nanoseconds(1'764'000'000'123'456'789)};
  answer_.audit[1].id = 17;
  const ApiResponse page = call(local_caller(0), "GET", "audit?limit=2");
  const std::string next = json::parse(page.body)["next"];
  EXPECT_EQ(next, "1764000000123456789-17");
  EXPECT_EQ(call(local_caller(0), "GET", "audit?after=" + next).status, 200);
  EXPECT_EQ(std::get<ReadAuditRequest>(commands_.back()).before, (AuditPlace{answer_.audit[1].at, 17}));
  for (const char* after : {"x", "1", "1-", "-1", "1-x", "99999999999999999999-1", "1-1-1"}) {
    EXPECT_EQ(call(local_caller(0), "GET", std::string("audit?after=") + after).status, 422) << after;
  }
}

TEST_F(ApiRoles, StrangersAreSentAway) {
  const Caller stranger{.source = "192.0.2.7"};
  const ApiResponse response = call(stranger, "GET", "status");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.headers.front().first, "WWW-Authenticate");
  EXPECT_EQ(call(stranger, "POST", "session", "{}").status, 422) << "it may log in";
  EXPECT_TRUE(commands_.empty());
}

}  // namespace api_roles_test
}  // namespace tsp::linux_
