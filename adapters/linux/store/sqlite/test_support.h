// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/sqlite_store.h"
#include "adapters/linux/store/sqlite/statement.h"
#include "adapters/linux/store/test_records.h"
#include "adapters/port/store_harness.h"

namespace tsp::linux_::sqlite {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "tsp-sqlite-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }
  [[nodiscard]] std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

using store::account;
using store::tunnel;

// A store on a file of its own, and the orders of a test.
class SqliteStoreTest : public testing::Test {
 protected:
  void open(const std::string& realm = "broker.example") {
    options_.realm = realm;
    auto opened = SqliteStore::open(options_, [this](StoreDone done) { completions_.add(std::move(done)); });
    ASSERT_TRUE(opened) << opened.error();
    store_ = std::move(*opened);
  }
  std::string open_error(const std::string& realm = "broker.example") {
    options_.realm = realm;
    auto opened = SqliteStore::open(options_, [](StoreDone) {});
    return opened ? "" : opened.error();
  }
  void close() { store_.reset(); }

  OpId submit_commit(std::vector<StoreChange> changes) {
    const OpId op = {++last_op_};
    store_->submit(CommitChanges{op, std::move(changes)});
    return op;
  }
  StoreDone commit(std::vector<StoreChange> changes) { return completions_.take(submit_commit(std::move(changes))); }
  StoreDone probe() {
    const OpId op = {++last_op_};
    store_->submit(ProbeStore{op});
    return completions_.take(op);
  }
  StoreDone find(const std::string& login) {
    const OpId op = {++last_op_};
    store_->submit(FindAccount{op, login});
    return completions_.take(op);
  }
  StoreDone load(BrokerId broker = {1}) {
    const OpId op = {++last_op_};
    store_->submit(LoadStore{op, broker});
    return completions_.take(op);
  }

  // Another program that uses the file.
  Connection other_program() { return std::move(Connection::open(options_.path, std::chrono::seconds(5)).value()); }
  std::int64_t count_elsewhere(const char* sql) {
    Connection other = other_program();
    Statement select(other, sql);
    auto rows = select.query();
    EXPECT_TRUE(rows && rows->next());
    return rows ? sqlite3_column_int64(rows->statement(), 0) : -1;
  }
  void run_elsewhere(const char* sql) {
    Connection other = other_program();
    const auto done = other.run(sql);
    ASSERT_TRUE(done) << done.error().detail;
  }

  TemporaryDirectory directory_;
  port::Completions completions_;
  SqliteOptions options_{.path = directory_.file("tspd.db"),
                         .realm = "",
                         .busy_timeout = std::chrono::seconds(60),
                         .queue_limit = 1000,
                         .commit_delay = {},
                         .history_kept = {}};
  std::unique_ptr<SqliteStore> store_;

 private:
  std::uint64_t last_op_ = 0;
};

}  // namespace tsp::linux_::sqlite
