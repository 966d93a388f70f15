// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/schema.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/store/mysql/test_support.h"

namespace tsp::linux_::mysql {
namespace schema_test {

using testing::HasSubstr;

constexpr Upgrade kFirst = {"001_create", "CREATE TABLE a (x INT);\nINSERT INTO a VALUES (1);\n"};
constexpr Upgrade kSecond = {"002_more", "ALTER TABLE a ADD COLUMN y INT;\nCREATE TABLE b (z INT);\n"};
constexpr Upgrade kBroken = {"002_more", "ALTER TABLE a ADD COLUMN y INT;\nINSERT INTO nowhere VALUES (1);\n"};

class MysqlSchemaTest : public testing::Test {
 protected:
  Connection open() { return std::move(Connection::open(options_for(server_, database_), "").value()); }
  std::string ask(const std::string& sql) { return server_.ask(sql, database_); }
  std::string columns() {
    return ask(
        "SELECT group_concat(concat(table_name, '.', column_name) ORDER BY table_name, ordinal_position)"
        " FROM information_schema.columns WHERE table_schema = database() AND table_name <> 'schema_version'");
  }

  TestServer& server_ = TestServer::shared();
  const std::string database_ = server_.make_database();
};

TEST_F(MysqlSchemaTest, UpgradesAreNumberedWithoutGaps) {
  int number = 0;
  for (const Upgrade& upgrade : all_upgrades()) EXPECT_EQ(std::stoi(upgrade.name), ++number);
  EXPECT_GE(number, 1);
}

TEST_F(MysqlSchemaTest, EachTableHasAPrimaryKeyAndIsTransactional) {
  Connection connection = open();
  ASSERT_TRUE(upgrade_schema(connection, all_upgrades()));

  EXPECT_EQ(ask("SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"), "12");
  EXPECT_EQ(ask("SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"
                " AND engine <> 'InnoDB'"),
            "0");
  EXPECT_EQ(ask("SELECT count(DISTINCT table_name) FROM information_schema.statistics"
                " WHERE table_schema = database() AND index_name = 'PRIMARY'"),
            "12");
}

TEST_F(MysqlSchemaTest, OnlyMissingUpgradesAreApplied) {
  Connection connection = open();
  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst}));
  ASSERT_TRUE(connection.run("UPDATE a SET x = 5"));

  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst, kSecond}));
  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst, kSecond}));

  EXPECT_EQ(ask("SELECT group_concat(x) FROM a"), "5");
  EXPECT_EQ(ask("SELECT group_concat(name ORDER BY version) FROM schema_version"), "001_create,002_more");
  EXPECT_EQ(columns(), "a.x,a.y,b.z");
}

TEST_F(MysqlSchemaTest, AnUpgradeThatWasCutOffIsDoneAgainFromItsBeginning) {
  Connection connection = open();
  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst}));
  const auto cut_off = upgrade_schema(connection, std::vector{kFirst, kBroken});
  ASSERT_FALSE(cut_off);
  EXPECT_THAT(cut_off.error().detail, HasSubstr("002_more"));
  EXPECT_EQ(ask("SELECT max(version) FROM schema_version WHERE complete"), "1");

  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst, kSecond}));

  EXPECT_EQ(columns(), "a.x,a.y,b.z");
  EXPECT_EQ(ask("SELECT max(version) FROM schema_version WHERE complete"), "2");
}

TEST_F(MysqlSchemaTest, WhatExistsIsAnErrorForAnUpgradeThatWasNotCutOff) {
  Connection connection = open();
  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst}));
  ASSERT_TRUE(connection.run("CREATE TABLE b (other INT)"));

  const auto upgraded = upgrade_schema(connection, std::vector{kFirst, kSecond});

  ASSERT_FALSE(upgraded);
  EXPECT_THAT(upgraded.error().detail, HasSubstr("already exists"));
}

TEST_F(MysqlSchemaTest, AnUpgradeThatAnotherBrokerMakesIsWaitedFor) {
  Connection connection = open();
  const auto other = server_.connect(database_);
  ASSERT_EQ(mysql_query(other.get(), "DO get_lock(concat('tspbroker upgrades ', database()), 0)"), 0);

  const auto refused = upgrade_schema(connection, std::vector{kFirst});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("another broker is upgrading"));

  ASSERT_EQ(mysql_query(other.get(), "DO release_lock(concat('tspbroker upgrades ', database()))"), 0);
  EXPECT_TRUE(upgrade_schema(connection, std::vector{kFirst}));
}

}  // namespace schema_test
}  // namespace tsp::linux_::mysql
