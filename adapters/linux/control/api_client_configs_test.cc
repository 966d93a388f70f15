// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <variant>

#include "adapters/linux/control/api.h"
#include "adapters/linux/control/api_test_support.h"

namespace tsp::linux_ {
namespace api_client_configs_test {

using nlohmann::json;
using testing::HasSubstr;

TunnelRecord tunnel_of_alice(TunnelType type, std::uint16_t port) {
  TunnelRecord tunnel;
  tunnel.id = TunnelId{17};
  tunnel.account = AccountId{5};
  tunnel.login = "alice";
  tunnel.type = type;
  tunnel.path = {.remote = make_endpoint(*parse_ipv4("198.51.100.7"), port),
                 .local = make_endpoint(*parse_ipv4("192.0.2.1"), port)};
  tunnel.inner = *parse_ipv6("2001:db8:1::5");
  tunnel.server_address = *parse_ipv6("2001:db8:1::1");
  tunnel.delegated = parse_prefix("2001:db8:1:100::/56");
  tunnel.mtu = 1400;
  tunnel.keepalive_seconds = 25;
  return tunnel;
}

// An API before a core that has the account alice.
class ApiClientConfigsTest : public testing::Test {
 protected:
  ApiClientConfigsTest() {
    alice_.record.account.id = AccountId{5};
    alice_.record.account.login = "alice";
  }

  AdminReply answer(const AdminCommand& command) const {
    AdminReply reply;
    if (const auto* show = std::get_if<ShowAccountRequest>(&command)) {
      if (show->login == "alice") return AdminReply{.accounts = {alice_}};
      return AdminReply{.status = AdminStatus::NotFound, .message = "login: no such account"};
    }
    if (std::holds_alternative<ShowTunnelRequest>(command)) {
      if (!tunnel_) return AdminReply{.status = AdminStatus::NotFound, .message = "id: no such tunnel"};
      reply.tunnels = {TunnelView{.record = *tunnel_}};
    } else if (std::holds_alternative<ListBrokersRequest>(command)) {
      BrokerView other;
      other.record.id = BrokerId{2};
      other.record.addresses = {BrokerAddress(*parse_ipv4("192.0.2.1"), 3655)};
      reply.brokers = {other};
    }
    return reply;
  }

  ApiResponse ask_for(const std::string& target) const {
    const Api::CoreCall core = [this](const AdminCommand& command, const std::optional<Actor>&) {
      return answer(command);
    };
    const auto service = [] {
      ServiceStatus status;
      status.listen = {"0.0.0.0:3654"};
      return status;
    };
    const Api api(core, make_test_gate(core), service, [] { return SelfTestReport{}; });
    return api.handle({.method = "GET", .target = "/api/v1/client-configs/" + target, .body = ""}, caller_);
  }

  json config(const std::string& system, const std::string& query = "") const {
    const ApiResponse response = ask_for("alice" + query);
    EXPECT_EQ(response.status, 200) << response.body;
    const json body = json::parse(response.body);
    for (const json& each : body["client_configs"]) {
      if (each["system"] == system) return each;
    }
    return nullptr;
  }

  AccountView alice_;
  std::optional<TunnelRecord> tunnel_;
  Caller caller_ = local_caller(0);
};

TEST_F(ApiClientConfigsTest, AreMadeOfTheAccountAndItsTunnel) {
  alice_.tunnel = TunnelId{17};
  tunnel_ = tunnel_of_alice(TunnelType::V6UdpV4, 3653);
  const json gogoc = config("gogoc");
  EXPECT_THAT(gogoc["text"], HasSubstr("\nserver=192.0.2.1\n"));
  EXPECT_EQ(gogoc["lacks"], nullptr);
  EXPECT_THAT(config("tsp-connect", "?server=ts.example.net:4000")["text"], HasSubstr("'ts.example.net:4000'"));
  EXPECT_EQ(config("openwrt")["text"], nullptr);
  EXPECT_EQ(config("openwrt")["lacks"], "tunnel");
  EXPECT_THAT(config("openwrt")["reason"], HasSubstr("v6udpv4"));
}

TEST_F(ApiClientConfigsTest, OfATunnelWithoutPortsNameWhereTspIsSpoken) {
  alice_.tunnel = TunnelId{17};
  tunnel_ = tunnel_of_alice(TunnelType::V6V4, 0);
  EXPECT_THAT(config("gogoc")["text"], HasSubstr("\nserver=192.0.2.1:3654\n"));
  EXPECT_THAT(config("openwrt")["text"], HasSubstr("peeraddr '192.0.2.1'"));
}

TEST_F(ApiClientConfigsTest, LeadToTheBrokerThatHasTheTunnel) {
  alice_.tunnel_broker = BrokerId{2};
  alice_.tunnel_elsewhere = tunnel_of_alice(TunnelType::V6V4, 0);
  EXPECT_THAT(config("gogoc")["text"], HasSubstr("\nserver=192.0.2.1:3655\n"));
  alice_.tunnel_broker = BrokerId{3};
  EXPECT_EQ(config("gogoc")["lacks"], "value");
}

TEST_F(ApiClientConfigsTest, OfAnAccountWithoutATunnelNeedTheServer) {
  EXPECT_EQ(config("gogoc")["lacks"], "value");
  EXPECT_THAT(config("gogoc", "?server=ts.example.net")["text"], HasSubstr("\nserver=ts.example.net\n"));
  // It ended just now.
  alice_.tunnel = TunnelId{17};
  EXPECT_EQ(config("gogoc")["lacks"], "value");
}

TEST_F(ApiClientConfigsTest, AreForItsOwnerAndOperators) {
  EXPECT_EQ(ask_for("nobody").status, 404);
  EXPECT_EQ(ask_for("alice?server=a%20b").status, 422);
  EXPECT_EQ(ask_for("alice?after=x").status, 422);
  caller_ = Caller{.role = ApiRole::User, .login = "bob"};
  EXPECT_EQ(ask_for("alice").status, 403);
  caller_ = Caller{.role = ApiRole::User, .login = "alice"};
  EXPECT_EQ(ask_for("alice").status, 200);
}

}  // namespace api_client_configs_test
}  // namespace tsp::linux_
