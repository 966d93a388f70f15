// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <sqlite3.h>

#include "adapters/linux/secrets/sealer.h"
#include "adapters/linux/store/sqlite/failure.h"

namespace tsp::linux_::sqlite {

// One connection, used by one thread at a time.
class Connection {
 public:
  // The file must exist.
  [[nodiscard]] static Result<Connection> open(const std::string& path, std::chrono::milliseconds busy_timeout);

  // Any number of statements without parameters; rows are ignored.
  Result<> run(const char* sql);
  // After a failure SQLite may or may not have ended the transaction itself; either way none is open afterwards.
  void roll_back();

  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  [[nodiscard]] bool read_only() const { return sqlite3_db_readonly(handle_.get(), "main") != 0; }
  // Rows touched by the last INSERT, UPDATE or DELETE.
  [[nodiscard]] bool changed_something() const { return sqlite3_changes(handle_.get()) > 0; }
  [[nodiscard]] sqlite3* handle() { return handle_.get(); }

  // What verifiers are sealed with; null: nothing.
  void seal_with(std::shared_ptr<const secrets::Sealer> sealer) { sealer_ = std::move(sealer); }
  [[nodiscard]] const secrets::Sealer* sealer() const { return sealer_.get(); }

  [[nodiscard]] Failure failure(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };

  explicit Connection(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Close> handle_;
  std::shared_ptr<const secrets::Sealer> sealer_;
};

}  // namespace tsp::linux_::sqlite
