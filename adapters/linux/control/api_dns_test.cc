// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "adapters/linux/control/api.h"

#include "adapters/linux/control/api_test_support.h"

namespace tsp::linux_ {
namespace api_dns_test {

using nlohmann::json;

AccountView alice() {
  AccountView view;
  view.record.account.id = AccountId{5};
  view.record.account.login = "alice";
  view.record.name_servers = {"ns1.example.org", "ns2.example.org"};
  view.host_name = "alice.tunnels.example";
  return view;
}

class ApiDns : public testing::Test {
 protected:
  ApiDns() {
    calls_.account = [this](AccountId account) {
      EXPECT_EQ(account, AccountId{5});
      return account_;
    };
    calls_.status = [this] { return status_; };
    calls_.retry = [this] {
      ++retries_;
      return in_time_;
    };
  }

  ApiResponse call(const std::string& method, const std::string& target, const std::string& body = "") {
    const Api::CoreCall core = [](const AdminCommand&, const std::optional<Actor>&) {
      return AdminReply{.accounts = {alice()}};
    };
    const Api api(core, make_test_gate(core), [] { return ServiceStatus{}; }, [] { return SelfTestReport{}; }, calls_);
    return api.handle({.method = method, .target = "/api/v1/" + target, .body = body}, local_caller(0));
  }

  DnsCalls calls_;
  std::optional<DnsAccountStatus> account_;
  std::optional<DnsStatus> status_;
  bool in_time_ = true;
  int retries_ = 0;
};

TEST_F(ApiDns, AnAccountIsShownWithItsNamesAndWhatBecameOfThem) {
  account_ = DnsAccountStatus{
      .state = "pending", .done_at = WallTime{std::chrono::seconds(1'767'323'045)}, .error = "Connection refused"};
  const json shown = json::parse(call("GET", "accounts/alice").body);

  EXPECT_EQ(shown["name_servers"], json({"ns1.example.org", "ns2.example.org"}));
  EXPECT_EQ(shown["host_name"], "alice.tunnels.example");
  EXPECT_EQ(shown["dns"],
            json({{"state", "pending"}, {"since", "2026-01-02T03:04:05Z"}, {"error", "Connection refused"}}));
  account_ = DnsAccountStatus{.state = "refused"};
  EXPECT_EQ(json::parse(call("GET", "accounts/alice").body)["dns"]["since"], nullptr);
}

TEST_F(ApiDns, WhoHasNoRecordsHasNoState) {
  EXPECT_EQ(json::parse(call("GET", "accounts/alice").body)["dns"], nullptr);
  calls_ = {};
  EXPECT_EQ(json::parse(call("GET", "accounts/alice").body)["dns"], nullptr);
}

TEST_F(ApiDns, TheStateOfAllIsCounted) {
  status_ =
      DnsStatus{.place = "192.0.2.53:53", .zones = {"example"}, .done = 3, .pending = 2, .refused = 1, .error = "x"};
  const ApiResponse response = call("GET", "dns");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body), json({{"place", "192.0.2.53:53"},
                                              {"zones", json::array({"example"})},
                                              {"done", 3},
                                              {"pending", 2},
                                              {"refused", 1},
                                              {"error", "x"}}));
}

TEST_F(ApiDns, ARetryIsHandedOn) {
  EXPECT_EQ(call("POST", "dns-retry").status, 200);
  EXPECT_EQ(retries_, 1);
  EXPECT_EQ(call("POST", "dns-retry", "{}").status, 422);
  EXPECT_EQ(call("GET", "dns-retry").status, 405);
  EXPECT_EQ(retries_, 1);
}

TEST_F(ApiDns, ADaemonThatDoesNotAnswerIsNotAvailable) {
  in_time_ = false;
  EXPECT_EQ(call("GET", "dns").status, 503);
  EXPECT_EQ(call("POST", "dns-retry").status, 503);
}

TEST_F(ApiDns, WithoutTheSectionThereIsNothing) {
  calls_ = {};
  for (const ApiResponse& response : {call("GET", "dns"), call("POST", "dns-retry")}) {
    EXPECT_EQ(response.status, 404);
    EXPECT_THAT(response.body, testing::HasSubstr("[dns]"));
  }
}

}  // namespace api_dns_test
}  // namespace tsp::linux_
