// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "apps/tspctl/lookup_commands.h"
#include "apps/tspctl/tspd_test_double.h"

namespace tsp::tspctl {
namespace commands_test {

using testing::HasSubstr;
using testing::Not;

class CommandsTest : public TspdTestDouble {
 protected:
  [[nodiscard]] Commands commands(bool json = false) const { return {*client_, json}; }
};

TEST_F(CommandsTest, AccountIsAddedWithAPasswordFromADescriptor) {
  serve({{201, "{}"}});
  const auto output = commands().add_account({.login = "alice", .password_fd = descriptor_with("sec ret\n")});

  EXPECT_EQ(output, "");
  EXPECT_THAT(requests_, testing::ElementsAre(R"(POST /api/v1/accounts {"login":"alice","password":"sec ret"})"));
}

TEST_F(CommandsTest, FieldsOfOptionsAreCalledAsTheOptionsAre) {
  serve({{422, R"({"error":{"field":"prefix_length_shortest","message":"too short"}})"}});
  const auto output = commands().add_account({.login = "alice", .password_fd = descriptor_with("secret\n")});

  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "--prefix-shortest: too short");
}

TEST_F(CommandsTest, LoginsAreEncodedInPaths) {
  serve({{200, "{}"}});
  EXPECT_TRUE(commands().set_enabled("a/b ?%", false));
  EXPECT_THAT(requests_, testing::ElementsAre(R"(PATCH /api/v1/accounts/a%2Fb%20%3F%25 {"enabled":false})"));
}

TEST_F(CommandsTest, AnMtuIsSetAndTakenAway) {
  serve({{201, "{}"}, {200, "{}"}, {200, "{}"}});
  EXPECT_TRUE(commands().add_account({.login = "alice", .password_fd = descriptor_with("secret\n"), .mtu = 1400}));
  EXPECT_TRUE(commands().set_mtu("alice", 1300));
  EXPECT_TRUE(commands().set_mtu("alice", std::nullopt));
  EXPECT_THAT(requests_,
              testing::ElementsAre(R"(POST /api/v1/accounts {"login":"alice","mtu":1400,"password":"secret"})",
                                   R"(PATCH /api/v1/accounts/alice {"mtu":1300})",
                                   R"(PATCH /api/v1/accounts/alice {"mtu":null})"));
}

TEST_F(CommandsTest, PrefixLengthsAndANoteAreSetAndTakenAway) {
  serve({{200, "{}"}, {200, "{}"}, {200, "{}"}, {200, "{}"}});
  EXPECT_TRUE(commands().set_prefix_lengths("alice", 56, 60));
  EXPECT_TRUE(commands().set_prefix_lengths("alice", std::nullopt, std::nullopt));
  EXPECT_TRUE(commands().set_note("alice", "pays late"));
  EXPECT_TRUE(commands().set_note("alice", std::nullopt));
  EXPECT_THAT(
      requests_,
      testing::ElementsAre(
          R"(PATCH /api/v1/accounts/alice {"prefix_length_longest":60,"prefix_length_shortest":56})",
          R"(PATCH /api/v1/accounts/alice {"prefix_length_longest":null,"prefix_length_shortest":null})",
          R"(PATCH /api/v1/accounts/alice {"note":"pays late"})", R"(PATCH /api/v1/accounts/alice {"note":null})"));
}

TEST_F(CommandsTest, TunnelsAreListedAsTheyAreAskedFor) {
  serve({{200, R"({"tunnels":[],"next":null})"}});
  EXPECT_TRUE(
      commands(true).list_tunnels(query_of({.address = "2001:db8::/56", .remote = "192.0.2.1", .login = "a&b"})));
  EXPECT_EQ(requests_[0], "GET /api/v1/tunnels?limit=1000&address=2001%3Adb8%3A%3A%2F56&remote=192.0.2.1&login=a%26b ");
}

TEST_F(CommandsTest, AHomeIsSetAndTakenAway) {
  serve({{201, "{}"}, {200, "{}"}, {200, "{}"}, {200, "{}"}});
  EXPECT_TRUE(commands().add_account({.login = "alice", .password_fd = descriptor_with("secret\n"), .home = 2}));
  EXPECT_TRUE(commands().set_home("alice", 3));
  EXPECT_TRUE(commands().set_home("alice", std::nullopt));
  EXPECT_TRUE(commands().set_home("alice", 7, true));
  EXPECT_THAT(requests_, testing::ElementsAre(R"(POST /api/v1/accounts {"home":2,"login":"alice","password":"secret"})",
                                              R"(PATCH /api/v1/accounts/alice {"home":3})",
                                              R"(PATCH /api/v1/accounts/alice {"home":null})",
                                              R"(PATCH /api/v1/accounts/alice {"force":true,"home":7})"));
}

constexpr const char* kBrokers =
    R"({"brokers":[{"id":1,"own":true,"state":"up","heard":true,"heard_at":"2026-01-02T03:04:05Z","silent_seconds":0,
                    "addresses":["192.0.2.1"],"region":"","weight":1,"capacity":100,"tunnels":3,"pools":["2001:db8::/48"]},
                   {"id":2,"own":false,"state":"draining","heard":false,"heard_at":"2026-01-02T03:00:00Z",
                    "silent_seconds":75,"addresses":["192.0.2.2","ts2.example:3654"],"region":"north","weight":0,
                    "capacity":null,"tunnels":7,"pools":[]}]})";

TEST_F(CommandsTest, BrokersAreATable) {
  serve({{200, kBrokers}, {200, R"({"store":{"available":true}})"}, {200, "{}"}});
  EXPECT_EQ(commands().list_brokers(),
            "ID  STATE                  TUNNELS  CAPACITY  REGION  WEIGHT  ADDRESSES                   POOLS          "
            "HEARD\n"
            "1   up (this one)          3        100       -       1       192.0.2.1                   2001:db8::/48  "
            "2026-01-02T03:04:05Z\n"
            "2   silent for 1 min 15 s  7        -         north   0       192.0.2.2 ts2.example:3654  -              "
            "2026-01-02T03:00:00Z\n");
  EXPECT_EQ(commands().forget_broker("2"), "");
  EXPECT_THAT(requests_,
              testing::ElementsAre("GET /api/v1/brokers ", "GET /api/v1/status ", "DELETE /api/v1/brokers/2 "));
}

TEST_F(CommandsTest, AListOfBrokersThatMayBeOldSaysSo) {
  serve({{200, kBrokers}, {200, R"({"store":{"available":false}})"}});

  EXPECT_THAT(commands().list_brokers().value(), HasSubstr("\nthe database is away: the others are as they were when"));
}

TEST_F(CommandsTest, AListOfTunnelsSaysThatThereAreOtherBrokers) {
  serve({{200, R"({"tunnels":[],"next":null})"}, {200, kBrokers}, {200, R"({"tunnels":[],"next":null})"}});

  EXPECT_THAT(commands().list_tunnels().value(),
              testing::EndsWith("only the tunnels of this broker; on the same store there are also: 2\n"));
  EXPECT_THAT(commands(true).list_tunnels().value(), Not(HasSubstr("only the tunnels")));
}

TEST_F(CommandsTest, AnAccountIsShownWithTheBrokerThatHasItsTunnel) {
  serve({{200, R"({"login":"alice","tunnel":null,"tunnel_broker":2})"},
         {200, R"({"login":"alice","tunnel":17,"tunnel_broker":1})"},
         {200, R"({"login":"alice","tunnel":null,"tunnel_broker":null})"}});
  EXPECT_THAT(*commands().show_account("alice"), HasSubstr("tunnel          at broker 2\n"));
  EXPECT_THAT(*commands().show_account("alice"), HasSubstr("tunnel          17\n"));
  EXPECT_THAT(*commands().show_account("alice"), HasSubstr("tunnel          -\n"));
}

TEST_F(CommandsTest, AnUpdateKeyIsPrintedAloneAndTakenAway) {
  serve({{200, R"({"login":"a/b","update_key":"0123abcd"})"}, {200, "{}"}});
  const auto key = commands().make_update_key("a/b");
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, "0123abcd\n");
  EXPECT_EQ(commands().remove_update_key("a/b"), "");
  EXPECT_THAT(requests_, testing::ElementsAre("POST /api/v1/update-keys/a%2Fb ", "DELETE /api/v1/update-keys/a%2Fb "));
}

TEST_F(CommandsTest, ListsAreReadToTheirEnd) {
  serve({{200, R"({"accounts":[{"login":"a"},{"login":"b&c"}],"next":"b&c"})"},
         {200, R"({"accounts":[{"login":"d"}],"next":null})"}});
  const auto output = commands(true).list_accounts();

  ASSERT_TRUE(output);
  EXPECT_EQ(nlohmann::json::parse(*output),
            nlohmann::json::parse(R"({"accounts":[{"login":"a"},{"login":"b&c"},{"login":"d"}]})"));
  EXPECT_THAT(requests_,
              testing::ElementsAre("GET /api/v1/accounts?limit=1000 ", "GET /api/v1/accounts?limit=1000&after=b%26c "));
}

TEST_F(CommandsTest, RefusalsHaveTheirOwnExitCodes) {
  const std::vector<std::pair<int, ExitCode>> codes = {{404, ExitCode::NotFound},    {409, ExitCode::Exists},
                                                       {422, ExitCode::Invalid},     {400, ExitCode::Invalid},
                                                       {503, ExitCode::Unavailable}, {500, ExitCode::Unavailable}};
  std::vector<linux_::ApiResponse> answers;
  answers.reserve(codes.size());
  for (const auto& [status, code] : codes) {
    answers.push_back({status, R"({"error":{"field":"login","message":"is wrong"}})"});
  }
  serve(answers);
  for (const auto& [status, code] : codes) {
    const auto output = commands().show_account("alice");
    ASSERT_FALSE(output);
    EXPECT_EQ(output.error().code, code) << status;
    EXPECT_EQ(output.error().message, "login: is wrong");
  }
}

TEST_F(CommandsTest, DaemonThatDoesNotRunIsNamed) {
  const auto output = commands().status();

  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ExitCode::Unreachable);
  EXPECT_THAT(output.error().message, HasSubstr("tspd is not running"));
  EXPECT_THAT(output.error().message, HasSubstr(folder_ + "/control.sock"));
}

TEST_F(CommandsTest, AnswerThatIsNoJsonIsAnError) {
  serve({{200, "<html>"}});
  const auto output = commands().status();

  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ExitCode::Unavailable);
}

TEST_F(CommandsTest, TunnelsAreATable) {
  serve({{200,
          R"({"tunnels":[{"id":17,"login":"alice","type":"v6udpv4","remote":"198.51.100.7:4096","inner":"2001:db8::5",
                   "delegated":null,"usage":{"idle_seconds":75,"bytes_up":1234,"bytes_down":0}},
                  {"id":8,"login":null,"type":"v6v4","remote":"198.51.100.8","inner":"2001:db8::6",
                   "delegated":"2001:db8:1::/56","usage":null}],"next":null})"},
         {200, R"({"brokers":[{"id":1,"own":true}]})"}});
  EXPECT_EQ(commands().list_tunnels(),
            "ID  LOGIN        TYPE     REMOTE             INNER        DELEGATED        IDLE        UP      DOWN\n"
            "17  alice        v6udpv4  198.51.100.7:4096  2001:db8::5  -                1 min 15 s  1.2 kB  0 B\n"
            "8   (anonymous)  v6v4     198.51.100.8       2001:db8::6  2001:db8:1::/56  -           -       -\n");
}

TEST_F(CommandsTest, AnAccountIsShownWithWhatItHasInTheDns) {
  serve({{200, R"({"login":"alice","name_servers":["ns1.example","ns2.example"],"host_name":"alice.example",
                   "dns":{"state":"pending","since":null,"error":"bad\u001b[2J"}})"},
         {200, R"({"login":"bob","name_servers":[],"host_name":null,
                   "dns":{"state":"done","since":"2026-01-02T03:04:05Z","error":""}})"},
         {200, R"({"login":"carol","name_servers":[],"host_name":null,"dns":null})"}});
  const auto alice = commands().show_account("alice");
  ASSERT_TRUE(alice);
  EXPECT_THAT(*alice, HasSubstr("name servers    ns1.example ns2.example\n"));
  EXPECT_THAT(*alice, HasSubstr("name            alice.example\n"));
  EXPECT_THAT(*alice, HasSubstr("dns             pending: bad\\u{1b}[2J\n"));
  EXPECT_THAT(*commands().show_account("bob"), HasSubstr("dns             done, last done 2026-01-02T03:04:05Z\n"));
  EXPECT_THAT(*commands().show_account("carol"), HasSubstr("dns             -\n"));
}

TEST_F(CommandsTest, TheStateOfTheDnsIsAListAndARetryHasNoOutput) {
  serve({{200, R"({"place":"192.0.2.53:53","zones":["a","b"],"done":3,"pending":0,"refused":1,"error":""})"},
         {200, "{}"}});
  EXPECT_EQ(commands().dns_status(),
            "records at     192.0.2.53:53\n"
            "zones          a b\n"
            "accounts done  3\n"
            "pending        0\n"
            "refused        1\n"
            "error          -\n");
  EXPECT_EQ(commands().dns_retry(), "");
  EXPECT_THAT(requests_, testing::ElementsAre("GET /api/v1/dns ", "POST /api/v1/dns-retry "));
}

TEST_F(CommandsTest, LoginsCannotDisturbTheTerminal) {
  serve({{200, R"({"accounts":[{"login":"a\u001b[2Jb"}],"next":null})"}});
  const auto output = commands().list_accounts();

  ASSERT_TRUE(output);
  EXPECT_THAT(*output, HasSubstr(R"(a\u{1b}[2Jb)"));
  EXPECT_THAT(*output, Not(HasSubstr("\x1b")));
}

TEST_F(CommandsTest, SelfTestThatPassedIsATable) {
  serve({{200, R"({"result":"passed","checks":[
                   {"check":"tunnel_device","target":"tsp0","result":"passed","detail":"it came back"}]})"}});
  EXPECT_EQ(commands().self_test(),
            "CHECK          TARGET  RESULT  DETAIL\n"
            "tunnel_device  tsp0    passed  it came back\n");
  EXPECT_THAT(requests_, testing::ElementsAre("POST /api/v1/self-test "));
}

TEST_F(CommandsTest, SelfTestThatDidNotPassIsPrintedAndHasItsOwnExitCodes) {
  serve({{200, R"({"result":"blocked","checks":[
                   {"check":"tunnel_device","target":"tsp0","result":"blocked","detail":"why"}]})"},
         {200, R"({"result":"unknown","checks":[]})"}});
  const auto blocked = commands().self_test();
  const auto unknown = commands(true).self_test();

  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().code, ExitCode::Blocked);
  EXPECT_THAT(blocked.error().output, HasSubstr("tsp0    blocked  why"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ExitCode::Undecided);
  EXPECT_EQ(nlohmann::json::parse(unknown.error().output)["result"], "unknown");
}

constexpr const char* kConfigsOfAlice = R"({"client_configs":[
    {"system":"openwrt","text":null,"lacks":"tunnel","reason":"the account has no live tunnel"},
    {"system":"gogoc","text":"server=192.0.2.1\n","lacks":null,"reason":null},
    {"system":"tsp-connect","text":null,"lacks":"value","reason":"use --server NAME"}]})";

TEST_F(CommandsTest, ClientConfigIsThatOfTheSystem) {
  serve({{200, kConfigsOfAlice}, {200, kConfigsOfAlice}});
  EXPECT_EQ(commands().client_config({.login = "alice", .system = "gogoc"}), "server=192.0.2.1\n");
  const auto output = commands(true).client_config(
      {.login = "a/b", .system = "gogoc", .server = client::ServerName{"ts.example.net", 4000}});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(nlohmann::json::parse(*output).value("client_config", ""), "server=192.0.2.1\n");
  EXPECT_THAT(requests_, testing::ElementsAre("GET /api/v1/client-configs/alice ",
                                              "GET /api/v1/client-configs/a%2Fb?server=ts.example.net%3A4000 "));
}

TEST_F(CommandsTest, ClientConfigThatCannotBeMadeSaysWhatItLacks) {
  serve({{200, kConfigsOfAlice}, {200, kConfigsOfAlice}, {200, R"({"client_configs":[]})"}});
  const auto without_tunnel = commands().client_config({.login = "alice", .system = "openwrt"});
  const auto without_server = commands().client_config({.login = "alice", .system = "tsp-connect"});
  const auto unknown = commands().client_config({.login = "alice", .system = "gogoc"});

  ASSERT_FALSE(without_tunnel);
  EXPECT_EQ(without_tunnel.error().code, ExitCode::Unavailable);
  EXPECT_EQ(without_tunnel.error().message, "the account has no live tunnel");
  ASSERT_FALSE(without_server);
  EXPECT_EQ(without_server.error().code, ExitCode::Invalid);
  EXPECT_THAT(without_server.error().message, HasSubstr("--server"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ExitCode::Unavailable);
}

TEST_F(CommandsTest, ClientConfigOfNobodyIsNotFound) {
  serve({{404, R"({"error":{"message":"no such account"}})"}});
  const auto output = commands().client_config({.login = "nobody", .system = "gogoc"});

  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ExitCode::NotFound);
}

TEST_F(CommandsTest, DrainSaysHowMuchIsLeft) {
  serve({{200, R"({"drain":{"tunnels_left":3,"seconds_left":899}})"},
         {200, R"({"drain":{"tunnels_left":1,"seconds_left":null}})"},
         {200, R"({"drain":null})"}});

  EXPECT_EQ(commands().drain("15m"), "draining: 3 tunnels left, stops in 14 min 59 s at the latest\n");
  EXPECT_EQ(commands().drain(""), "draining: 1 tunnel left, no deadline\n");
  EXPECT_EQ(commands().undrain(), "not draining: clients are served\n");
  EXPECT_THAT(requests_, testing::ElementsAre(R"(POST /api/v1/drain {"deadline_seconds":900})", "POST /api/v1/drain ",
                                              "DELETE /api/v1/drain "));
}

TEST_F(CommandsTest, DeadlineThatIsNoTimeIsRefusedBeforeAnybodyIsAsked) {
  const auto output = commands().drain("soon");

  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ExitCode::Invalid);
  EXPECT_THAT(output.error().message, HasSubstr("--deadline: expected a time such as 90s"));
}

TEST_F(CommandsTest, StatusSaysWhatTheStoreSays) {
  serve({{200, R"({"version":"1","ready":false,"store":{"available":false,"detail":"disk full"},"pool":["line"],
                   "counters":{"sessions_now":0},"datapath":{"drops":{"garbage":0,"too_big":2}}})"}});
  const auto output = commands().status();

  ASSERT_TRUE(output);
  EXPECT_THAT(*output, HasSubstr("NOT AVAILABLE: disk full"));
  EXPECT_THAT(*output, HasSubstr("the brokers on the store, if there are some"));
  EXPECT_THAT(*output, HasSubstr("sessions_now"));
  EXPECT_THAT(*output, HasSubstr("too_big"));
  EXPECT_THAT(*output, Not(HasSubstr("garbage"))) << "drops that never happened";
}

TEST_F(CommandsTest, StatusSaysWhichDatapathServesAndWhy) {
  serve({{200, R"({"version":"1","ready":true,"store":{"type":"mysql","available":true},"pool":[],"counters":{},
                   "broker_id":3,"other_pools":["2001:db8:2::/48"],
                   "redirect":[{"address":"192.0.2.2","weight":2,"broker_id":7,"region":"north","capacity":50},
                               {"address":"ts1.example","weight":1,"broker_id":null,"region":"","capacity":null}],
                   "datapath":{"type":"tun","reason":"the module utun is not loaded","packets_up":7,"drops":{}}})"}});
  const auto output = commands().status();

  ASSERT_TRUE(output);
  EXPECT_THAT(*output, HasSubstr("mysql, available"));
  EXPECT_THAT(*output, HasSubstr("2001:db8:2::/48"));
  EXPECT_THAT(*output, HasSubstr("192.0.2.2 (weight 2, broker 7, region north, capacity 50), ts1.example (weight 1)"));
  EXPECT_THAT(*output, HasSubstr("tun (the module utun is not loaded)"));
  EXPECT_THAT(*output, HasSubstr("packets_up"));
}

}  // namespace commands_test
}  // namespace tsp::tspctl
