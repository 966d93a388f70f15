// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <variant>
#include <vector>

#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_test_support.h"

namespace tsp::linux_ {
namespace api_leases_test {

using nlohmann::json;

class ApiLeases : public testing::Test {
 protected:
  json get(const std::string& target, int status = 200) {
    const Api::CoreCall core = [this](AdminCommand command, const std::optional<Actor>& /*actor*/) {
      commands_.push_back(std::move(command));
      return std::optional(answer_);
    };
    const Api api(core, make_test_gate(core), [] { return ServiceStatus{}; }, [] { return SelfTestReport{}; });
    const ApiResponse response =
        api.handle({.method = "GET", .target = "/api/v1/" + target, .body = ""}, local_caller(0));
    EXPECT_EQ(response.status, status) << target;
    return json::parse(response.body);
  }

  AdminReply answer_;
  std::vector<AdminCommand> commands_;
};

TEST_F(ApiLeases, TheHistoryIsAskedForAsTheQuerySays) {
  get("history?address=2001:db8::5&at=2026-01-02T03:04:05.25Z&login=alice&after=9&limit=7");
  get("history?address=192.0.2.0/24&login=");
  const auto& first = std::get<ReadHistoryRequest>(commands_[0]);
  EXPECT_EQ(first.range, parse_prefix("2001:db8::5/128"));
  EXPECT_EQ(first.at, WallTime{std::chrono::milliseconds(1'767'323'045'250)});
  EXPECT_EQ(first.login, "alice");
  EXPECT_EQ(first.before, 9U);
  EXPECT_EQ(first.limit, 7U);
  const auto& second = std::get<ReadHistoryRequest>(commands_[1]);
  EXPECT_EQ(second.range, parse_ipv4_prefix("192.0.2.0/24"));
  EXPECT_EQ(second.login, "");
  EXPECT_EQ(second.at, std::nullopt);
}

TEST_F(ApiLeases, OnlyWhatHasEndedCountsForThePage) {
  answer_.history.resize(3);
  answer_.history[1].ended = WallTime{};
  answer_.history[2].ended = WallTime{};
  answer_.history[2].entry = 17;
  answer_.history[2].reason = EndReason::Replaced;
  EXPECT_EQ(get("history?limit=2&login=x")["next"], 17);
  const json whole = get("history?limit=3&login=x");
  EXPECT_EQ(whole["next"], json());
  EXPECT_EQ(whole["history"][0]["ended"], json());
  EXPECT_EQ(whole["history"][2]["reason"], "replaced");
}

TEST_F(ApiLeases, WhatIsWrongIsNamedAndNothingIsAsked) {
  for (const auto& [target, field] :
       std::vector<std::pair<const char*, const char*>>{{"history?address=x", "address"},
                                                        {"history?address=2001:db8::1/64", "address"},
                                                        {"history?at=1", "at"},
                                                        {"history?after=x", "after"},
                                                        {"history?address%20=1", "address "},
                                                        {"history?at%20login=1", "at login"},
                                                        {"leases?at=2026-01-02T03:04:05Z", "at"},
                                                        {"leases?after=x", "after"},
                                                        {"leases?in=x", "in"},
                                                        {"history?ddress=x", "ddress"},
                                                        {"leases?=1", ""}}) {
    EXPECT_EQ(get(target, 422)["error"].value("field", ""),
              std::string(field).find(' ') == std::string::npos ? field : "")
        << target;
  }
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiLeases, ALeaseIsShownWithItsOwner) {
  answer_.leases = {
      {Claim{.prefix = *parse_prefix("2001:db8:1::/56"), .owner = AccountId{5}, .broker = BrokerId{2}}, "alice"},
      {Claim{.prefix = *parse_ipv4_prefix("192.0.2.7/32"),
             .state = ClaimState::Quarantined,
             .until = WallTime{std::chrono::seconds(1'767'323'045)}},
       ""}};
  const json page = get("leases?address=192.0.2.7&limit=2");
  EXPECT_EQ(
      page["leases"][0],
      (json{
          {"prefix", "2001:db8:1::/56"}, {"login", "alice"}, {"state", "held"}, {"until", nullptr}, {"broker_id", 2}}));
  EXPECT_EQ(page["leases"][1]["until"], "2026-01-02T03:04:05Z");
  EXPECT_EQ(page["next"], "192.0.2.7/32");
}

TEST(ParseTime, ReadsWhatIsWrittenAndNoOtherForm) {
  const WallTime time{std::chrono::seconds(1'767'323'045)};
  EXPECT_EQ(parse_time(to_text(time)), time);
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), WallTime{});
  EXPECT_EQ(parse_time("2024-02-29T23:59:59.000000001Z")->since_epoch % std::chrono::seconds(1), Duration(1));
  for (const char* text :
       {"", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-01-02T24:00:00Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05.1234567890Z", "1969-12-31T23:59:59Z",
        "9999-01-01T00:00:00Z", "2026-01-02T03:04:05+01:00", "+026-01-02T03:04:05Z"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

}  // namespace api_leases_test
}  // namespace tsp::linux_
