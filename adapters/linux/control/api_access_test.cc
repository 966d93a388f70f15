// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_access.h"

#include <gtest/gtest.h>

namespace tsp::linux_ {
namespace api_access_test {

bool may(std::optional<ApiRole> role, Who who, Intent intent = Intent::Write, std::vector<std::string> scopes = {}) {
  return !access_fault({.role = role, .scopes = std::move(scopes)}, who, Area::Accounts, intent);
}

TEST(ApiAccess, EachRoleMayWhatTheTableSays) {
  struct Row {
    Who who;
    bool admin, operator_, user, stranger;
  };
  for (const Row& row :
       {Row{Who::Admin, true, false, false, false}, Row{Who::AdminOrOwner, true, false, true, false},
        Row{Who::Operator, true, true, false, false}, Row{Who::OperatorOrOwner, true, true, true, false},
        Row{Who::Anybody, true, true, true, false}, Row{Who::Stranger, true, true, true, true}}) {
    EXPECT_EQ(may(ApiRole::Admin, row.who), row.admin) << static_cast<int>(row.who);
    EXPECT_EQ(may(ApiRole::Operator, row.who), row.operator_) << static_cast<int>(row.who);
    EXPECT_EQ(may(ApiRole::User, row.who), row.user) << static_cast<int>(row.who);
    EXPECT_EQ(may(std::nullopt, row.who), row.stranger) << static_cast<int>(row.who);
  }
}

TEST(ApiAccess, ScopesTakeAwayAndGiveNothing) {
  EXPECT_TRUE(may(ApiRole::Admin, Who::Admin, Intent::Read, {"accounts:read"}));
  EXPECT_FALSE(may(ApiRole::Admin, Who::Admin, Intent::Write, {"accounts:read"}));
  EXPECT_TRUE(may(ApiRole::Admin, Who::Admin, Intent::Read, {"tunnels:read", "accounts:write"}));
  EXPECT_FALSE(may(ApiRole::Admin, Who::Admin, Intent::Read, {"tunnels:write"}));
  EXPECT_FALSE(may(ApiRole::User, Who::Admin, Intent::Read, {"accounts:write"}));
  EXPECT_EQ(
      access_fault({.role = ApiRole::Admin, .scopes = {"tunnels:write"}}, Who::Admin, Area::Accounts, Intent::Read),
      "the token lacks the scope accounts:read");
}

TEST(ApiAccess, ScopesAreKnown) {
  EXPECT_TRUE(is_scope("audit:read"));
  for (const char* text : {"", "audit", "audit:", "audit:reads", "session:read", "audit:read ", ":read", "x:read"}) {
    EXPECT_FALSE(is_scope(text)) << text;
  }
}

TEST(ApiAccess, NobodyGivesAwayMoreThanHeHas) {
  EXPECT_TRUE(includes({}, {}));
  EXPECT_TRUE(includes({}, {"accounts:write"}));
  EXPECT_FALSE(includes({"accounts:write"}, {})) << "which is everything";
  EXPECT_TRUE(includes({"accounts:write", "dns:read"}, {"accounts:read", "dns:read"}));
  EXPECT_FALSE(includes({"accounts:read"}, {"accounts:write"}));
  EXPECT_FALSE(includes({"accounts:read"}, {"accounts:read", "dns:read"}));
}

}  // namespace api_access_test
}  // namespace tsp::linux_
