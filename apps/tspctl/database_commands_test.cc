// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/database_commands.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/store_lock.h"

namespace tsp::tspctl {
namespace database_commands_test {

using nlohmann::json;
using testing::HasSubstr;

// One configuration and its SQLite store; how it is with a server, netns-tests/mysql_test.py shows.
class DatabaseCommandsTest : public testing::Test {
 protected:
  DatabaseCommandsTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "tspctl-db-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    configure("tspd.db");
  }
  ~DatabaseCommandsTest() override { std::filesystem::remove_all(folder_); }

  void configure(const std::string& database) {
    std::ofstream(file("tspd.toml")) << "prefix = \"2001:db8::/48\"\n[store]\npath = \"" << file(database) << "\"\n";
  }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  DatabaseCommands commands(bool as_json = true) const { return {file("tspd.toml"), as_json}; }
  void run(const char* sql) const {
    auto connection = linux_::sqlite::Connection::open(file("tspd.db"), std::chrono::seconds(5)).value();
    const auto done = connection.run(sql);
    ASSERT_TRUE(done) << done.error().detail;
  }
  void fill() const {
    ASSERT_TRUE(commands().init());
    run("UPDATE store SET realm = 'tunnels.example';"
        "INSERT INTO accounts VALUES (1, 'alice', '000102030405060708090a0b0c0d0e0f', 1, NULL, NULL, NULL, 5, NULL, "
        "NULL, NULL, NULL);"
        "INSERT INTO claims VALUES (x'20010db8000000000000000000000005', 128, x'20010db8000000000000000000000005',"
        " 1, 1, 0, 1)");
  }

  std::string folder_;
};

TEST_F(DatabaseCommandsTest, StatusTellsWhatIsThere) {
  fill();

  const json status = json::parse(commands().status().value());

  EXPECT_EQ(status["database"], file("tspd.db"));
  EXPECT_EQ(status["realm"], "tunnels.example");
  EXPECT_EQ(status["missing_upgrade"], json::array());
  EXPECT_EQ(status["rows"]["accounts"], 1);
  EXPECT_EQ(status["rows"]["claims"], 1);
  EXPECT_EQ(status["rows"]["tunnel_history"], 0);
  EXPECT_THAT(commands(false).status().value(), HasSubstr("accounts: 1\n"));
}

TEST_F(DatabaseCommandsTest, APlanNamesWhatIsMissingAndChangesNothing) {
  std::ofstream(file("tspd.db")).close();

  const json plan = json::parse(commands().upgrade(true).value());
  EXPECT_EQ(plan["would_apply"][0], "001_create");
  EXPECT_EQ(json::parse(commands().status().value())["schema"], 0);

  EXPECT_EQ(json::parse(commands().upgrade(false).value())["applied"], plan["would_apply"]);
  EXPECT_EQ(json::parse(commands().upgrade(true).value())["would_apply"], json::array());
}

TEST_F(DatabaseCommandsTest, WhatIsRestoredIsWhatWasBackedUp) {
  fill();
  ASSERT_TRUE(commands().backup(file("copy.db")));
  configure("other.db");

  const json restored = json::parse(commands().restore(file("copy.db")).value());

  EXPECT_EQ(restored["rows"]["accounts"], 1);
  const json status = json::parse(commands().status().value());
  EXPECT_EQ(status["database"], file("other.db"));
  EXPECT_EQ(status["realm"], "tunnels.example");
  EXPECT_EQ(status["rows"]["claims"], 1);
}

TEST_F(DatabaseCommandsTest, ABackupIsItsOwnersAloneAndOverwritesNothing) {
  fill();
  ASSERT_TRUE(commands().backup(file("copy.db")));

  EXPECT_EQ(std::filesystem::status(file("copy.db")).permissions(), std::filesystem::perms(0600));
  const Output again = commands().backup(file("copy.db"));
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("copy.db: the file is there already"));
}

TEST_F(DatabaseCommandsTest, NothingIsRestoredIntoADatabaseThatIsNotEmpty) {
  fill();
  ASSERT_TRUE(commands().backup(file("copy.db")));

  const Output restored = commands().restore(file("copy.db"));

  ASSERT_FALSE(restored);
  EXPECT_THAT(restored.error().message, HasSubstr("tspd.db: it is not empty"));
}

TEST_F(DatabaseCommandsTest, NothingIsChangedWhileTspdServesTheFile) {
  fill();
  ASSERT_TRUE(commands().backup(file("copy.db")));
  const auto lock = linux_::lock_store(file("tspd.db"));
  ASSERT_TRUE(lock);

  for (const Output& refused : {commands().init(), commands().upgrade(false), commands().restore(file("copy.db"))}) {
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("another tspd serves"));
  }
  EXPECT_TRUE(commands().status());
  EXPECT_TRUE(commands().backup(file("second.db")));
}

TEST_F(DatabaseCommandsTest, FaultsAreListedAndAreAFailure) {
  fill();
  ASSERT_TRUE(commands().check());
  run("UPDATE accounts SET verifier = 'x'");

  const Output check = commands().check();

  ASSERT_FALSE(check);
  EXPECT_EQ(check.error().code, ExitCode::Unavailable);
  EXPECT_THAT(check.error().message, HasSubstr("1 fault"));
  EXPECT_THAT(json::parse(check.error().output)["fault"][0], HasSubstr("account 1: verifier"));
}

TEST_F(DatabaseCommandsTest, ASoundDatabaseIsSaidToBeSoInOneLine) {
  fill();

  EXPECT_EQ(commands(false).check().value(), file("tspd.db") + ": sound\n");
  EXPECT_EQ(json::parse(commands().check().value())["fault"], json::array());
}

TEST_F(DatabaseCommandsTest, ADatabaseWithoutTablesIsNamedAndNotCopied) {
  std::ofstream(file("tspd.db")).close();

  for (const Output& refused : {commands().check(), commands().backup(file("copy.db"))}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::Unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("tspd.db: it has no tables yet"));
  }
  EXPECT_FALSE(std::filesystem::exists(file("copy.db")));
}

TEST_F(DatabaseCommandsTest, ADatabaseOfAnOlderVersionIsToBeUpgradedFirst) {
  fill();
  run("DELETE FROM schema_version WHERE version = 11");

  const Output check = commands().check();

  ASSERT_FALSE(check);
  EXPECT_THAT(check.error().message, HasSubstr("first `tspctl db upgrade`, for 011_account_note"));
}

TEST_F(DatabaseCommandsTest, TheFaultsOfAConfigurationAreInOneLine) {
  std::ofstream(file("tspd.toml")) << "prefix = 7\nother = 8\n";

  const Output status = commands().status();

  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, testing::AllOf(HasSubstr("prefix"), HasSubstr("; "), HasSubstr("other")));
  EXPECT_EQ(status.error().message.find('\n'), std::string::npos);
}

TEST_F(DatabaseCommandsTest, AConfigurationThatIsNotThereIsNamed) {
  const Output status = DatabaseCommands(file("nowhere.toml"), false).status();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::Invalid);
  EXPECT_THAT(status.error().message, HasSubstr("nowhere.toml"));
}

}  // namespace database_commands_test
}  // namespace tsp::tspctl
