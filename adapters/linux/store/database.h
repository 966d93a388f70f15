// SPDX-License-Identifier: Apache-2.0
//
// A database as its tables, whichever program keeps it: for copies of it, and for looking whether it is sound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/secrets/sealer.h"
#include "adapters/linux/store/columns.h"
#include "adapters/linux/store/failure.h"
#include "adapters/linux/store/sealed_page.h"

namespace tsp::linux_::store {

enum class ColumnKind : std::uint8_t { Integer, Text, Blob };

struct TableLayout {
  struct Column {
    std::string_view name;
    ColumnKind kind;
  };
  std::string_view name;
  std::vector<Column> columns;  // in the order that records.h reads them
};

// All that hold something of accounts and tunnels; the table `store` is not among them.
[[nodiscard]] const std::vector<TableLayout>& all_tables();
// "id, login, …"
[[nodiscard]] std::string column_names(const TableLayout& table);
// A statement with a parameter for each column.
[[nodiscard]] std::string insertion_into(const TableLayout& table);

struct Bytes {
  std::string_view bytes;  // of a text or a blob, as the column has it
};
using Value = std::variant<std::monostate, std::int64_t, Bytes>;

class Database {
 public:
  using OnRow = std::function<Result<>(const Columns&)>;

  virtual ~Database() = default;

  // 0: there are no tables yet.
  [[nodiscard]] virtual Result<std::int64_t> schema_version() = 0;
  // The names of the upgrades that this program has, the first of which makes the tables.
  [[nodiscard]] virtual std::vector<std::string> upgrades() const = 0;
  [[nodiscard]] virtual Result<> upgrade() = 0;
  // What the program that keeps it finds wrong with it, a line each.
  [[nodiscard]] virtual Result<std::vector<std::string>> damages() = 0;

  // Between the two everything is read from one snapshot, or all of it is written or nothing.
  virtual Result<> begin_reading() = 0;
  virtual Result<> begin_writing() = 0;
  virtual Result<> commit() = 0;

  virtual Result<std::string> realm() = 0;
  virtual Result<> set_realm(const std::string& realm) = 0;
  virtual Result<std::int64_t> count(const TableLayout& table) = 0;
  virtual Result<> read(const TableLayout& table, const OnRow& on_row) = 0;
  virtual Result<> insert(const TableLayout& table, const std::vector<Value>& row) = 0;
  // By the rules of tsp/store.h, as a broker's store would, after begin_writing(). After a failure nothing may be
  // committed: the transaction ends with the object.
  virtual Result<> apply(const std::vector<StoreChange>& changes) = 0;

  // Null: there are no keys, and what is sealed cannot be read.
  [[nodiscard]] virtual const secrets::Sealer* sealer() const = 0;
  // After begin_writing(), with keys: what the current one has not sealed, of the rows with larger ids than `after`.
  virtual Result<SealedPage> seal_page(std::int64_t after) = 0;
  // Likewise, second factors of console logins.
  virtual Result<SealedPage> seal_totps() = 0;
  // How many secrets are sealed, by whatever key.
  virtual Result<std::int64_t> count_sealed() = 0;
};

// The statements that insert rows, each prepared once and kept with its text.
template <class Connection, class Statement>
class Insertions {
 public:
  Statement& into(Connection& connection, const TableLayout& table) {
    auto& kept = kept_[table.name];
    if (!kept) kept = std::make_unique<Kept>(connection, insertion_into(table));
    return kept->statement;
  }

 private:
  struct Kept {
    Kept(Connection& connection, std::string text) : sql(std::move(text)), statement(connection, sql.c_str()) {}
    std::string sql;
    Statement statement;
  };
  std::map<std::string_view, std::unique_ptr<Kept>> kept_;  // by their tables
};

// Everything but the numbers of the upgrades, into one that is empty. Rows that are not as `to` wants them end it.
[[nodiscard]] Result<> copy(Database& from, Database& to);

// Who is known, and what is not free.
struct Holdings {
  std::vector<Account> accounts;
  std::vector<Claim> claims;
};
// After begin_reading() or begin_writing(). A row that cannot be read is a failure.
[[nodiscard]] Result<Holdings> read_holdings(Database& database);

// Seals with the current key whatever is not sealed with it, in several transactions: at any moment each secret is
// there once, sealed with a key that is known.
[[nodiscard]] Result<Sealing> seal_all(Database& database);
// The same after begin_writing(), in that one transaction.
[[nodiscard]] Result<Sealing> seal_all_at_once(Database& database);

// What is wrong with the content, a line each: rows that cannot be read, claims of several that overlap.
[[nodiscard]] Result<std::vector<std::string>> find_faults(Database& database);

}  // namespace tsp::linux_::store
