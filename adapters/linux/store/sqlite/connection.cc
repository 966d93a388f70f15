// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/connection.h"

namespace tsp::linux_::sqlite {

Result<Connection> Connection::open(const std::string& path, std::chrono::milliseconds busy_timeout) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Connection connection(handle);
  if (code != SQLITE_OK) return std::unexpected(connection.failure(code));
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  return connection;
}

Result<> Connection::run(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failure(code));
  return {};
}

void Connection::roll_back() {
  if (in_transaction()) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Failure Connection::failure(int code) const {
  const char* message = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  return {.status = StoreStatus::Unavailable,
          .detail = describe_code(code, message),
          .fault = (code & 0xFF) == SQLITE_IOERR ? Fault::Device : Fault::Other};
}

}  // namespace tsp::linux_::sqlite
