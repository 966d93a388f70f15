// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/statement.h"

#include "core/base/assert.h"

namespace tsp::linux_::sqlite {

void bind_value(sqlite3_stmt* statement, int index, std::int64_t value) {
  TSP_ASSERT(sqlite3_bind_int64(statement, index, value) == SQLITE_OK);
}

void bind_value(sqlite3_stmt* statement, int index, std::string_view text) {
  // A null pointer would be NULL instead of an empty text.
  const char* data = text.empty() ? "" : text.data();
  TSP_ASSERT(sqlite3_bind_text64(statement, index, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK);
}

void bind_value(sqlite3_stmt* statement, int index, const IPv6Address& address) {
  const int size = static_cast<int>(address.octets.size());
  TSP_ASSERT(sqlite3_bind_blob(statement, index, address.octets.data(), size, SQLITE_TRANSIENT) == SQLITE_OK);
}

void bind_value(sqlite3_stmt* statement, int index, WallTime time) {
  bind_value(statement, index, static_cast<std::int64_t>(time.since_epoch.count()));
}

void bind_value(sqlite3_stmt* statement, int index, std::nullopt_t) {
  TSP_ASSERT(sqlite3_bind_null(statement, index) == SQLITE_OK);
}

Result<bool> Rows::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(connection_->failure(code));
}

Result<> Statement::prepare() {
  if (statement_) return {};
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_->handle(), sql_, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(connection_->failure(code));
  statement_.reset(statement);
  return {};
}

Result<> Statement::finish(Rows& rows) {
  while (true) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

}  // namespace tsp::linux_::sqlite
