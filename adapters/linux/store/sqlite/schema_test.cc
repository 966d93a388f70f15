// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/schema.h"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/store/sqlite/statement.h"
#include "adapters/linux/store/sqlite/test_support.h"

namespace tsp::linux_::sqlite {
namespace schema_test {

using testing::HasSubstr;

constexpr Upgrade kFirst = {"001_create", "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);"};
constexpr Upgrade kSecond = {"002_more", "ALTER TABLE a ADD COLUMN y TEXT; CREATE TABLE b (z INTEGER) STRICT;"};
constexpr Upgrade kBroken = {"002_broken", "CREATE TABLE c (z INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"};

class SchemaTest : public testing::Test {
 protected:
  Connection open(const std::string& name) const {
    const std::string path = directory_.file(name);
    std::ofstream(path, std::ios::app).close();
    return std::move(Connection::open(path, std::chrono::seconds(5)).value());
  }
  static std::vector<std::string> texts(Connection& connection, const char* sql) {
    std::vector<std::string> all;
    Statement statement(connection, sql);
    auto rows = statement.query();
    EXPECT_TRUE(rows);
    while (rows && rows->next().value()) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(rows->statement(), 0));
      all.emplace_back(text == nullptr ? "" : text);
    }
    return all;
  }
  static std::vector<std::string> schema(Connection& connection) {
    return texts(connection, "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name");
  }

  TemporaryDirectory directory_;
};

TEST_F(SchemaTest, UpgradingFromAnyVersionGivesTheSchemaOfANewStore) {
  const auto upgrades = all_upgrades();
  Connection created = open("created.db");
  ASSERT_TRUE(upgrade_schema(created, upgrades));
  ASSERT_GE(upgrades.size(), 1u);

  for (std::size_t version = 0; version <= upgrades.size(); ++version) {
    Connection upgraded = open("from-" + std::to_string(version) + ".db");
    ASSERT_TRUE(upgrade_schema(upgraded, upgrades.first(version)));
    ASSERT_TRUE(upgrade_schema(upgraded, upgrades));

    EXPECT_EQ(schema(upgraded), schema(created)) << "from version " << version;
  }
}

TEST_F(SchemaTest, AccountsOfTheFirstVersionHaveNoMtuOfTheirOwn) {
  const auto upgrades = all_upgrades();
  Connection connection = open("a.db");
  ASSERT_TRUE(upgrade_schema(connection, upgrades.first(1)));
  ASSERT_TRUE(connection.run("INSERT INTO accounts VALUES (5, 'alice', '00', 1, 52, 60, NULL, 7)"));

  ASSERT_TRUE(upgrade_schema(connection, upgrades));

  EXPECT_EQ(texts(connection, "SELECT login || prefix_longest || created_ns || coalesce(mtu, '-') FROM accounts"),
            std::vector<std::string>{"alice607-"});
}

TEST_F(SchemaTest, AccountsOfTheFirstVersionAreKeptAndHaveNoNameServers) {
  Connection connection = open("a.db");
  ASSERT_TRUE(upgrade_schema(connection, all_upgrades().first(1)));
  ASSERT_TRUE(connection.run("INSERT INTO accounts VALUES (5, 'alice', 'ab', 1, NULL, NULL, NULL, 7)"));

  ASSERT_TRUE(upgrade_schema(connection, all_upgrades()));

  EXPECT_EQ(texts(connection, "SELECT login FROM accounts WHERE id = 5"), std::vector<std::string>{"alice"});
  EXPECT_EQ(texts(connection, "SELECT names FROM name_servers"), std::vector<std::string>());
}

TEST_F(SchemaTest, AccountsOfTheFirstVersionHaveNoUpdateKey) {
  Connection connection = open("a.db");
  ASSERT_TRUE(upgrade_schema(connection, all_upgrades().first(1)));
  ASSERT_TRUE(connection.run("INSERT INTO accounts VALUES (7, 'alice', '00', 1, NULL, NULL, NULL, 5)"));

  ASSERT_TRUE(upgrade_schema(connection, all_upgrades()));

  EXPECT_EQ(texts(connection, "SELECT login || ' ' || created_ns || ' ' || (update_key IS NULL) FROM accounts"),
            std::vector<std::string>{"alice 5 1"});
}

TEST_F(SchemaTest, AccountsOfTheFirstVersionHaveNoNote) {
  Connection connection = open("a.db");
  ASSERT_TRUE(upgrade_schema(connection, all_upgrades().first(1)));
  ASSERT_TRUE(connection.run("INSERT INTO accounts VALUES (7, 'alice', '00', 1, NULL, NULL, NULL, 5)"));

  ASSERT_TRUE(upgrade_schema(connection, all_upgrades()));

  EXPECT_EQ(texts(connection, "SELECT login || ' ' || (note IS NULL) FROM accounts"),
            std::vector<std::string>{"alice 1"});
}

TEST_F(SchemaTest, UpgradesAreNumberedWithoutGaps) {
  int number = 0;
  for (const Upgrade& upgrade : all_upgrades()) EXPECT_EQ(std::stoi(upgrade.name), ++number);
}

TEST_F(SchemaTest, OnlyMissingUpgradesAreApplied) {
  Connection connection = open("a.db");
  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst}));
  ASSERT_TRUE(connection.run("UPDATE a SET x = 5"));

  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst, kSecond}));
  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst, kSecond}));

  EXPECT_EQ(texts(connection, "SELECT x FROM a"), std::vector<std::string>{"5"});
  EXPECT_EQ(texts(connection, "SELECT name FROM schema_version ORDER BY version"),
            (std::vector<std::string>{"001_create", "002_more"}));
}

TEST_F(SchemaTest, AFailingUpgradeChangesNothing) {
  Connection connection = open("a.db");
  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst}));
  const auto before = schema(connection);

  const auto upgraded = upgrade_schema(connection, std::vector{kFirst, kBroken});

  ASSERT_FALSE(upgraded);
  EXPECT_THAT(upgraded.error().detail, HasSubstr("002_broken"));
  EXPECT_EQ(schema(connection), before);
  EXPECT_TRUE(upgrade_schema(connection, std::vector{kFirst, kSecond}));
}

TEST_F(SchemaTest, ANewerStoreIsNotOurs) {
  Connection connection = open("a.db");
  ASSERT_TRUE(upgrade_schema(connection, std::vector{kFirst, kSecond}));

  EXPECT_TRUE(check_ours(connection, std::vector{kFirst, kSecond}));
  EXPECT_FALSE(check_ours(connection, std::vector{kFirst}));
}

}  // namespace schema_test
}  // namespace tsp::linux_::sqlite
