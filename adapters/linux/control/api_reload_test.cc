// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <variant>
#include <vector>

#include "adapters/linux/control/api_test_support.h"

namespace tsp::linux_ {
namespace api_reload_test {

using nlohmann::json;
using testing::ElementsAre;

class ApiReload : public testing::Test {
 protected:
  json post(const std::string& query, int status) {
    const Api::CoreCall core = [this](const AdminCommand& command, const std::optional<Actor>& /*actor*/) {
      if (const auto* note = std::get_if<NoteRequest>(&command)) notes_.push_back(note->action + ' ' + note->detail);
      return std::optional(answer_);
    };
    const auto reload = [this](Reload what) {
      asked_.push_back(what);
      return plan_;
    };
    const Api api(
        core, make_test_gate(core), [] { return ServiceStatus{}; }, [] { return SelfTestReport{}; }, {},
        DaemonCalls{.reload = reload});
    const ApiResponse response =
        api.handle({.method = "POST", .target = "/api/v1/reload" + query, .body = ""}, local_caller(0));
    EXPECT_EQ(response.status, status) << response.body;
    return json::parse(response.body);
  }

  AdminReply answer_;
  std::optional<ReloadPlan> plan_ = ReloadPlan{.file = "/etc/tspd/tspd.toml"};
  std::vector<Reload> asked_;
  std::vector<std::string> notes_;
};

TEST_F(ApiReload, APlanChangesNothing) {
  plan_->changes = {{"tunnel.mtu", "1280", "1300", false}, {"store.key_file", "", "\"/k\"", true}};
  EXPECT_EQ(post("?dry_run=true", 200),
            json::parse(R"({"applied":false,"possible":false,"errors":[],"changes":[)"
                        R"({"key":"tunnel.mtu","from":"1280","to":"1300","needs_restart":false},)"
                        R"({"key":"store.key_file","from":null,"to":"\"/k\"","needs_restart":true}]})"));
  EXPECT_THAT(asked_, ElementsAre(Reload::Plan));
  EXPECT_TRUE(notes_.empty());
}

TEST_F(ApiReload, ErrorsAreNamedByFileLineAndKey) {
  plan_->errors = {{4, "tunnel.mtu", "expected a whole number"}, {0, "", "cannot be read"}};
  EXPECT_EQ(
      post("?dry_run=true", 200)["errors"],
      json::parse(R"([{"file":"/etc/tspd/tspd.toml","line":4,"key":"tunnel.mtu","message":"expected a whole number"},)"
                  R"({"file":"/etc/tspd/tspd.toml","line":null,"key":null,"message":"cannot be read"}])"));
}

TEST_F(ApiReload, WhatIsTakenOverIsInTheAuditLogBefore) {
  plan_->changes = {{"tunnel.mtu", "1280", "1300", false}};
  plan_->wanted.emplace();
  EXPECT_EQ(post("", 200)["applied"], true);
  EXPECT_THAT(asked_, ElementsAre(Reload::Plan, Reload::Apply));
  EXPECT_THAT(notes_, ElementsAre("config.reload tunnel.mtu"));
  answer_.status = AdminStatus::Unavailable;
  asked_.clear();
  post("?dry_run=false", 503);
  EXPECT_THAT(asked_, ElementsAre(Reload::Plan));
}

TEST_F(ApiReload, WhatCannotBeTakenOverIsRefused) {
  plan_->errors = {{4, "tunnel.mtu", "expected a whole number"}, {5, "tunnel.x", "unknown key"}};
  EXPECT_EQ(post("", 409)["error"]["message"],
            "/etc/tspd/tspd.toml:4: tunnel.mtu: expected a whole number (and 1 more; dry_run=true tells them)");
  EXPECT_THAT(asked_, ElementsAre(Reload::Plan));
  EXPECT_EQ(notes_.size(), 1U);
}

TEST_F(ApiReload, WithoutAnAnswerItIsNotKnown) {
  plan_.reset();
  post("?dry_run=true", 503);
  EXPECT_EQ(post("?dry_run=1", 422)["error"]["field"], "dry_run");
}

}  // namespace api_reload_test
}  // namespace tsp::linux_
