// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <mysql.h>

#include "adapters/linux/secrets/sealer.h"
#include "adapters/linux/store/mysql/failure.h"
#include "adapters/linux/store/mysql/options.h"

namespace tsp::linux_::mysql {

// One connection, used by one thread at a time. Once it is lost it stays lost: what hangs on it, settings, statements
// and locks, would be gone after a silent reconnection.
class Connection {
 public:
  // Connects and makes the settings that everything here relies on.
  [[nodiscard]] static Result<Connection> open(const MysqlOptions& options, const std::string& password);

  // One statement without parameters and without rows.
  Result<> run(const char* sql);
  // A MariaDB or a MySQL may not know the variable that it sets.
  Result<> run_if_known(const std::string& sql);
  [[nodiscard]] Result<> ping();

  // Rows found by the last INSERT, UPDATE or DELETE.
  void note_changes(unsigned long long rows) { changes_ = rows; }
  [[nodiscard]] bool changed_something() const { return changes_ > 0; }
  // Of the last call of run().
  [[nodiscard]] unsigned error_code() { return mysql_errno(handle_.get()); }
  // The number by which the server knows the connection.
  [[nodiscard]] unsigned long id() { return mysql_thread_id(handle_.get()); }
  [[nodiscard]] MYSQL* handle() { return handle_.get(); }

  // What verifiers are sealed with; null: nothing.
  void seal_with(std::shared_ptr<const secrets::Sealer> sealer) { sealer_ = std::move(sealer); }
  [[nodiscard]] const secrets::Sealer* sealer() const { return sealer_.get(); }

 private:
  struct Close {
    void operator()(MYSQL* handle) const { mysql_close(handle); }
  };

  explicit Connection(MYSQL* handle) : handle_(handle) {}
  [[nodiscard]] Failure failure() const;
  Result<> make_settings(const MysqlOptions& options);

  std::unique_ptr<MYSQL, Close> handle_;
  std::shared_ptr<const secrets::Sealer> sealer_;
  unsigned long long changes_ = 0;
};

}  // namespace tsp::linux_::mysql
