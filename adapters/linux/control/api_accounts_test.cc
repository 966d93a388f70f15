// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "adapters/linux/control/api_test_support.h"

namespace tsp::linux_ {
namespace api_accounts_test {

using nlohmann::json;

// An API before a core to which everything is right.
class ApiAccounts : public testing::Test {
 protected:
  json call(const std::string& method, const std::string& target, const std::string& body, int status) {
    const Api::CoreCall core = [this](AdminCommand command, const std::optional<Actor>& /*actor*/) {
      commands_.push_back(std::move(command));
      return std::optional(AdminReply{});
    };
    const Api api(core, make_test_gate(core), [] { return ServiceStatus{}; }, [] { return SelfTestReport{}; });
    const ApiResponse response =
        api.handle({.method = method, .target = "/api/v1/" + target, .body = body}, local_caller(0));
    EXPECT_EQ(response.status, status) << body << ": " << response.body;
    return json::parse(response.body);
  }
  // What the account is to become.
  ChangeAccountRequest change(const std::string& body) {
    commands_.clear();
    call("PATCH", "accounts/a", body, 200);
    return std::get<ChangeAccountRequest>(commands_.front());
  }
  // The field that is to blame; the core is not asked.
  json refused_field(const std::string& body) {
    commands_.clear();
    const json answer = call("PATCH", "accounts/a", body, 422);
    EXPECT_TRUE(commands_.empty()) << body;
    return answer["error"]["field"];
  }

  std::vector<AdminCommand> commands_;
};

TEST_F(ApiAccounts, PrefixLimitsAreChangedTogether) {
  EXPECT_EQ(change(R"({"prefix_length_shortest":52,"prefix_length_longest":64})").prefix_limits,
            std::make_optional(std::optional(PrefixLimits{52, 64})));
  EXPECT_EQ(change(R"({"prefix_length_shortest":null,"prefix_length_longest":null})").prefix_limits,
            std::make_optional(std::optional<PrefixLimits>()));
  EXPECT_EQ(change(R"({"enabled":true})").prefix_limits, std::nullopt);
  EXPECT_EQ(refused_field(R"({"prefix_length_longest":64})"), "prefix_length_shortest");
  EXPECT_EQ(refused_field(R"({"prefix_length_shortest":52,"prefix_length_longest":null})"), "prefix_length_longest");
  EXPECT_EQ(refused_field(R"({"prefix_length_shortest":"52","prefix_length_longest":64})"), "prefix_length_shortest");
}

TEST_F(ApiAccounts, ANoteIsSetAndTakenAway) {
  call("POST", "accounts", R"({"login":"a","password":"b","note":"pays late"})", 201);
  EXPECT_EQ(std::get<AddAccountRequest>(commands_.front()).note, "pays late");
  EXPECT_EQ(change(R"({"note":"moved"})").note, "moved");
  EXPECT_EQ(change(R"({"note":null})").note, "");
  EXPECT_EQ(change(R"({"enabled":true})").note, std::nullopt);
  EXPECT_EQ(refused_field(R"({"note":""})"), "note");
  EXPECT_EQ(refused_field(R"({"note":7})"), "note");
}

}  // namespace api_accounts_test
}  // namespace tsp::linux_
