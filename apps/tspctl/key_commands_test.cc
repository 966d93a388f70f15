// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "adapters/linux/secrets/key_file.h"
#include "adapters/linux/secrets/sealer.h"
#include "adapters/linux/store/database.h"
#include "adapters/linux/store/sqlite/sqlite_database.h"
#include "adapters/linux/store/sqlite/store_lock.h"
#include "adapters/linux/store/test_records.h"
#include "apps/tspctl/database_commands.h"

namespace tsp::tspctl {
namespace key_commands_test {

using linux_::secrets::KeyRing;
using nlohmann::json;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class KeyCommandsTest : public testing::Test {
 protected:
  KeyCommandsTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "tspctl-key-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    std::ofstream(folder_ + "/tspd.toml") << "prefix = \"2001:db8::/48\"\n[store]\npath = \"" << database() << "\"\n";
    EXPECT_TRUE(commands().init());
  }
  ~KeyCommandsTest() override { std::filesystem::remove_all(folder_); }

  std::string database() const { return folder_ + "/tspd.db"; }
  std::string keys() const { return database() + ".keys"; }
  KeyRing ring() const { return linux_::secrets::load_keys(keys()).value(); }
  DatabaseCommands commands() const { return {folder_ + "/tspd.toml", true}; }
  static json answer(const Output& output) {
    EXPECT_TRUE(output) << output.error().message;
    return output ? json::parse(*output) : json();
  }
  std::unique_ptr<linux_::sqlite::SqliteDatabase> open() const {
    return linux_::sqlite::SqliteDatabase::open(database(), linux_::secrets::Sealer::open(keys()).value()).value();
  }
  void add_accounts() const {
    const auto opened = open();
    ASSERT_TRUE(opened->begin_writing());
    ASSERT_TRUE(opened->apply({AddAccount{linux_::store::account(1)}, AddAccount{linux_::store::account(2)}}));
    ASSERT_TRUE(opened->commit());
  }
  // Whether every verifier can be read, and with which key each is sealed.
  std::vector<std::string> sealed_with() const {
    const auto opened = open();
    EXPECT_EQ(linux_::store::read_holdings(*opened)->accounts,
              (std::vector{linux_::store::account(1), linux_::store::account(2)}));
    std::vector<std::string> ids;
    const auto note = [&](const linux_::store::Columns& row) -> linux_::store::Result<> {
      ids.emplace_back(row.text(2)->substr(7, 16));
      return {};
    };
    EXPECT_TRUE(opened->read(linux_::store::all_tables()[0], note));
    return ids;
  }

  std::string folder_;
};

TEST_F(KeyCommandsTest, AFileOfKeysIsMadeOnce) {
  const json made = answer(commands().init_keys());

  EXPECT_EQ(made["key_file"], keys());
  EXPECT_EQ(made["current"], ring().current().id);
  const Output again = commands().init_keys();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ExitCode::Exists);
  EXPECT_EQ(answer(commands().list_keys()), made);
}

TEST_F(KeyCommandsTest, AFileThatIsLostIsNotMadeAnew) {
  static_cast<void>(answer(commands().init_keys()));
  add_accounts();
  std::filesystem::remove(keys());

  EXPECT_THAT(commands().init_keys().error().message, HasSubstr("2 secrets are sealed"));
  EXPECT_THAT(commands().rotate_keys().error().message, HasSubstr("`tspctl key init` makes it"));
  EXPECT_TRUE(commands().status());
  EXPECT_TRUE(commands().backup(folder_ + "/copy.db")) << "which is sealed as well";
}

TEST_F(KeyCommandsTest, WhatIsRestoredWithoutItsKeysIsNamed) {
  static_cast<void>(answer(commands().init_keys()));
  add_accounts();
  ASSERT_TRUE(commands().backup(folder_ + "/copy.db"));
  std::filesystem::remove(database());
  EXPECT_EQ(answer(commands().restore(folder_ + "/copy.db"))["fault"], json::array());

  std::filesystem::remove(database());
  std::filesystem::rename(keys(), folder_ + "/kept");
  const json restored = answer(commands().restore(folder_ + "/copy.db"));

  EXPECT_EQ(restored["fault"].size(), 2U);
  EXPECT_THAT(restored["fault"][0], HasSubstr("store.key_file is not there"));
}

TEST_F(KeyCommandsTest, ARotationSealsEverythingWithANewKeyAndForgetsTheFormerOne) {
  const std::string former = answer(commands().init_keys())["current"];
  add_accounts();

  const json rotated = answer(commands().rotate_keys());

  EXPECT_NE(rotated["current"], former);
  EXPECT_EQ(rotated["former"], json::array());
  EXPECT_EQ(rotated["sealed_anew"], 2);
  EXPECT_EQ(ring().keys().size(), 1U);
  EXPECT_THAT(sealed_with(), Each(ring().current().id));
}

TEST_F(KeyCommandsTest, AKeyThatWasAddedIsTheOneThatIsRotatedTo) {
  static_cast<void>(answer(commands().init_keys()));
  add_accounts();
  const std::string before = ring().current().id;
  const json added = answer(commands().add_key());
  EXPECT_EQ(added["current"], before);
  EXPECT_THAT(sealed_with(), Each(before));

  EXPECT_EQ(answer(commands().rotate_keys())["current"], added["next"][0]);
}

// Wherever it was cut off: the file was changed and nothing sealed, or a part, or all.
TEST_F(KeyCommandsTest, ARotationThatWasCutOffIsBroughtToItsEnd) {
  static_cast<void>(answer(commands().init_keys()));
  add_accounts();
  for (int sealed = 0; sealed <= 2; ++sealed) {
    KeyRing ring = this->ring();
    const std::string former = ring.current().id;
    ring.add_next();
    ring.promote();
    ASSERT_TRUE(linux_::secrets::replace_keys(keys(), ring));
    for (std::uint64_t id = 1; id <= static_cast<std::uint64_t>(sealed); ++id) {
      const auto opened = open();
      ASSERT_TRUE(opened->begin_writing());
      const Account account = linux_::store::account(id);
      ASSERT_TRUE(opened->apply({UpdateAccount{account, account}}));
      ASSERT_TRUE(opened->commit());
    }
    EXPECT_EQ(std::ranges::count(sealed_with(), former), 2 - sealed);

    EXPECT_EQ(answer(commands().rotate_keys())["current"], ring.current().id) << "no third key";

    EXPECT_EQ(this->ring().keys().size(), 1U);
    EXPECT_THAT(sealed_with(), Each(ring.current().id));
  }
}

TEST_F(KeyCommandsTest, AKeyThatIsNeededIsNotForgotten) {
  static_cast<void>(answer(commands().init_keys()));
  add_accounts();
  const KeyRing right = ring();
  std::filesystem::remove(keys());
  ASSERT_TRUE(linux_::secrets::create_keys(keys(), KeyRing::make()));

  EXPECT_THAT(commands().rotate_keys().error().message,
              HasSubstr("2 secrets cannot be unsealed, and all keys are kept"));
  EXPECT_THAT(commands().retire_keys().error().message, HasSubstr("2 secrets cannot be unsealed"));

  EXPECT_EQ(ring().keys().size(), 2U);
  ASSERT_TRUE(linux_::secrets::replace_keys(keys(), right));
  EXPECT_THAT(sealed_with(), Each(right.current().id));
}

TEST_F(KeyCommandsTest, NothingIsRotatedWhileTspdServesTheFile) {
  static_cast<void>(answer(commands().init_keys()));
  const auto lock = linux_::lock_store(database());
  ASSERT_TRUE(lock);

  EXPECT_THAT(commands().rotate_keys().error().message, HasSubstr("another tspd serves"));
  EXPECT_THAT(commands().retire_keys().error().message, HasSubstr("another tspd serves"));
  EXPECT_TRUE(commands().list_keys());
}

}  // namespace key_commands_test
}  // namespace tsp::tspctl
