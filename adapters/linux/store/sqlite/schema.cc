// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/schema.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "adapters/linux/store/row_reader.h"
#include "adapters/linux/store/sqlite/statement.h"

namespace tsp::linux_::sqlite {
namespace {

Result<std::int64_t> read_number(Connection& connection, const char* sql) {
  Statement statement(connection, sql);
  return store::first_number(statement.query());
}

Result<std::int64_t> read_version(Connection& connection) {
  const auto ours = read_number(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'");
  if (!ours) return ours;
  if (*ours > 0) return read_number(connection, "SELECT max(version) FROM schema_version");
  const auto tables = read_number(connection, "SELECT count(*) FROM sqlite_schema");
  if (!tables || *tables == 0) return tables;
  return std::unexpected(Failure{.detail = "the file is a database of another program"});
}

Result<> apply_missing(Connection& connection, std::span<const Upgrade> upgrades) {
  // Again, now that nobody else can upgrade.
  const auto version = read_version(connection);
  if (!version) return std::unexpected(version.error());
  auto created = connection.run(
      "CREATE TABLE IF NOT EXISTS schema_version"
      " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT");
  if (!created) return created;
  Statement record(connection, "INSERT INTO schema_version VALUES (?, ?, datetime())");
  for (auto i = static_cast<std::size_t>(*version); i < upgrades.size(); ++i) {
    if (auto applied = connection.run(upgrades[i].sql); !applied) {
      applied.error().detail = std::string("upgrade ") + upgrades[i].name + ": " + applied.error().detail;
      return applied;
    }
    if (auto recorded = record.run(i + 1, std::string_view(upgrades[i].name)); !recorded) return recorded;
  }
  return connection.run("COMMIT");
}

}  // namespace

Result<std::int64_t> schema_version(Connection& connection) {
  return read_version(connection);
}

Result<> check_ours(Connection& connection, std::span<const Upgrade> upgrades) {
  const auto version = read_version(connection);
  if (!version) return std::unexpected(version.error());
  if (*version >= 0 && static_cast<std::size_t>(*version) <= upgrades.size()) return {};
  return std::unexpected(store::newer_schema(*version, upgrades.size()));
}

Result<> upgrade_schema(Connection& connection, std::span<const Upgrade> upgrades) {
  const auto version = read_version(connection);
  if (!version) return std::unexpected(version.error());
  if (*version == static_cast<std::int64_t>(upgrades.size())) return {};
  if (auto begun = connection.run("BEGIN IMMEDIATE"); !begun) return begun;
  auto applied = apply_missing(connection, upgrades);
  if (!applied) connection.roll_back();
  return applied;
}

}  // namespace tsp::linux_::sqlite
