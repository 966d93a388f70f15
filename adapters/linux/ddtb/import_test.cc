// SPDX-License-Identifier: Apache-2.0
//
// Out of a real database server, into both kinds of store.
#include "adapters/linux/ddtb/import.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/ddtb/test_base.h"
#include "adapters/linux/store/mysql/mysql_database.h"
#include "adapters/linux/store/mysql/test_support.h"
#include "adapters/linux/store/sqlite/sqlite_database.h"
#include "core/auth/digest_md5.h"

namespace tsp::linux_::ddtb {
namespace import_test {

using mysql::TestServer;
using store::Database;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string old_tables() {
  std::ostringstream text;
  text << std::ifstream(TSP_SOURCE_DIR "/adapters/linux/ddtb/old_tables.sql").rdbuf();
  return text.str();
}

class OldDatabase : public testing::Test {
 protected:
  OldDatabase() {
    server_.run(old_tables(), name_);
    options_ = mysql::options_for(server_, name_);
  }
  OldBase base() const {
    auto read = read_old_base(options_);
    EXPECT_TRUE(read) << read.error().detail;
    return read ? std::move(*read) : OldBase{};
  }

  TestServer& server_ = TestServer::shared();
  const std::string name_ = server_.make_database();
  MysqlOptions options_;
};

TEST_F(OldDatabase, IsReadAsItIs) {
  const OldBase read = base();

  ASSERT_EQ(read.clients.size(), 5U);
  for (std::size_t i = 0; i < kVectors.size(); ++i) {
    EXPECT_EQ(read.clients[i].login, kVectors[i].login);
    EXPECT_EQ(read.clients[i].iv, kVectors[i].iv);
    EXPECT_EQ(read.clients[i].passwd, kVectors[i].passwd);
    EXPECT_EQ(read.clients[i].min_prefix, 1);
    EXPECT_EQ(read.clients[i].max_prefix, 64);
  }
  EXPECT_EQ(read.clients[3].iv, std::nullopt);
  EXPECT_EQ(read.clients[3].passwd, "p:l\\ain \"text\"");
  EXPECT_TRUE(read.clients[0].has_contact);
  EXPECT_TRUE(read.clients[1].has_contact);
  EXPECT_FALSE(read.clients[2].has_contact);
  ASSERT_EQ(read.prefixes.size(), 6U);
  EXPECT_EQ(read.prefixes[3].prefix, "2001:db8:1:a400::/56");
  EXPECT_EQ(read.prefixes[3].client, 1);
  EXPECT_EQ(read.prefixes[4].client, std::nullopt);
  ASSERT_EQ(read.tunnels.size(), 3U);
  EXPECT_EQ(read.tunnels[2].prefix, "2001:db8:1:a100::/56") << "the newest last";
  EXPECT_EQ(read.tunnels[2].client, 1);
  EXPECT_EQ(read.tunnels[2].client_address, "2001:db8:1:a100::1");
  EXPECT_EQ(read.tunnels[2].server_address, "2001:db8:1:a100::");
}

TEST_F(OldDatabase, TheRightToReadIsEnough) {
  server_.run("CREATE USER IF NOT EXISTS reader@localhost; GRANT SELECT ON " + name_ + ".* TO reader@localhost");
  options_.user = "reader";

  EXPECT_EQ(base().clients.size(), 5U);
}

TEST_F(OldDatabase, AnyCharacterSetIsReadAsUtf8) {
  server_.run("ALTER TABLE CLIENT CONVERT TO CHARACTER SET utf16", name_);

  EXPECT_EQ(base().clients[2].login, kVectors[2].login);
}

TEST_F(OldDatabase, WhatIsMissingIsNamedAsInTheSettings) {
  const auto why = [this] { return read_old_base(options_).error().detail; };
  server_.run("DROP TABLE TUNNEL", name_);
  EXPECT_THAT(why(), HasSubstr("TUNNEL"));
  options_.database = "nowhere";
  EXPECT_THAT(why(), HasSubstr("there is no such database; see database"));
  options_.password_file = "/nonexistent/password";
  EXPECT_THAT(why(), testing::StartsWith("password_file: /nonexistent/password"));
}

enum class Kind : std::uint8_t { Sqlite, Mysql };

class ImportInto : public OldDatabase, public testing::WithParamInterface<Kind> {
 protected:
  ImportInto() { EXPECT_TRUE(open()->upgrade()); }
  ~ImportInto() override { std::filesystem::remove(file_); }

  std::unique_ptr<Database> open() const {
    if (GetParam() == Kind::Mysql) return mysql::MysqlDatabase::open(mysql::options_for(server_, store_)).value();
    if (!std::filesystem::exists(file_)) return sqlite::SqliteDatabase::create(file_).value();
    return sqlite::SqliteDatabase::open(file_).value();
  }
  std::expected<Import, std::string> run() {
    return run_import(base(), key_, *open(), {config, {std::chrono::seconds(9)}, random_});
  }
  std::expected<Import, std::string> attempt() {
    return try_import(base(), key_, open().get(), {config, {std::chrono::seconds(9)}, random_});
  }
  store::Holdings holdings() const { return store::read_holdings(*open()).value(); }
  std::vector<std::string> faults() const { return store::find_faults(*open()).value(); }

  BrokerConfig config = test_config("2001:db8:1::/48");

 private:
  const std::optional<PasswordKey> key_ = PasswordKey::from(kDbKey);
  Random random_{Seed{1}};
  const std::string store_ = server_.make_database();
  const std::string file_ = server_.folder() + "/" + store_ + ".db";
};

TEST_P(ImportInto, EverythingThatCanBeKeptIsThere) {
  const auto import = run();
  ASSERT_TRUE(import) << import.error();

  EXPECT_EQ(open()->realm().value(), kRealm);
  EXPECT_THAT(faults(), IsEmpty());
  const store::Holdings there = holdings();
  ASSERT_EQ(there.accounts.size(), 4U);
  for (const Account& account : there.accounts) {
    const auto vector = std::ranges::find(kVectors, account.login, &Vector::login);
    const std::string_view password = vector == kVectors.end() ? "p:l\\ain \"text\"" : vector->password;
    EXPECT_EQ(account.verifier, auth::make_verifier(account.login, kRealm, password)) << account.login;
  }
  const auto alice = std::ranges::find(there.accounts, "alice", &Account::login);
  EXPECT_EQ(alice->server_address, parse_ipv6("2001:db8:1:a100::"));
  std::vector<std::string> claims;
  for (const Claim& claim : there.claims) {
    if (claim.owner == alice->id) claims.push_back(to_text(claim.prefix));
  }
  EXPECT_THAT(claims, testing::UnorderedElementsAre("2001:db8:1:a100::/56", "2001:db8:1:a100::1/128"));
  EXPECT_EQ(there.claims.size(), 6U);
}

TEST_P(ImportInto, AnAttemptTellsTheSameAndWritesNothing) {
  const auto attempted = attempt();
  ASSERT_TRUE(attempted) << attempted.error();
  EXPECT_TRUE(holdings().accounts.empty());
  EXPECT_EQ(open()->realm().value(), "");

  const auto done = run();
  ASSERT_TRUE(done) << done.error();
  ASSERT_EQ(attempted->plan.accounts.size(), done->plan.accounts.size());
  for (std::size_t i = 0; i < done->plan.accounts.size(); ++i) {
    EXPECT_EQ(attempted->plan.accounts[i].notes, done->plan.accounts[i].notes);
    EXPECT_EQ(attempted->plan.accounts[i].prefix, done->plan.accounts[i].prefix);
  }
}

TEST_P(ImportInto, ASecondTimeOnlyWhatIsNewIsAdded) {
  ASSERT_TRUE(run());
  const store::Holdings before = holdings();

  const auto again = run();
  ASSERT_TRUE(again) << again.error();
  EXPECT_THAT(again->plan.changes, IsEmpty());
  EXPECT_EQ(holdings().accounts, before.accounts);
  EXPECT_EQ(holdings().claims, before.claims);

  server_.run("INSERT INTO CLIENT (login, name, passwd) VALUES ('frank', '', 'x')", name_);
  ASSERT_TRUE(run());
  EXPECT_EQ(holdings().accounts.size(), before.accounts.size() + 1);
}

TEST_P(ImportInto, OfAFailureNothingIsLeft) {
  auto database = open();
  ASSERT_TRUE(database->begin_writing());
  Account account;
  account.id = {1};
  account.login = "alice";
  const Claim claim{.prefix = *parse_prefix("2001:db8:1:a100::/56"), .owner = {1}, .state = ClaimState::Held};
  Claim theirs = claim;
  theirs.owner = {2};
  EXPECT_TRUE(database->apply({AddAccount{account}, PutClaim{claim}}));
  const auto refused = database->apply({PutClaim{theirs}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, StoreStatus::Taken);

  database.reset();
  EXPECT_TRUE(holdings().accounts.empty());
  EXPECT_TRUE(holdings().claims.empty());
}

TEST_P(ImportInto, ARefusedImportLeavesTheDatabaseAsItWas) {
  ASSERT_TRUE(run());
  const store::Holdings before = holdings();
  config.realm = "other.example";

  const auto refused = run();

  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("would make the passwords of 4 accounts useless"));
  EXPECT_EQ(holdings().accounts, before.accounts);
  config.realm.clear();
  EXPECT_TRUE(run()) << "the realm that is stored";
}

TEST_P(ImportInto, ARealmMustBeKnown) {
  config.realm.clear();

  EXPECT_THAT(run().error(), HasSubstr("server.realm must be set"));
  EXPECT_TRUE(holdings().accounts.empty());
}

INSTANTIATE_TEST_SUITE_P(Stores, ImportInto, testing::Values(Kind::Sqlite, Kind::Mysql),
                         [](const auto& kind) { return kind.param == Kind::Sqlite ? "Sqlite" : "Mysql"; });

}  // namespace import_test
}  // namespace tsp::linux_::ddtb
