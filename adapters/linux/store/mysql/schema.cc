// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/schema.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <mysqld_error.h>

#include "adapters/linux/store/mysql/statement.h"
#include "adapters/linux/store/row_reader.h"

namespace tsp::linux_::mysql {
namespace {

Result<std::int64_t> read_number(Connection& connection, const char* sql) {
  Statement statement(connection, sql);
  return store::first_number(statement.query());
}

Result<std::int64_t> read_version(Connection& connection) {
  const auto ours = read_number(connection,
                                "SELECT count(*) FROM information_schema.tables"
                                " WHERE table_schema = database() AND table_name = 'schema_version'");
  if (!ours || *ours == 0) return ours;
  return read_number(connection, "SELECT coalesce(max(version), 0) FROM schema_version WHERE complete");
}

// In one statement: another broker may be making its tables, of which that one is the first.
Result<> refuse_others_tables(Connection& connection) {
  const auto tables = read_number(connection,
                                  "SELECT if(sum(table_name = 'schema_version') = 0, count(*), 0)"
                                  " FROM information_schema.tables WHERE table_schema = database()");
  if (!tables) return std::unexpected(tables.error());
  if (*tables == 0) return {};
  return std::unexpected(Failure{.detail = "the database holds tables of another program; see store.mysql.database",
                                 .fault = Fault::Setup});
}

// At each semicolon that ends a line.
std::vector<std::string> split(std::string_view sql) {
  std::vector<std::string> statements;
  while (true) {
    const std::size_t end = sql.find(";\n");
    if (end == std::string_view::npos) return statements;
    statements.emplace_back(sql.substr(0, end));
    sql.remove_prefix(end + 2);
  }
}

// What a statement says that was carried out before the upgrade was cut off.
bool says_that_it_was_done(unsigned code) {
  constexpr std::array<unsigned, 5> kDone = {ER_TABLE_EXISTS_ERROR, ER_DUP_FIELDNAME, ER_DUP_KEYNAME,
                                             ER_CANT_DROP_FIELD_OR_KEY, ER_BAD_TABLE_ERROR};
  for (const unsigned done : kDone) {
    if (code == done) return true;
  }
  return false;
}

// Whether an earlier attempt was cut off.
Result<bool> begin(Connection& connection, std::int64_t version, std::string_view name) {
  Statement begun_before(connection, "SELECT count(*) FROM schema_version WHERE version = ?");
  const auto begun = store::first_number(begun_before.query(version));
  if (!begun) return std::unexpected(begun.error());
  if (*begun == 1) return true;
  Statement note(connection, "INSERT INTO schema_version VALUES (?, ?, utc_timestamp(), FALSE)");
  if (auto noted = note.run(version, name); !noted) return std::unexpected(noted.error());
  return false;
}

Result<> apply(Connection& connection, std::int64_t version, const Upgrade& upgrade) {
  const auto cut_off = begin(connection, version, upgrade.name);
  if (!cut_off) return std::unexpected(cut_off.error());
  for (const std::string& statement : split(upgrade.sql)) {
    auto done = connection.run(statement.c_str());
    if (done || (*cut_off && says_that_it_was_done(connection.error_code()))) continue;
    done.error().detail = std::string("upgrade ") + upgrade.name + ": " + done.error().detail;
    return done;
  }
  Statement complete(connection,
                     "UPDATE schema_version SET complete = TRUE, applied_at = utc_timestamp() WHERE version = ?");
  return complete.run(version);
}

Result<> apply_missing(Connection& connection, std::span<const Upgrade> upgrades) {
  if (auto ours = refuse_others_tables(connection); !ours) return ours;
  // Again, now that nobody else upgrades.
  const auto version = read_version(connection);
  if (!version) return std::unexpected(version.error());
  auto created = connection.run(
      "CREATE TABLE IF NOT EXISTS schema_version (version INT NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL,"
      " applied_at DATETIME NOT NULL, complete BOOLEAN NOT NULL) ENGINE = InnoDB");
  if (!created) return created;
  for (auto i = static_cast<std::size_t>(*version); i < upgrades.size(); ++i) {
    if (auto applied = apply(connection, static_cast<std::int64_t>(i + 1), upgrades[i]); !applied) return applied;
  }
  return {};
}

// In turn with other brokers. On Galera only with those at the same node; there the statements themselves are ordered.
Result<> apply_in_turn(Connection& connection, std::span<const Upgrade> upgrades) {
  constexpr const char* kLock = "SELECT get_lock(concat('tspbroker upgrades ', database()), 3)";
  const auto locked = read_number(connection, kLock);
  if (!locked) return std::unexpected(locked.error());
  if (*locked != 1)
    return std::unexpected(Failure{.detail = "another broker is upgrading the database", .fault = Fault::Conflict});
  auto applied = apply_missing(connection, upgrades);
  const auto released = read_number(connection, "SELECT release_lock(concat('tspbroker upgrades ', database()))");
  if (applied && !released) return std::unexpected(released.error());
  return applied;
}

}  // namespace

Result<std::int64_t> schema_version(Connection& connection) {
  return read_version(connection);
}

Result<> upgrade_schema(Connection& connection, std::span<const Upgrade> upgrades) {
  const auto version = read_version(connection);
  if (!version) return std::unexpected(version.error());
  if (std::cmp_greater(*version, upgrades.size())) {
    return std::unexpected(store::newer_schema(*version, upgrades.size()));
  }
  return std::cmp_equal(*version, upgrades.size()) ? Result<>() : apply_in_turn(connection, upgrades);
}

}  // namespace tsp::linux_::mysql
