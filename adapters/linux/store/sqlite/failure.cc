// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/failure.h"

#include <sqlite3.h>

namespace tsp::linux_::sqlite {
namespace {

const char* cause(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "the database is locked by another program";
    case SQLITE_FULL:
      return "the disk or the database is full";
    case SQLITE_READONLY:
      return "the database is read-only";
    case SQLITE_IOERR:
      return "the disk reports an error";
    case SQLITE_CORRUPT:
      return "the database is damaged";
    case SQLITE_NOTADB:
      return "the file is not an SQLite database, or it is damaged";
    case SQLITE_CANTOPEN:
      return "the database cannot be opened";
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "permission to the database is denied";
    case SQLITE_NOMEM:
      return "memory is exhausted";
    default:
      return "the database reports an error";
  }
}

}  // namespace

std::string describe_code(int code, const char* message) {
  return std::string(cause(code)) + " (SQLite " + std::to_string(code) + ": " + message + ")";
}

}  // namespace tsp::linux_::sqlite
