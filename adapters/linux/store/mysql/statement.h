// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <mysql.h>

#include <tsp/address.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/linux/store/columns.h"
#include "adapters/linux/store/mysql/connection.h"
#include "adapters/linux/store/mysql/failure.h"

namespace tsp::linux_::mysql {

// NULL, a number, or bytes that are not copied.
using Parameter = std::variant<std::monostate, std::int64_t, std::string_view>;

inline Parameter to_parameter(std::string_view text) {
  return text;
}
inline Parameter to_parameter(const IPv6Address& address) {
  return as_text(address.octets);
}
inline Parameter to_parameter(WallTime time) {
  return static_cast<std::int64_t>(time.since_epoch.count());
}
template <class T>
  requires(std::integral<T> || std::is_enum_v<T>)
Parameter to_parameter(T value) {
  return static_cast<std::int64_t>(value);
}
template <class Tag, class Rep>
Parameter to_parameter(Strong<Tag, Rep> id) {
  return static_cast<std::int64_t>(id.value);
}
template <class T>
Parameter to_parameter(const std::optional<T>& value) {
  return value ? to_parameter(*value) : Parameter();
}

class Statement;

// The rows of one execution; while it lives the statement cannot be executed again.
class Rows final : public store::Columns {
 public:
  explicit Rows(Statement& statement) : statement_(&statement) {}

  // False after the last row.
  Result<bool> next();

  [[nodiscard]] bool is_null(int column) const override;
  [[nodiscard]] std::optional<std::int64_t> integer(int column) const override;
  [[nodiscard]] std::optional<std::string_view> text(int column) const override;
  [[nodiscard]] std::optional<ByteView> blob(int column) const override;
  [[nodiscard]] std::string_view name(int column) const override;

 private:
  struct Free {
    void operator()(Statement* statement) const;
  };

  std::unique_ptr<Statement, Free> statement_;
};

// Of an execution all rows are fetched at once. Or they come one by one as they are asked for, which suits many rows:
// meanwhile nothing else can be executed on the connection.
enum class Fetch : std::uint8_t { AllAtOnce, OneByOne };

// Prepared when first executed, and kept. The connection must outlive it.
class Statement {
 public:
  Statement(Connection& connection, const char* sql, Fetch fetch = Fetch::AllAtOnce)
      : connection_(&connection), sql_(sql), fetch_(fetch) {}

  Result<Rows> execute(std::span<const Parameter> parameters);
  template <class... Values>
  Result<Rows> query(const Values&... values) {
    const std::array<Parameter, sizeof...(Values)> parameters{to_parameter(values)...};
    return execute(parameters);
  }
  template <class... Values>
  Result<> run(const Values&... values) {
    const auto rows = query(values...);
    if (!rows) return std::unexpected(rows.error());
    return {};
  }

 private:
  friend Rows;

  struct Close {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  };
  struct FreeMetadata {
    void operator()(MYSQL_RES* metadata) const { mysql_free_result(metadata); }
  };
  // Of the current row.
  struct Value {
    bool is_number = false;
    std::int64_t number = 0;
    std::vector<char> bytes;
    unsigned long size = 0;  // the library's type; may be more than fitted into `bytes`
    my_bool is_null = 0;
  };

  Result<> prepare();
  void describe_row();
  Result<> bind_row();
  Result<> fetch_what_did_not_fit();
  static MYSQL_BIND binding(Value& value);
  [[nodiscard]] Failure failure() const;

  Connection* connection_;
  const char* sql_;
  Fetch fetch_;
  std::unique_ptr<MYSQL_STMT, Close> statement_;
  std::unique_ptr<MYSQL_RES, FreeMetadata> metadata_;
  std::vector<Value> row_;
};

}  // namespace tsp::linux_::mysql
