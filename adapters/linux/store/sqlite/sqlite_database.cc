// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/sqlite_database.h"

#include <filesystem>
#include <utility>

#include "adapters/linux/store/orders.h"
#include "adapters/linux/store/row_reader.h"
#include "adapters/linux/store/sqlite/database_file.h"
#include "adapters/linux/store/sqlite/realm.h"
#include "adapters/linux/store/sqlite/schema.h"
#include "adapters/linux/store/sqlite/tables.h"

namespace tsp::linux_::sqlite {
namespace {

using store::TableLayout;

constexpr std::chrono::seconds kBusyTimeout{5};

void bind(sqlite3_stmt* statement, int index, store::ColumnKind kind, const store::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    bind_value(statement, index, *number);
  } else if (const auto* bytes = std::get_if<store::Bytes>(&value)) {
    if (kind == store::ColumnKind::Blob) {
      bind_value(statement, index, as_bytes(bytes->bytes));
    } else {
      bind_value(statement, index, bytes->bytes);
    }
  } else {
    bind_value(statement, index, std::nullopt);
  }
}

}  // namespace

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(const std::string& path,
                                                             std::shared_ptr<const secrets::Sealer> sealer) {
  auto connection = Connection::open(path, kBusyTimeout);
  if (!connection) return std::unexpected(std::move(connection.error()));
  if (auto ours = check_ours(*connection, all_upgrades()); !ours) return std::unexpected(std::move(ours.error()));
  connection->seal_with(std::move(sealer));
  return std::unique_ptr<SqliteDatabase>(new SqliteDatabase(std::move(*connection)));
}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::create(const std::string& path,
                                                               std::shared_ptr<const secrets::Sealer> sealer) {
  if (std::filesystem::exists(path)) return std::unexpected(Failure{.detail = "the file is there already"});
  if (auto prepared = prepare_file(path); !prepared) return std::unexpected(std::move(prepared.error()));
  return open(path, std::move(sealer));
}

Result<std::int64_t> SqliteDatabase::schema_version() {
  return sqlite::schema_version(connection_);
}

std::vector<std::string> SqliteDatabase::upgrades() const {
  return store::names_of(all_upgrades());
}

Result<> SqliteDatabase::upgrade() {
  return upgrade_schema(connection_, all_upgrades());
}

Result<std::vector<std::string>> SqliteDatabase::damages() {
  Statement statement(connection_, "PRAGMA integrity_check");
  std::vector<std::string> lines;
  const auto note = [&](const store::Columns& row) -> Result<> {
    const std::string_view line = row.text(0).value_or("");
    if (line != "ok") lines.emplace_back(line);
    return {};
  };
  if (auto read = store::for_each_row(statement.query(), note); !read) return std::unexpected(read.error());
  return lines;
}

Result<std::string> SqliteDatabase::realm() {
  return read_realm(connection_);
}

Result<> SqliteDatabase::set_realm(const std::string& realm) {
  Statement statement(connection_, "UPDATE store SET realm = ?");
  return statement.run(realm);
}

Result<std::int64_t> SqliteDatabase::count(const TableLayout& table) {
  const std::string sql = "SELECT count(*) FROM " + std::string(table.name);
  Statement statement(connection_, sql.c_str());
  return store::first_number(statement.query());
}

Result<> SqliteDatabase::read(const TableLayout& table, const OnRow& on_row) {
  const std::string sql = "SELECT " + column_names(table) + " FROM " + std::string(table.name);
  Statement statement(connection_, sql.c_str());
  return store::for_each_row(statement.query(), on_row);
}

Result<> SqliteDatabase::insert(const TableLayout& table, const std::vector<store::Value>& row) {
  return insertions_.into(connection_, table).run_bound([&](sqlite3_stmt* statement) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      bind(statement, static_cast<int>(i + 1), table.columns[i].kind, row[i]);
    }
  });
}

Result<> SqliteDatabase::apply(const std::vector<StoreChange>& changes) {
  Tables tables(connection_);
  return store::apply_changes(tables, CommitChanges{.op = {}, .changes = changes});
}

Result<store::SealedPage> SqliteDatabase::seal_page(std::int64_t after) {
  return AccountsTable(connection_).seal_page(after);
}

Result<store::SealedPage> SqliteDatabase::seal_totps() {
  return store::AccessTables<Connection, Statement>(connection_).seal_totps();
}

Result<std::int64_t> SqliteDatabase::count_sealed() {
  const auto accounts = AccountsTable(connection_).count_sealed();
  const auto totps = store::AccessTables<Connection, Statement>(connection_).count_sealed();
  if (!accounts || !totps) return accounts ? totps : accounts;
  return *accounts + *totps;
}

}  // namespace tsp::linux_::sqlite
