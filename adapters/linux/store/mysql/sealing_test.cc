// SPDX-License-Identifier: Apache-2.0
//
// Secrets in both kinds of database are sealed.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/secrets/key_file.h"
#include "adapters/linux/store/database.h"
#include "adapters/linux/store/database_keys.h"
#include "adapters/linux/store/mysql/mysql_database.h"
#include "adapters/linux/store/mysql/test_support.h"
#include "adapters/linux/store/sqlite/sqlite_database.h"
#include "adapters/linux/store/sqlite/sqlite_store.h"
#include "core/base/hex.h"

namespace tsp::linux_::mysql {
namespace sealing_test {

using secrets::KeyRing;
using secrets::Sealer;
using store::Database;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

enum class Kind : std::uint8_t { Sqlite, Mysql };

class SealingTest : public testing::TestWithParam<Kind> {
 protected:
  SealingTest() {
    EXPECT_TRUE(secrets::create_keys(keys_file(), ring_));
    sealer_ = Sealer::open(keys_file()).value();
    EXPECT_TRUE(open(nullptr)->upgrade());
  }
  ~SealingTest() override {
    std::filesystem::remove(file());
    std::filesystem::remove(keys_file());
  }

  std::string file() const { return server_.folder() + "/" + database_ + ".db"; }
  std::string keys_file() const { return file() + ".keys"; }
  std::unique_ptr<Database> open(std::shared_ptr<const Sealer> sealer) const {
    if (GetParam() == Kind::Mysql) {
      MysqlOptions options = options_for(server_, database_);
      options.sealer = std::move(sealer);
      return MysqlDatabase::open(options).value();
    }
    using sqlite::SqliteDatabase;
    if (!std::filesystem::exists(file())) return SqliteDatabase::create(file(), std::move(sealer)).value();
    return SqliteDatabase::open(file(), std::move(sealer)).value();
  }
  static void write(Database& database, const std::vector<StoreChange>& changes) {
    ASSERT_TRUE(database.begin_writing());
    const auto applied = database.apply(changes);
    ASSERT_TRUE(applied) << applied.error().detail;
    ASSERT_TRUE(database.commit());
  }
  static std::vector<std::string> texts_of(Database& database, std::size_t table, int column) {
    std::vector<std::string> texts;
    const auto read = database.read(store::all_tables()[table], [&](const store::Columns& row) -> Result<> {
      texts.emplace_back(row.text(column).value_or(""));
      return {};
    });
    EXPECT_TRUE(read);
    return texts;
  }
  static std::vector<std::string> verifier_texts(Database& database) { return texts_of(database, 0, 2); }
  static std::vector<std::string> secret_texts(Database& database) { return texts_of(database, 9, 1); }
  static std::vector<Account> accounts(Database& database) {
    const auto holdings = store::read_holdings(database);
    EXPECT_TRUE(holdings) << holdings.error().detail;
    return holdings ? holdings->accounts : std::vector<Account>();
  }
  void rotate() {
    ring_.add_next();
    ring_.promote();
    ASSERT_TRUE(secrets::replace_keys(keys_file(), ring_));
  }

  TestServer& server_ = TestServer::shared();
  const std::string database_ = server_.make_database();
  KeyRing ring_ = KeyRing::make();
  std::shared_ptr<const Sealer> sealer_;
};

TEST_P(SealingTest, WhatIsWrittenIsSealedAndReadAsItWas) {
  const auto database = open(sealer_);

  write(*database, {AddAccount{account(1)}, AddAccount{account(2)}});

  EXPECT_THAT(verifier_texts(*database), Each(StartsWith("sealed:" + ring_.current().id)));
  EXPECT_THAT(verifier_texts(*database), Each(Not(HasSubstr(to_hex(account(1).verifier).substr(0, 8)))));
  EXPECT_THAT(accounts(*database), ElementsAre(account(1), account(2)));
  EXPECT_EQ(database->count_sealed(), 2);
  EXPECT_THAT(store::find_faults(*database).value(), IsEmpty());
}

TEST_P(SealingTest, AStoreWritesSealedAndKnowsWhatItWrote) {
  port::Completions completions;
  const auto sink = [&](StoreDone done) { completions.add(std::move(done)); };
  std::unique_ptr<port::Store> opened;
  if (GetParam() == Kind::Mysql) {
    MysqlOptions options = options_for(server_, database_);
    options.sealer = sealer_;
    opened = std::move(MysqlStore::open(options, sink).value());
  } else {
    opened = std::move(
        SqliteStore::open(SqliteOptions{.path = file(), .realm = "broker.example", .sealer = sealer_}, sink).value());
  }
  Account changed = account(1);
  changed.verifier = {0x77};
  opened->submit(CommitChanges{{1}, {AddAccount{account(1)}}});
  opened->submit(CommitChanges{{2}, {AddAccount{account(1)}}});
  opened->submit(CommitChanges{{3}, {UpdateAccount{changed, account(1)}}});
  opened->submit(CommitChanges{{4}, {UpdateAccount{account(1), account(1)}}});
  for (std::uint64_t op = 1; op <= 3; ++op) EXPECT_EQ(completions.take({op}).status, StoreStatus::Done) << op;
  EXPECT_EQ(completions.take({4}).status, StoreStatus::Taken) << "it was changed since";
  opened->submit(FindAccount{{5}, changed.login});
  EXPECT_EQ(completions.take({5}).accounts.at(0).account, changed);
  opened->submit(ListAccounts{{6}, "", 10});
  EXPECT_EQ(completions.take({6}).accounts.at(0).account, changed);
  opened.reset();

  EXPECT_THAT(verifier_texts(*open(nullptr)), Each(StartsWith("sealed:")));
}

TEST_P(SealingTest, WithoutTheKeysASealedVerifierCannotBeRead) {
  write(*open(sealer_), {AddAccount{account(1)}});

  const auto faults = store::find_faults(*open(nullptr)).value();

  EXPECT_THAT(faults, ElementsAre(AllOf(HasSubstr("account 1: verifier"), HasSubstr("store.key_file is not there"))));
}

TEST_P(SealingTest, AVerifierInTheRowOfAnotherAccountIsRefused) {
  const auto database = open(sealer_);
  write(*database, {AddAccount{account(1)}});
  const std::string sealed = verifier_texts(*database).at(0);
  ASSERT_TRUE(database->begin_writing());
  using store::Bytes;
  const std::vector<store::Value> row = {
      std::int64_t{2}, Bytes{"mallory"}, Bytes{sealed}, std::int64_t{1}, {}, {}, {}, std::int64_t{10}, {}, {}, {}, {}};
  ASSERT_TRUE(database->insert(store::all_tables()[0], row));
  ASSERT_TRUE(database->commit());

  EXPECT_THAT(store::find_faults(*database).value(),
              ElementsAre(AllOf(HasSubstr("account 2: verifier"), HasSubstr("belongs elsewhere"))));
}

TEST_P(SealingTest, WhatWasThereBeforeTheKeysIsReadAndSealed) {
  write(*open(nullptr), {AddAccount{account(1)}});
  const auto database = open(sealer_);
  write(*database, {AddAccount{account(2)}});
  EXPECT_THAT(accounts(*database), ElementsAre(account(1), account(2)));
  EXPECT_EQ(database->count_sealed(), 1);

  EXPECT_EQ(store::seal_all(*database)->sealed, 1U);

  EXPECT_EQ(database->count_sealed(), 2);
  EXPECT_THAT(accounts(*database), ElementsAre(account(1), account(2)));
  EXPECT_EQ(store::seal_all(*database)->sealed, 0U);
}

TEST_P(SealingTest, AfterAChangeOfKeysOldAndNewAreReadUntilAllIsSealedAnew) {
  const auto database = open(sealer_);
  std::vector<StoreChange> changes;
  std::vector<Account> all;
  for (std::uint64_t id = 1; id <= 2 * store::kSealedAtOnce + 1; ++id) {
    all.push_back(account(id));
    changes.emplace_back(AddAccount{all.back()});
  }
  write(*database, changes);
  rotate();

  ASSERT_TRUE(database->begin_writing());
  EXPECT_EQ(database->seal_page(0)->rows, static_cast<std::size_t>(store::kSealedAtOnce));
  ASSERT_TRUE(database->commit());
  EXPECT_EQ(accounts(*database), all) << "half of them";

  EXPECT_EQ(store::seal_all(*database)->sealed, static_cast<std::size_t>(store::kSealedAtOnce) + 1);
  EXPECT_THAT(verifier_texts(*database), Each(StartsWith("sealed:" + ring_.current().id)));
  ring_.retire();
  ASSERT_TRUE(secrets::replace_keys(keys_file(), ring_));
  EXPECT_EQ(accounts(*open(Sealer::open(keys_file()).value())), all);
}

TEST_P(SealingTest, SecondFactorsAreSealedAndChangeTheirKeysToo) {
  const ConsoleLogin login{.login = "noc", .role = ApiRole::Admin, .password_hash = "$x"};
  const ConsoleTotp totp{.login = "noc", .secret = {0x12, 0x34, 0x56, 0x78}, .confirmed = true};
  const auto database = open(sealer_);
  write(*database, {PutConsoleLogin{login}, PutConsoleTotp{totp}, AddAccount{account(1)}});
  EXPECT_THAT(secret_texts(*database), ElementsAre(StartsWith("sealed:" + ring_.current().id)));
  EXPECT_EQ(database->count_sealed(), 2);
  EXPECT_THAT(store::find_faults(*open(nullptr)).value(),
              testing::Contains(AllOf(HasSubstr("secret"), HasSubstr("store.key_file is not there"))));
  rotate();

  EXPECT_EQ(store::seal_all(*database)->sealed, 2U);

  EXPECT_THAT(secret_texts(*database), ElementsAre(StartsWith("sealed:" + ring_.current().id)));
  ring_.retire();
  ASSERT_TRUE(secrets::replace_keys(keys_file(), ring_));
  EXPECT_THAT(store::find_faults(*open(Sealer::open(keys_file()).value())).value(), IsEmpty());
  EXPECT_EQ(store::seal_all(*database)->sealed, 0U);
}

TEST_P(SealingTest, WhatCannotBeUnsealedIsLeftAsItIsAndNamed) {
  write(*open(sealer_), {AddAccount{account(1)}});
  ring_ = KeyRing::make();
  ASSERT_TRUE(secrets::replace_keys(keys_file(), ring_));
  const auto database = open(Sealer::open(keys_file()).value());
  write(*database, {AddAccount{account(2)}});
  const auto before = verifier_texts(*database);

  const auto sealing = store::seal_all(*database);

  ASSERT_TRUE(sealing);
  EXPECT_THAT(sealing->unreadable, ElementsAre(HasSubstr("account 1: verifier was sealed with a key that is not in")));
  EXPECT_EQ(verifier_texts(*database), before);
}

TEST_P(SealingTest, NoKeysAreMadeForADatabaseThatIsSealedAlready) {
  write(*open(sealer_), {AddAccount{account(1)}});
  std::filesystem::remove(keys_file());

  EXPECT_THAT(store::open_or_make_keys(keys_file(), open(nullptr).get()).error(),
              HasSubstr("is not there, and 1 secrets are sealed with the keys in it"));
  EXPECT_FALSE(std::filesystem::exists(keys_file()));
  EXPECT_TRUE(store::open_or_make_keys(keys_file(), nullptr));
  EXPECT_TRUE(std::filesystem::exists(keys_file()));
}

INSTANTIATE_TEST_SUITE_P(Databases, SealingTest, testing::Values(Kind::Sqlite, Kind::Mysql),
                         [](const auto& kind) { return kind.param == Kind::Sqlite ? "Sqlite" : "Mysql"; });

}  // namespace sealing_test
}  // namespace tsp::linux_::mysql
