// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/realm.h"

#include "adapters/linux/store/mysql/statement.h"
#include "adapters/linux/store/realm_choice.h"
#include "adapters/linux/store/row_reader.h"

namespace tsp::linux_::mysql {
namespace {

Result<std::uint64_t> count_accounts(Connection& connection) {
  Statement statement(connection, "SELECT count(*) FROM accounts");
  auto rows = statement.query();
  if (!rows) return std::unexpected(rows.error());
  if (const auto found = rows->next(); !found) return std::unexpected(found.error());
  return store::RowReader(*rows).integer<std::uint64_t>();
}

Result<> change_realm(Connection& connection, const std::string& configured) {
  // As each transaction that writes: another broker may have changed it, or added an account, a moment ago.
  if (auto locked = connection.run("UPDATE store SET probes = probes + 1 WHERE id = 1"); !locked) return locked;
  const auto stored = read_realm(connection);
  if (!stored) return std::unexpected(stored.error());
  const auto accounts = count_accounts(connection);
  if (!accounts) return std::unexpected(accounts.error());
  const auto realm = store::choose_realm(*stored, configured, *accounts);
  if (!realm) return std::unexpected(realm.error());
  Statement change(connection, "UPDATE store SET realm = ? WHERE id = 1");
  return change.run(*realm);
}

}  // namespace

Result<std::string> read_realm(Connection& connection) {
  Statement statement(connection, "SELECT realm FROM store WHERE id = 1");
  auto rows = statement.query();
  if (!rows) return std::unexpected(rows.error());
  const auto found = rows->next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::unexpected(Failure{.detail = "the store names no realm"});
  return store::RowReader(*rows).text();
}

Result<> settle_realm(Connection& connection, const std::string& configured) {
  const auto stored = read_realm(connection);
  if (!stored) return std::unexpected(stored.error());
  if (*stored == configured) return {};
  if (auto begun = connection.run("BEGIN"); !begun) return begun;
  auto changed = change_realm(connection, configured);
  auto ended = connection.run(changed ? "COMMIT" : "ROLLBACK");
  return changed ? ended : changed;
}

}  // namespace tsp::linux_::mysql
