// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <variant>
#include <vector>

#include "adapters/linux/control/api_test_support.h"

namespace tsp::linux_ {
namespace api_test {

using nlohmann::json;

// An API before a core that remembers what it was asked and gives the answer it was told to give.
class ApiTest : public testing::Test {
 protected:
  ApiResponse call(const std::string& method, const std::string& target, const std::string& body = "") {
    const Api::CoreCall core = [this](AdminCommand command, const std::optional<Actor>& actor) {
      commands_.push_back(std::move(command));
      actor_ = actor;
      return answer_;
    };
    const Api api(core, make_test_gate(core), service_status, [this] { return report_; });
    return api.handle({.method = method, .target = target, .body = body}, caller_);
  }

  static ServiceStatus service_status() {
    ServiceStatus status;
    status.version = "1.2.3";
    status.realm = "tunnels.example";
    status.listen = {"0.0.0.0:3653"};
    status.drops = {{"garbage", 4}};
    return status;
  }

  std::vector<ChangeAccountRequest> changes() const {
    std::vector<ChangeAccountRequest> all;
    for (const AdminCommand& command : commands_) {
      if (const auto* change = std::get_if<ChangeAccountRequest>(&command)) all.push_back(*change);
    }
    return all;
  }

  template <class Command>
  const Command& only_command() {
    EXPECT_EQ(commands_.size(), 1U);
    return std::get<Command>(commands_.front());
  }

  static json error_of(const ApiResponse& response) { return json::parse(response.body)["error"]; }

  std::optional<AdminReply> answer_ = AdminReply{};
  std::vector<AdminCommand> commands_;
  Caller caller_ = local_caller(0);
  std::optional<Actor> actor_;
  SelfTestReport report_;
};

AccountView alice() {
  AccountView view;
  view.record.account = {.id = AccountId{5},
                         .login = "alice",
                         .verifier = Verifier{1, 2, 3},
                         .enabled = true,
                         .prefix_limits = PrefixLimits{56, 60},
                         .server_address = std::nullopt,
                         .mtu = 1400,
                         .update_key = std::nullopt,
                         .created = WallTime{std::chrono::seconds(1'767'323'045)},
                         .note = "pays late"};
  view.record.address = Claim{.prefix = *parse_prefix("2001:db8::5/128"), .owner = AccountId{5}};
  view.record.prefixes = {Claim{.prefix = *parse_prefix("2001:db8:0:100::/56"), .owner = AccountId{5}},
                          Claim{.prefix = *parse_prefix("2001:db8:0:200::/60"), .state = ClaimState::Offered}};
  view.record.ipv4_prefixes = {Claim{.prefix = *parse_ipv4_prefix("198.51.100.0/28"), .owner = AccountId{5}}};
  view.tunnel = TunnelId{17};
  return view;
}

TunnelView anonymous_tunnel() {
  TunnelView view;
  view.record = {.id = TunnelId{17},
                 .account = kAnonymous,
                 .login = {},
                 .broker = BrokerId{1},
                 .path = {make_endpoint({{198, 51, 100, 7}}, 4096), make_endpoint({{192, 0, 2, 1}}, 3653)},
                 .inner = *parse_ipv6("2001:db8::5"),
                 .delegated = std::nullopt,
                 .server_address = *parse_ipv6("2001:db8::1"),
                 .keepalive_seconds = 25};
  view.usage = TunnelUsage{.id = TunnelId{17}, .packets_up = 3, .bytes_up = 300};
  view.idle = std::chrono::milliseconds(2900);
  return view;
}

TEST_F(ApiTest, AccountIsAddedAndShown) {
  answer_->accounts = {alice()};
  const auto response = call("POST", "/api/v1/accounts", R"({"login":"alice","password":"secret"})");

  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(only_command<AddAccountRequest>().login, "alice");
  EXPECT_EQ(only_command<AddAccountRequest>().password, "secret");
  EXPECT_FALSE(only_command<AddAccountRequest>().prefix_limits);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({
    "login": "alice", "id": 5, "enabled": true, "created": "2026-01-02T03:04:05Z", "address": "2001:db8::5",
    "prefixes": ["2001:db8:0:100::/56"], "ipv4_address": null, "ipv4_prefixes": ["198.51.100.0/28"],
    "prefix_length_shortest": 56, "prefix_length_longest": 60,
    "server_address": null, "mtu": 1400, "name_servers": [], "host_name": null, "home": null, "has_update_key": false,
    "note": "pays late",
    "tunnel": 17, "tunnel_broker": null, "tunnel_elsewhere": null})"));
}

TEST_F(ApiTest, AnAccountsTunnelAtAnotherBrokerIsShownWithoutItsUsage) {
  AccountView view = alice();
  view.tunnel.reset();
  view.tunnel_broker = BrokerId{2};
  view.tunnel_elsewhere = anonymous_tunnel().record;
  answer_->accounts = {view};
  const json shown = json::parse(call("GET", "/api/v1/accounts/alice").body);

  EXPECT_EQ(shown["tunnel_broker"], 2);
  EXPECT_EQ(shown["tunnel_elsewhere"]["local"], "192.0.2.1:3653");
  EXPECT_EQ(shown["tunnel_elsewhere"]["inner"], "2001:db8::5");
  EXPECT_TRUE(shown["tunnel_elsewhere"]["usage"].is_null());
}

TEST_F(ApiTest, AnUpdateKeyIsToldOnceAndShownNeverAgain) {
  answer_->accounts = {alice()};
  answer_->accounts.front().record.account.update_key = UpdateKeyHash{1, 2, 3};
  answer_->update_key = "0123456789abcdef";

  const auto made = call("POST", "/api/v1/update-keys/a%2Fb");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(only_command<SetUpdateKeyRequest>().login, "a/b");
  EXPECT_FALSE(only_command<SetUpdateKeyRequest>().remove);
  EXPECT_EQ(json::parse(made.body), (json{{"login", "a/b"}, {"update_key", "0123456789abcdef"}}));

  const json shown = json::parse(call("GET", "/api/v1/accounts/alice").body);
  EXPECT_EQ(shown["has_update_key"], true);
  EXPECT_FALSE(shown.contains("update_key"));
}

TEST_F(ApiTest, AnUpdateKeyIsTakenAway) {
  EXPECT_EQ(call("DELETE", "/api/v1/update-keys/alice").body, "{}");
  EXPECT_TRUE(only_command<SetUpdateKeyRequest>().remove);
  EXPECT_EQ(call("POST", "/api/v1/update-keys/alice", "{}").status, 422);
}

TEST_F(ApiTest, AccountCanHavePrefixLimits) {
  EXPECT_EQ(call("POST", "/api/v1/accounts",
                 R"({"login":"a","password":"b","prefix_length_shortest":56,"prefix_length_longest":60})")
                .status,
            201);
  EXPECT_EQ(only_command<AddAccountRequest>().prefix_limits, (PrefixLimits{56, 60}));
}

TEST_F(ApiTest, AccountCanHaveAnMtu) {
  EXPECT_EQ(call("POST", "/api/v1/accounts", R"({"login":"a","password":"b","mtu":1400})").status, 201);
  EXPECT_EQ(only_command<AddAccountRequest>().mtu, 1400);
}

TEST_F(ApiTest, AccountCanHaveAHome) {
  EXPECT_EQ(call("POST", "/api/v1/accounts", R"({"login":"a","password":"b","home":7})").status, 201);
  EXPECT_EQ(only_command<AddAccountRequest>().home, BrokerId{7});
}

TEST_F(ApiTest, AHomeCanBeForced) {
  EXPECT_EQ(call("PATCH", "/api/v1/accounts/alice", R"({"home":7,"force":true})").status, 200);
  EXPECT_EQ(call("POST", "/api/v1/accounts", R"({"login":"a","password":"b","home":7,"force":true})").status, 201);
  EXPECT_TRUE(std::get<ChangeAccountRequest>(commands_.front()).force);
  EXPECT_TRUE(std::get<AddAccountRequest>(commands_.back()).force);
}

TEST_F(ApiTest, BrokersAreListedAndForgotten) {
  BrokerView& view = answer_->brokers.emplace_back();
  view.record.id = BrokerId{2};
  view.record.addresses.emplace_back(IPv4Address{{198, 51, 100, 1}}, std::uint16_t{3654});
  view.record.region = "north";
  view.record.state = BrokerState::Draining;
  view.record.tunnels = 17;
  view.record.pools = {*parse_prefix("2001:db8:2::/48")};
  view.record.heard = WallTime{std::chrono::seconds(1'767'323'045)};
  view.heard = true;
  view.silence = std::chrono::milliseconds(1500);

  EXPECT_EQ(json::parse(call("GET", "/api/v1/brokers").body), json::parse(R"({"brokers": [{
    "id": 2, "own": false, "state": "draining", "heard": true, "heard_at": "2026-01-02T03:04:05Z", "silent_seconds": 1,
    "addresses": ["198.51.100.1:3654"], "region": "north", "weight": 1, "capacity": null, "tunnels": 17,
    "pools": ["2001:db8:2::/48"]}]})"));
  EXPECT_EQ(call("DELETE", "/api/v1/brokers/2").status, 200);
  EXPECT_EQ(std::get<ForgetBrokerRequest>(commands_.back()).id, BrokerId{2});
  EXPECT_EQ(call("DELETE", "/api/v1/brokers/two").status, 404);
  EXPECT_EQ(call("DELETE", "/api/v1/brokers/4294967296").status, 404);
}

TEST_F(ApiTest, TheHomeOfAnAccountIsChangedAndTakenAway) {
  EXPECT_EQ(call("PATCH", "/api/v1/accounts/alice", R"({"home":2147483647})").status, 200);
  EXPECT_EQ(call("PATCH", "/api/v1/accounts/alice", R"({"home":null})").status, 200);
  EXPECT_EQ(call("PATCH", "/api/v1/accounts/alice", R"({"home":4294967296})").status, 422);

  std::vector<std::optional<BrokerId>> wanted;
  for (const ChangeAccountRequest& change : changes()) wanted.push_back(change.home.value_or(BrokerId{1}));
  EXPECT_EQ(wanted, (std::vector<std::optional<BrokerId>>{BrokerId{0x7FFFFFFF}, std::nullopt}));
}

TEST_F(ApiTest, TheMtuOfAnAccountIsChangedAndTakenAway) {
  EXPECT_EQ(call("PATCH", "/api/v1/accounts/alice", R"({"mtu":1400})").status, 200);
  EXPECT_EQ(call("PATCH", "/api/v1/accounts/alice", R"({"mtu":null})").status, 200);
  EXPECT_EQ(call("PATCH", "/api/v1/accounts/alice", "{}").status, 200);

  std::vector<std::optional<std::uint16_t>> wanted;
  for (const ChangeAccountRequest& change : changes()) wanted.push_back(change.mtu.value_or(1));
  EXPECT_EQ(wanted, (std::vector<std::optional<std::uint16_t>>{1400, std::nullopt, 1}));
}

TEST_F(ApiTest, FieldsThatAreMissingWrongOrUnknownAreNamed) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {R"({"login":"a"})", "password"},
      {R"({"password":"a"})", "login"},
      {R"({"login":1,"password":"b"})", "login"},
      {R"({"login":"a","password":"b","enabled":true})", "enabled"},
      {R"({"login":"a","password":"b","ipv4_address":null})", "ipv4_address"},
      {R"({"login":"a","password":"b","mtu":65536})", "mtu"},
      {R"({"login":"a","password":"b","mtu":"1400"})", "mtu"},
      {R"({"login":"a","password":"b","prefix_length_shortest":48})", "prefix_length_shortest"},
      {R"({"login":"a","password":"b","prefix_length_shortest":-1,"prefix_length_longest":64})",
       "prefix_length_shortest"},
      {R"({"login":"a","password":"b","prefix_length_shortest":48,"prefix_length_longest":300})",
       "prefix_length_longest"}};
  for (const auto& [body, field] : wrong) {
    const auto response = call("POST", "/api/v1/accounts", body);
    EXPECT_EQ(response.status, 422) << body;
    EXPECT_EQ(error_of(response)["field"], field) << body;
  }
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiTest, BodyThatIsNoJsonObjectIsRefused) {
  for (const char* body : {"", "login=alice", "[]", "\"x\"", "{", "{\"login\":\"\xFF\"}"}) {
    EXPECT_EQ(call("POST", "/api/v1/accounts", body).status, 400) << body;
  }
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiTest, BodyIsRefusedWhereNoneIsExpected) {
  for (const auto& [method, target] : std::vector<std::pair<std::string, std::string>>{
           {"GET", "/api/v1/status"}, {"DELETE", "/api/v1/accounts/alice"}, {"DELETE", "/api/v1/drain"}}) {
    EXPECT_EQ(call(method, target, "{}").status, 422) << method << target;
  }
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiTest, DeeplyNestedBodyIsRefused) {
  EXPECT_EQ(call("POST", "/api/v1/accounts", std::string(16000, '[')).status, 400);
}

TEST_F(ApiTest, LoginsAreDecoded) {
  answer_->accounts = {alice()};
  EXPECT_EQ(call("GET", "/api/v1/accounts/a%2Fb%3Fc%20%25").status, 200);
  EXPECT_EQ(only_command<ShowAccountRequest>().login, "a/b?c %");
}

TEST_F(ApiTest, LoginsThatAreNoTextAreNotLookedFor) {
  for (const char* login : {"%FF", "a%C3", "%C0%AF", "%ED%A0%80", "a%0Ab", "%00"}) {
    for (const char* method : {"GET", "PATCH", "DELETE"}) {
      const auto response = call(method, "/api/v1/accounts/" + std::string(login), method[0] == 'P' ? "{}" : "");
      EXPECT_EQ(response.status, 400) << method << login;
      EXPECT_THAT(error_of(response)["message"].get<std::string>(), testing::HasSubstr("UTF-8"));
    }
    EXPECT_EQ(call("POST", "/api/v1/update-keys/" + std::string(login)).status, 400) << login;
    EXPECT_EQ(call("GET", "/api/v1/accounts?after=" + std::string(login)).status, 422) << login;
  }
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiTest, AccountIsChangedInOneGoAndShown) {
  answer_->accounts = {alice()};
  EXPECT_EQ(call("PATCH", "/api/v1/accounts/alice", R"({"enabled":false,"password":"new"})").status, 200);

  ASSERT_EQ(commands_.size(), 2U);
  const auto& change = std::get<ChangeAccountRequest>(commands_[0]);
  EXPECT_EQ(change.login, "alice");
  EXPECT_EQ(change.password, "new");
  EXPECT_EQ(change.enabled, false);
  EXPECT_FALSE(change.mtu || change.home);
  EXPECT_EQ(std::get<ShowAccountRequest>(commands_[1]).login, "alice");
}

TEST_F(ApiTest, AChangeThatIsRefusedIsNotShown) {
  answer_->status = AdminStatus::Invalid;
  answer_->message = "mtu: expected 1280 to 1472";

  const auto response = call("PATCH", "/api/v1/accounts/alice", R"({"enabled":false,"mtu":1})");

  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(error_of(response)["field"], "mtu");
  EXPECT_EQ(commands_.size(), 1U);
}

TEST_F(ApiTest, AccountIsDeleted) {
  EXPECT_EQ(call("DELETE", "/api/v1/accounts/alice").status, 200);
  EXPECT_EQ(only_command<DeleteAccountRequest>().login, "alice");
}

TEST_F(ApiTest, ListHasANextOnlyWhenItIsFull) {
  answer_->accounts = {alice(), alice()};
  const json full = json::parse(call("GET", "/api/v1/accounts?after=aa%20b&limit=2").body);
  const json rest = json::parse(call("GET", "/api/v1/accounts?limit=3").body);

  EXPECT_EQ(std::get<ListAccountsRequest>(commands_[0]).after, "aa b");
  EXPECT_EQ(std::get<ListAccountsRequest>(commands_[0]).limit, 2U);
  EXPECT_EQ(full["next"], "alice");
  EXPECT_EQ(full["accounts"].size(), 2U);
  EXPECT_TRUE(rest["next"].is_null());
}

TEST_F(ApiTest, EmptyListIsAList) {
  EXPECT_EQ(json::parse(call("GET", "/api/v1/accounts").body), json::parse(R"({"accounts":[],"next":null})"));
  EXPECT_EQ(json::parse(call("GET", "/api/v1/tunnels").body), json::parse(R"({"tunnels":[],"next":null})"));
}

TEST_F(ApiTest, WrongParametersAreNamed) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"/api/v1/accounts?limit=0", "limit"},       {"/api/v1/accounts?limit=1001", "limit"},
      {"/api/v1/accounts?limit=x", "limit"},       {"/api/v1/accounts?offset=1", "offset"},
      {"/api/v1/accounts/alice?limit=1", "limit"}, {"/api/v1/tunnels?after=x", "after"}};
  for (const auto& [target, parameter] : wrong) {
    const auto response = call("GET", target);
    EXPECT_EQ(response.status, 422) << target;
    EXPECT_EQ(error_of(response)["field"], parameter) << target;
  }
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiTest, TunnelIsShownWithItsUsage) {
  answer_->tunnels = {anonymous_tunnel()};
  const auto response = call("GET", "/api/v1/tunnels/17");

  EXPECT_EQ(only_command<ShowTunnelRequest>().id, TunnelId{17});
  EXPECT_EQ(json::parse(response.body), json::parse(R"({
    "id": 17, "login": null, "type": "v6udpv4", "remote": "198.51.100.7:4096", "local": "192.0.2.1:3653",
    "inner": "2001:db8::5", "delegated": null, "server_address": "2001:db8::1", "mtu": 1280, "keepalive_seconds": 25,
    "confirmed": false, "created": "1970-01-01T00:00:00Z",
    "usage": {"packets_up": 3, "packets_down": 0, "bytes_up": 300, "bytes_down": 0, "idle_seconds": 2}})"));
}

TEST_F(ApiTest, TunnelOfUnknownUsageHasNone) {
  TunnelView view = anonymous_tunnel();
  view.usage.reset();
  answer_->tunnels = {view};

  EXPECT_TRUE(json::parse(call("GET", "/api/v1/tunnels/17").body)["usage"].is_null());
}

TEST_F(ApiTest, TunnelIsKicked) {
  EXPECT_EQ(call("DELETE", "/api/v1/tunnels/17").status, 200);
  EXPECT_EQ(only_command<KickTunnelRequest>().id, TunnelId{17});
}

TEST_F(ApiTest, TunnelIdThatIsNoNumberIsNotFound) {
  for (const char* id : {"x", "", "-1", "18446744073709551616", "1.0"}) {
    EXPECT_EQ(call("GET", std::string("/api/v1/tunnels/") + id).status, 404) << id;
  }
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiTest, StatusHasWhatCoreAndDaemonKnow) {
  answer_->state = StatusView{};
  answer_->state->ready = true;
  answer_->state->counters.tunnels_now = 3;
  const json status = json::parse(call("GET", "/api/v1/status").body);

  EXPECT_EQ(status["ready"], true);
  EXPECT_EQ(status["counters"]["tunnels_now"], 3);
  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["realm"], "tunnels.example");
  EXPECT_EQ(status["listen"], json::array({"0.0.0.0:3653"}));
  EXPECT_EQ(status["datapath"]["drops"]["garbage"], 4);
}

TEST_F(ApiTest, DrainIsStartedWithADeadlineOrWithout) {
  answer_->state = StatusView{.drain = DrainView{.tunnels = 3, .remaining = std::chrono::milliseconds(59'900)}};

  const auto response = call("POST", "/api/v1/drain", R"({"deadline_seconds":60})");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"drain":{"tunnels_left":3,"seconds_left":59}})"));
  EXPECT_EQ(only_command<DrainRequest>().deadline, std::chrono::seconds(60));
  commands_.clear();
  answer_->state->drain->remaining.reset();
  EXPECT_EQ(json::parse(call("POST", "/api/v1/drain").body),
            json::parse(R"({"drain":{"tunnels_left":3,"seconds_left":null}})"));
  EXPECT_EQ(only_command<DrainRequest>().deadline, std::nullopt);
}

TEST_F(ApiTest, DrainIsCancelled) {
  answer_->state = StatusView{};
  EXPECT_EQ(json::parse(call("DELETE", "/api/v1/drain").body), json::parse(R"({"drain":null})"));
  EXPECT_EQ(commands_.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<UndrainRequest>(commands_.front()));
}

TEST_F(ApiTest, DeadlinesOfADrainThatAreNoneAreNamed) {
  for (const char* wrong : {"-1", "1.5", "\"60\"", "31622401", "18446744073709551616"}) {
    const auto response = call("POST", "/api/v1/drain", R"({"deadline_seconds":)" + std::string(wrong) + "}");
    EXPECT_EQ(response.status, 422) << wrong;
    EXPECT_EQ(error_of(response)["field"], "deadline_seconds") << wrong;
  }
  EXPECT_EQ(call("POST", "/api/v1/drain", "[]").status, 400);
  EXPECT_EQ(call("POST", "/api/v1/drain", R"({"exit":true})").status, 422);
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ApiTest, StatusSaysWhetherTheBrokerDrains) {
  answer_->state = StatusView{};
  EXPECT_TRUE(json::parse(call("GET", "/api/v1/status").body).at("drain").is_null());
  answer_->state->drain = DrainView{.tunnels = 2, .remaining = std::nullopt};
  EXPECT_EQ(json::parse(call("GET", "/api/v1/status").body)["drain"]["tunnels_left"], 2);
}

TEST_F(ApiTest, CoresRefusalsBecomeStatusCodes) {
  const std::vector<std::pair<AdminStatus, int>> statuses = {{AdminStatus::Invalid, 422},
                                                             {AdminStatus::NotFound, 404},
                                                             {AdminStatus::Exists, 409},
                                                             {AdminStatus::Unavailable, 503}};
  for (const auto& [status, expected] : statuses) {
    answer_ = AdminReply{.status = status, .message = "login: is wrong"};
    const auto response = call("GET", "/api/v1/accounts/alice");
    EXPECT_EQ(response.status, expected);
    EXPECT_EQ(error_of(response), json::parse(R"({"field":"login","message":"is wrong"})"));
  }
}

TEST_F(ApiTest, ErrorWithoutAFieldHasNone) {
  answer_ = AdminReply{.status = AdminStatus::Unavailable, .message = "the store is away: disk full"};
  EXPECT_EQ(error_of(call("GET", "/api/v1/accounts/alice")),
            json::parse(R"({"message":"the store is away: disk full"})"));
}

TEST_F(ApiTest, SelfTestTellsWhatItFound) {
  report_ = {.result = Finding::Blocked,
             .checks = {{.name = "port", .target = "203.0.113.2:3653", .finding = Finding::Blocked, .detail = "why"}}};

  const ApiResponse response = call("POST", "/api/v1/self-test");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"result":"blocked","checks":[
    {"check":"port","target":"203.0.113.2:3653","result":"blocked","detail":"why"}]})"));
  EXPECT_EQ(call("GET", "/api/v1/self-test").status, 405);
  EXPECT_EQ(call("POST", "/api/v1/self-test", "{}").status, 422);
}

TEST_F(ApiTest, CoreThatDoesNotAnswerIsUnavailable) {
  answer_.reset();
  EXPECT_EQ(call("GET", "/api/v1/status").status, 503);
}

TEST_F(ApiTest, UnknownPlacesAreNotFound) {
  for (const char* target : {"/", "/api/v1", "/api/v1/", "/api/v2/status", "/api/v1/status/x", "/api/v1/users", ""}) {
    EXPECT_EQ(call("GET", target).status, 404) << target;
  }
}

TEST_F(ApiTest, MethodThatIsNotAllowedNamesThoseThatAre) {
  const auto response = call("PUT", "/api/v1/accounts/alice");

  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers, (std::vector<std::pair<std::string, std::string>>{{"Allow", "GET, PATCH, DELETE"}}));
  EXPECT_THAT(error_of(response)["message"].get<std::string>(), testing::EndsWith("allowed: GET, PATCH, DELETE"));
}

TEST_F(ApiTest, BadlyEncodedAddressIsRefused) {
  EXPECT_EQ(call("GET", "/api/v1/accounts/%zz").status, 400);
  EXPECT_EQ(call("GET", "/api/v1/accounts?after=%").status, 400);
}

TEST_F(ApiTest, VerifierIsNeverShown) {
  answer_->accounts = {alice()};
  EXPECT_THAT(call("GET", "/api/v1/accounts").body, testing::Not(testing::HasSubstr("verifier")));
}

}  // namespace api_test
}  // namespace tsp::linux_
