// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>

#include <sqlite3.h>

#include <tsp/address.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/linux/store/columns.h"
#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/failure.h"

namespace tsp::linux_::sqlite {

// One parameter, counted from 1. Everything is copied.
void bind_value(sqlite3_stmt* statement, int index, std::int64_t value);
void bind_value(sqlite3_stmt* statement, int index, std::string_view text);
void bind_value(sqlite3_stmt* statement, int index, ByteView bytes);
void bind_value(sqlite3_stmt* statement, int index, const IPv6Address& address);
void bind_value(sqlite3_stmt* statement, int index, WallTime time);
void bind_value(sqlite3_stmt* statement, int index, std::nullopt_t none);

template <class T>
  requires((std::integral<T> && !std::same_as<T, std::int64_t>) || std::is_enum_v<T>)
void bind_value(sqlite3_stmt* statement, int index, T value) {
  bind_value(statement, index, static_cast<std::int64_t>(value));
}
template <class Tag, class Rep>
void bind_value(sqlite3_stmt* statement, int index, Strong<Tag, Rep> id) {
  bind_value(statement, index, static_cast<std::int64_t>(id.value));
}
template <class T>
void bind_value(sqlite3_stmt* statement, int index, const std::optional<T>& value) {
  if (value) {
    bind_value(statement, index, *value);
  } else {
    bind_value(statement, index, std::nullopt);
  }
}

// The rows of one execution; while it lives the statement cannot be executed again, and a reader keeps its snapshot.
class Rows final : public store::Columns {
 public:
  Rows(Connection& connection, sqlite3_stmt* statement) : connection_(&connection), statement_(statement) {}

  // False after the last row.
  Result<bool> next();
  [[nodiscard]] bool is_null(int column) const override;
  [[nodiscard]] std::optional<std::int64_t> integer(int column) const override;
  [[nodiscard]] std::optional<std::string_view> text(int column) const override;
  [[nodiscard]] std::optional<ByteView> blob(int column) const override;
  [[nodiscard]] std::string_view name(int column) const override;
  [[nodiscard]] sqlite3_stmt* statement() const { return statement_.get(); }

 private:
  struct Reset {
    void operator()(sqlite3_stmt* statement) const { sqlite3_reset(statement); }
  };

  Connection* connection_;
  std::unique_ptr<sqlite3_stmt, Reset> statement_;
};

// Prepared when first executed, and kept. The connection must outlive it.
class Statement {
 public:
  Statement(Connection& connection, const char* sql) : connection_(&connection), sql_(sql) {}

  template <class... Values>
  Result<Rows> query(const Values&... values) {
    if (auto ready = prepare(); !ready) return std::unexpected(ready.error());
    int index = 0;
    (bind_value(statement_.get(), ++index, values), ...);
    return Rows(*connection_, statement_.get());
  }
  // Executes it to its end; `bind` binds all parameters.
  Result<> run_bound(const std::function<void(sqlite3_stmt*)>& bind) {
    if (auto ready = prepare(); !ready) return ready;
    bind(statement_.get());
    Rows rows(*connection_, statement_.get());
    return finish(rows);
  }
  // Executes it to its end.
  template <class... Values>
  Result<> run(const Values&... values) {
    auto rows = query(values...);
    if (!rows) return std::unexpected(rows.error());
    return finish(*rows);
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  Result<> prepare();
  static Result<> finish(Rows& rows);

  Connection* connection_;
  const char* sql_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace tsp::linux_::sqlite
