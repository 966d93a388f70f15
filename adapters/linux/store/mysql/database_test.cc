// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/database.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/store/mysql/mysql_database.h"
#include "adapters/linux/store/mysql/test_support.h"
#include "adapters/linux/store/sqlite/sqlite_database.h"
#include "adapters/linux/store/sqlite/sqlite_store.h"
#include "core/base/hex.h"

namespace tsp::linux_::mysql {
namespace database_test {

using port::at_second;
using port::held;
using port::host;
using port::prefix;
using sqlite::SqliteDatabase;
using testing::HasSubstr;

// Every value of every row, in some order that does not depend on the database.
std::vector<std::string> content_of(store::Database& database) {
  std::vector<std::string> rows = {"realm " + database.realm().value()};
  for (const store::TableLayout& table : store::all_tables()) {
    const auto read = database.read(table, [&](const store::Columns& row) -> Result<> {
      std::string line(table.name);
      for (int i = 0; i < static_cast<int>(table.columns.size()); ++i) {
        const auto number = row.integer(i);
        const auto text = row.text(i);
        const auto bytes = row.blob(i);
        line += ' ' + std::string(row.name(i)) + '=';
        if (number) line += std::to_string(*number);
        if (text || bytes) line += to_hex(text ? as_bytes(*text) : *bytes);
      }
      rows.push_back(line);
      return {};
    });
    EXPECT_TRUE(read) << read.error().detail;
  }
  std::ranges::sort(rows);
  return rows;
}

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() {
    Account full = account(1);
    full.login = "\xD8\xB3\xD8\xB9 \xF0\x9F\x90\x8C";
    full.prefix_limits = PrefixLimits{.shortest = 52, .longest = 60};
    full.server_address = port::address("2001:db8:1::1");
    full.mtu = 1400;
    full.update_key = UpdateKeyHash{1, 2, 0xFF};
    full.note = "Ж moved in May";
    full.home = BrokerId{2};
    TunnelRecord router = tunnel(7, {1});
    router.delegated = prefix("2001:db8:1:100::/56");
    TunnelRecord theirs = tunnel(9);
    theirs.broker = {2};
    ApiToken token;
    token.id = {5};
    token.name = "phone";
    token.role = ApiRole::User;
    token.account = {1};
    token.login = full.login;
    token.scopes = {"accounts:read", "tunnels:write"};
    token.expires = at_second(90);
    content_ = {AddAccount{full},
                PutApiToken{token},
                PutConsoleLogin{{.login = full.login, .account = {1}, .password_hash = "$argon2id$x"}},
                AddAuditEntry{{.at = at_second(3), .id = 4, .broker = {1}, .actor = "uid 0", .subject = full.login}},
                AddAccount{account(2)},
                PutNameServers{.account = {1}, .names = {"ns1.example", "ns2.example"}},
                PutClaim{held(host("2001:db8::5"), {1})},
                PutClaim{held(host("::ffff:192.0.2.5"), {1})},
                PutClaim{held(prefix("2001:db8:1:100::/56"), {1})},
                PutClaim{port::quarantined(host("2001:db8::6"), at_second(50))},
                PutTunnel{router},
                PutTunnel{tunnel(8)},
                PutTunnel{theirs},
                EvictTunnels{.account = {1}, .by = {2}, .reason = EndReason::Replaced},
                EraseTunnel{{8}, EndReason::Idle, at_second(9)}};
  }

  std::string file(const std::string& name) const { return server_.folder() + "/" + database_ + "-" + name; }
  // A broker's SQLite file with something of everything.
  void fill_sqlite(const std::string& path) {
    port::Completions completions;
    SqliteOptions options;
    options.path = path;
    options.realm = "broker.example";
    auto opened = SqliteStore::open(options, [&](StoreDone done) { completions.add(std::move(done)); }).value();
    opened->submit(CommitChanges{{1}, content_});
    ASSERT_EQ(completions.take({1}).status, StoreStatus::Done);
  }
  std::unique_ptr<MysqlDatabase> open_mysql() {
    return std::move(MysqlDatabase::open(options_for(server_, database_)).value());
  }

  TestServer& server_ = TestServer::shared();
  const std::string database_ = server_.make_database();
  std::vector<StoreChange> content_;
};

TEST_F(DatabaseTest, MovingFromSqliteToMysqlAndBackKeepsEverything) {
  fill_sqlite(file("before"));
  auto before = SqliteDatabase::open(file("before")).value();
  auto server = open_mysql();
  auto after = SqliteDatabase::create(file("after")).value();
  ASSERT_TRUE(server->upgrade());
  ASSERT_TRUE(after->upgrade());

  const auto there = store::copy(*before, *server);
  ASSERT_TRUE(there) << there.error().detail;
  const auto back = store::copy(*server, *after);
  ASSERT_TRUE(back) << back.error().detail;

  EXPECT_EQ(content_of(*before).size(), 1u + 2 + 4 + 1 + 2 + 1 + 3);
  EXPECT_EQ(content_of(*server), content_of(*before));
  EXPECT_EQ(content_of(*after), content_of(*before));
}

TEST_F(DatabaseTest, ABrokerGoesOnAfterTheMove) {
  fill_sqlite(file("before"));
  auto before = SqliteDatabase::open(file("before")).value();
  auto server = open_mysql();
  ASSERT_TRUE(server->upgrade());
  ASSERT_TRUE(store::copy(*before, *server));
  TestStore store(options_for(server_, database_));

  store.open();

  const StoreDone loaded = store.load();
  EXPECT_EQ(loaded.detail, "");
  EXPECT_EQ(loaded.snapshot.claims.size(), 4u);
  EXPECT_EQ(loaded.snapshot.tunnels.size(), 1u);
  EXPECT_EQ(store.find("login-2").accounts.size(), 1u);
  EXPECT_EQ(store.commit({PutClaim{held(host("2001:db8::5"), {2})}}).status, StoreStatus::Taken);
}

TEST_F(DatabaseTest, NothingIsCopiedIntoADatabaseThatIsNotEmpty) {
  fill_sqlite(file("before"));
  auto before = SqliteDatabase::open(file("before")).value();
  TestStore store(options_for(server_, database_));
  store.open();
  ASSERT_EQ(store.commit({AddAccount{account(5)}}).status, StoreStatus::Done);
  auto server = open_mysql();

  const auto copied = store::copy(*before, *server);

  ASSERT_FALSE(copied);
  EXPECT_THAT(copied.error().detail, HasSubstr("not empty: there are 1 rows in its table accounts"));
}

TEST_F(DatabaseTest, ACopyThatFailsLeavesNothingBehind) {
  fill_sqlite(file("before"));
  {
    auto connection = sqlite::Connection::open(file("before"), std::chrono::seconds(5)).value();
    ASSERT_TRUE(connection.run("UPDATE accounts SET login = printf('%0254d', 0) WHERE id = 2"));
  }
  auto before = SqliteDatabase::open(file("before")).value();
  auto server = open_mysql();
  ASSERT_TRUE(server->upgrade());

  EXPECT_FALSE(store::copy(*before, *server));

  EXPECT_EQ(server_.ask("SELECT count(*) FROM accounts", database_), "0");
}

TEST_F(DatabaseTest, FaultsOfTheContentAreFound) {
  fill_sqlite(file("before"));
  auto before = SqliteDatabase::open(file("before")).value();
  auto server = open_mysql();
  ASSERT_TRUE(server->upgrade());
  ASSERT_TRUE(store::copy(*before, *server));
  EXPECT_TRUE(server->damages().value().empty());
  EXPECT_TRUE(before->damages().value().empty());
  EXPECT_TRUE(store::find_faults(*server).value().empty());

  server_.run(
      "INSERT INTO claims SELECT x'20010db8000101000000000000000009', 128,"
      " x'20010db8000101000000000000000009', 2, 1, 0, 1; UPDATE accounts SET verifier = '' WHERE id = 2",
      database_);

  EXPECT_THAT(store::find_faults(*server).value(),
              testing::UnorderedElementsAre(HasSubstr("account 2: verifier"),
                                            HasSubstr("2001:db8:1:100::9/128 refused: 2001:db8:1:100::/56")));
}

TEST_F(DatabaseTest, AFileThatIsThereIsNotOverwritten) {
  fill_sqlite(file("before"));

  const auto created = SqliteDatabase::create(file("before"));

  ASSERT_FALSE(created);
  EXPECT_THAT(created.error().detail, HasSubstr("there already"));
}

}  // namespace database_test
}  // namespace tsp::linux_::mysql
