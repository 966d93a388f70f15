// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/realm.h"

#include "adapters/linux/store/realm_choice.h"
#include "adapters/linux/store/row_reader.h"
#include "adapters/linux/store/sqlite/statement.h"

namespace tsp::linux_::sqlite {
namespace {

Result<std::uint64_t> count_accounts(Connection& connection) {
  Statement statement(connection, "SELECT count(*) FROM accounts");
  auto rows = statement.query();
  if (!rows) return std::unexpected(rows.error());
  if (const auto found = rows->next(); !found) return std::unexpected(found.error());
  return store::RowReader(*rows).integer<std::uint64_t>();
}

Result<std::string> settle(Connection& connection, const std::string& configured) {
  const auto stored = read_realm(connection);
  if (!stored) return stored;
  const auto accounts = count_accounts(connection);
  if (!accounts) return std::unexpected(accounts.error());
  auto realm = store::choose_realm(*stored, configured, *accounts);
  if (!realm || *realm == *stored) return realm;
  Statement change(connection, "UPDATE store SET realm = ?");
  if (auto changed = change.run(*realm); !changed) return std::unexpected(changed.error());
  return realm;
}

}  // namespace

Result<std::string> read_realm(Connection& connection) {
  Statement statement(connection, "SELECT realm FROM store");
  auto rows = statement.query();
  if (!rows) return std::unexpected(rows.error());
  const auto found = rows->next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::unexpected(Failure{.detail = "the store names no realm"});
  return store::RowReader(*rows).text();
}

Result<std::string> settle_realm(Connection& connection, const std::string& configured) {
  // In one transaction, so that no account is added between the count and the change.
  if (auto begun = connection.run("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
  auto realm = settle(connection, configured);
  if (realm) {
    if (auto committed = connection.run("COMMIT"); !committed) realm = std::unexpected(committed.error());
  }
  connection.roll_back();
  return realm;
}

}  // namespace tsp::linux_::sqlite
