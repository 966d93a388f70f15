// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/statement.h"

#include <cstddef>

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

void bind_value(sqlite3_stmt* statement, int index, ByteView bytes) {
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  TSP_ASSERT(sqlite3_bind_blob64(statement, index, data, bytes.size(), SQLITE_TRANSIENT) == SQLITE_OK);
}

void bind_value(sqlite3_stmt* statement, int index, const IPv6Address& address) {
  bind_value(statement, index, ByteView(address.octets));
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

bool Rows::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::optional<std::int64_t> Rows::integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER) return std::nullopt;
  return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::string_view> Rows::text(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_TEXT) return std::nullopt;
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

std::optional<ByteView> Rows::blob(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_BLOB) return std::nullopt;
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return ByteView(data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

std::string_view Rows::name(int column) const {
  return sqlite3_column_name(statement_.get(), column);
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
