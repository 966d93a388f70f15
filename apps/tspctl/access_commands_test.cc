// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/access_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/tspctl/tspd_test_double.h"

namespace tsp::tspctl {
namespace access_commands_test {

using testing::ElementsAre;
using testing::HasSubstr;

class AccessCommandsTest : public TspdTestDouble {
 protected:
  [[nodiscard]] AccessCommands commands(bool json = false) const { return {*client_, json}; }
};

TEST_F(AccessCommandsTest, ATokenIsMadeAndPrinted) {
  serve({{201, R"({"token":"tspt_1","name":"backup"})"}, {201, R"({"token":"tspt_2"})"}});
  EXPECT_EQ(commands().create_token({.name = "backup", .role = "admin"}), "tspt_1\n");
  EXPECT_EQ(commands().create_token({.name = "phone",
                                     .role = "user",
                                     .account = "alice",
                                     .scopes = {"accounts:read", "tunnels:write"},
                                     .expires = "90d"}),
            "tspt_2\n");
  EXPECT_THAT(
      requests_,
      ElementsAre(R"(POST /api/v1/tokens {"name":"backup","role":"admin"})",
                  R"(POST /api/v1/tokens {"lifetime_seconds":7776000,"login":"alice","name":"phone","role":"user",)"
                  R"("scopes":["accounts:read","tunnels:write"]})"));
  EXPECT_EQ(commands().create_token({.name = "x", .role = "admin", .expires = "soon"}).error().code, ExitCode::Invalid);
}

TEST_F(AccessCommandsTest, ATokenIsRevokedByItsNameOrItsId) {
  const std::string page = R"({"tokens":[{"id":17,"name":"backup"},{"id":18,"name":"phone"},)"
                           R"({"id":19,"name":"phone"}],"next":null})";
  serve({{200, page}, {200, "{}"}, {200, page}, {200, "{}"}, {200, page}, {200, page}});
  EXPECT_EQ(commands().revoke_token("backup"), "");
  EXPECT_EQ(commands().revoke_token("19"), "");
  EXPECT_THAT(requests_, ElementsAre("GET /api/v1/tokens?limit=1000 ", "DELETE /api/v1/tokens/17 ",
                                     "GET /api/v1/tokens?limit=1000 ", "DELETE /api/v1/tokens/19 "));
  EXPECT_EQ(commands().revoke_token("phone").error().code, ExitCode::Invalid) << "there are two of them";
  EXPECT_EQ(commands().revoke_token("nobody").error().code, ExitCode::NotFound);
}

TEST_F(AccessCommandsTest, TokensAreListed) {
  serve({{200, R"({"tokens":[{"id":17,"name":"backup","role":"operator","login":null,"scopes":["accounts:read"],)"
               R"("created_at":"2026-02-03T04:05:06Z","expires_at":null}],"next":null})"}});
  EXPECT_EQ(commands().list_tokens(),
            "ID  NAME    ROLE      LOGIN  SCOPES         EXPIRES\n"
            "17  backup  operator  -      accounts:read  -\n");
}

TEST_F(AccessCommandsTest, AConsolePasswordIsReadFromADescriptor) {
  serve({{200, "{}"}, {200, "{}"}});
  EXPECT_EQ(commands().set_console_login("a/b", "", descriptor_with("correct horse\n")), "");
  EXPECT_EQ(commands().set_console_login("noc", "operator", descriptor_with("correct horse\n")), "");
  EXPECT_THAT(requests_,
              ElementsAre(R"(PUT /api/v1/console-logins/a%2Fb {"password":"correct horse"})",
                          R"(PUT /api/v1/console-logins/noc {"password":"correct horse","role":"operator"})"));
}

TEST_F(AccessCommandsTest, ASecondFactorIsBegunConfirmedAndRemoved) {
  serve({{201, R"({"login":"noc","secret":"GEZDG","uri":"otpauth://totp/x"})"}, {200, "{}"}, {200, "{}"}});
  EXPECT_EQ(commands().begin_totp("noc"), "secret  GEZDG\nuri     otpauth://totp/x\n");
  EXPECT_EQ(commands().confirm_totp("a/b", "012345"), "");
  EXPECT_EQ(commands().remove_totp("noc"), "");
  EXPECT_THAT(requests_, ElementsAre("POST /api/v1/console-logins/noc/totp ",
                                     R"(PUT /api/v1/console-logins/a%2Fb/totp {"code":"012345"})",
                                     "DELETE /api/v1/console-logins/noc/totp "));
}

TEST_F(AccessCommandsTest, TheAuditLogIsShownWithTheNewestLast) {
  const auto entry = [](const std::string& at) {
    return R"({"at":")" + at + R"(","actor":"uid 0","source":"local","action":"account.add","subject":"al\nice",)" +
           R"("detail":"","result":"done"})";
  };
  serve({{200, R"({"audit":[)" + entry("3") + "," + entry("2") + R"(],"next":"2-7"})"},
         {200, R"({"audit":[)" + entry("1") + R"(],"next":null})"}});
  EXPECT_EQ(commands().audit(50),
            "AT  WHO    FROM   WHAT         WHICH    DETAIL  RESULT\n"
            "1   uid 0  local  account.add  al\\nice  -       done\n"
            "2   uid 0  local  account.add  al\\nice  -       done\n"
            "3   uid 0  local  account.add  al\\nice  -       done\n");
  EXPECT_THAT(requests_, ElementsAre("GET /api/v1/audit?limit=50 ", "GET /api/v1/audit?limit=48&after=2-7 "));
}

}  // namespace access_commands_test
}  // namespace tsp::tspctl
