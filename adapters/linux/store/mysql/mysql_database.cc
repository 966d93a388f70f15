// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/mysql_database.h"

#include <utility>

#include "adapters/linux/store/mysql/password_file.h"
#include "adapters/linux/store/mysql/realm.h"
#include "adapters/linux/store/mysql/schema.h"
#include "adapters/linux/store/mysql/tables.h"
#include "adapters/linux/store/orders.h"
#include "adapters/linux/store/row_reader.h"

namespace tsp::linux_::mysql {
namespace {

using store::TableLayout;

Parameter parameter_of(const store::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* bytes = std::get_if<store::Bytes>(&value)) return bytes->bytes;
  return {};
}

}  // namespace

Result<std::unique_ptr<MysqlDatabase>> MysqlDatabase::open(const MysqlOptions& options) {
  const auto password = read_password(options.password_file);
  if (!password) return std::unexpected(password.error());
  auto connection = Connection::open(options, *password);
  if (!connection) return std::unexpected(std::move(connection.error()));
  // A copy may pause for longer than a broker.
  if (auto set = connection->run("SET SESSION wait_timeout = 3600"); !set) return std::unexpected(set.error());
  if (auto set = connection->run_if_known("SET SESSION idle_transaction_timeout = 0"); !set) {
    return std::unexpected(set.error());
  }
  auto version = mysql::schema_version(*connection);
  if (!version) return std::unexpected(std::move(version.error()));
  if (std::cmp_greater(*version, all_upgrades().size())) {
    return std::unexpected(store::newer_schema(*version, all_upgrades().size()));
  }
  return std::unique_ptr<MysqlDatabase>(new MysqlDatabase(std::move(*connection)));
}

Result<std::int64_t> MysqlDatabase::schema_version() {
  return mysql::schema_version(connection_);
}

std::vector<std::string> MysqlDatabase::upgrades() const {
  return store::names_of(all_upgrades());
}

Result<> MysqlDatabase::upgrade() {
  return upgrade_schema(connection_, all_upgrades());
}

Result<std::vector<std::string>> MysqlDatabase::damages() {
  std::vector<std::string> lines;
  for (const TableLayout& table : store::all_tables()) {
    const std::string sql = "CHECK TABLE " + std::string(table.name);
    Statement statement(connection_, sql.c_str());  // table, operation, kind of message, message
    const auto note = [&](const store::Columns& row) -> Result<> {
      const std::string_view message = row.text(3).value_or("");
      if (message != "OK") lines.push_back(std::string(table.name) + ": " + std::string(message));
      return {};
    };
    if (auto read = store::for_each_row(statement.query(), note); !read) return std::unexpected(read.error());
  }
  return lines;
}

Result<> MysqlDatabase::begin_reading() {
  if (auto set = connection_.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); !set) return set;
  return connection_.run("START TRANSACTION WITH CONSISTENT SNAPSHOT");
}

Result<> MysqlDatabase::begin_writing() {
  if (auto begun = connection_.run("BEGIN"); !begun) return begun;
  return connection_.run("UPDATE store SET probes = probes + 1 WHERE id = 1");  // see CommitWriter
}

Result<std::string> MysqlDatabase::realm() {
  return read_realm(connection_);
}

Result<> MysqlDatabase::set_realm(const std::string& realm) {
  Statement statement(connection_, "UPDATE store SET realm = ? WHERE id = 1");
  return statement.run(realm);
}

Result<std::int64_t> MysqlDatabase::count(const TableLayout& table) {
  const std::string sql = "SELECT count(*) FROM " + std::string(table.name);
  Statement statement(connection_, sql.c_str());
  return store::first_number(statement.query());
}

Result<> MysqlDatabase::read(const TableLayout& table, const OnRow& on_row) {
  const std::string sql = "SELECT " + column_names(table) + " FROM " + std::string(table.name);
  Statement statement(connection_, sql.c_str(), Fetch::OneByOne);
  return store::for_each_row(statement.query(), on_row);
}

Result<> MysqlDatabase::insert(const TableLayout& table, const std::vector<store::Value>& row) {
  std::vector<Parameter> parameters;
  for (const store::Value& value : row) parameters.push_back(parameter_of(value));
  const auto rows = insertions_.into(connection_, table).execute(parameters);
  if (!rows) return std::unexpected(rows.error());
  return {};
}

Result<> MysqlDatabase::apply(const std::vector<StoreChange>& changes) {
  Tables tables(connection_);
  return store::apply_changes(tables, CommitChanges{.op = {}, .changes = changes});
}

Result<store::SealedPage> MysqlDatabase::seal_page(std::int64_t after) {
  return AccountsTable(connection_).seal_page(after);
}

Result<store::SealedPage> MysqlDatabase::seal_totps() {
  return store::AccessTables<Connection, Statement>(connection_).seal_totps();
}

Result<std::int64_t> MysqlDatabase::count_sealed() {
  const auto accounts = AccountsTable(connection_).count_sealed();
  const auto totps = store::AccessTables<Connection, Statement>(connection_).count_sealed();
  if (!accounts || !totps) return accounts ? totps : accounts;
  return *accounts + *totps;
}

}  // namespace tsp::linux_::mysql
