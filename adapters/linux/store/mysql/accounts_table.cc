// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/accounts_table.h"

#include "adapters/linux/store/records.h"
#include "core/base/assert.h"

namespace tsp::linux_::mysql {

Result<AccountsTable::Namesakes> AccountsTable::find_namesakes(const Account& account) {
  auto rows = namesakes_.query(account.id, account.login, account.id, account.login);
  if (!rows) return std::unexpected(rows.error());
  if (const auto found = rows->next(); !found) return std::unexpected(found.error());
  return Namesakes{rows->integer(0).value_or(0), rows->integer(1) == 1};
}

Result<> AccountsTable::apply(const AddAccount& change) {
  const auto there = find_namesakes(change.account);
  if (!there) return std::unexpected(there.error());
  // A commit that is repeated because its outcome was unknown finds its own account.
  if (there->count == 0 || there->is_itself) return store::write_account(put_, change.account, connection_.sealer());
  return std::unexpected(Failure{.status = StoreStatus::Taken, .detail = "the login or the account id exists"});
}

Result<> AccountsTable::apply(const UpdateAccount& change) {
  store::SkippedRows unreadable;
  const auto there = find(change.account.login, unreadable);
  if (!there) return std::unexpected(there.error());
  if (auto unchanged = store::check_unchanged(*there, change); !unchanged) return unchanged;
  // A row that cannot be read is replaced as well.
  const auto namesakes = find_namesakes(change.account);
  if (!namesakes) return std::unexpected(namesakes.error());
  if (namesakes->is_itself) return store::write_account(put_, change.account, connection_.sealer());
  return std::unexpected(store::missing_account(change.account.id));
}

Result<> AccountsTable::apply(const DeleteAccount& change) {
  if (auto deleted = delete_.run(change.id); !deleted || connection_.changed_something()) return deleted;
  return std::unexpected(store::missing_account(change.id));
}

Result<std::vector<Account>> AccountsTable::find(const std::string& login, store::SkippedRows& skipped) {
  return store::read_all<Account>(find_.query(login), reader(), skipped);
}

Result<std::vector<Account>> AccountsTable::list(const std::string& after, std::uint32_t limit,
                                                 store::SkippedRows& skipped) {
  return store::read_all<Account>(list_.query(after, limit), reader(), skipped);
}

Result<store::SealedPage> AccountsTable::seal_page(std::int64_t after) {
  TSP_ASSERT(connection_.sealer() != nullptr);
  const std::string head = connection_.sealer()->current_head() + "%";
  return store::seal_rows(not_sealed_.query(after, head, store::kSealedAtOnce), reader(), *this);
}

Result<std::int64_t> AccountsTable::count_sealed() {
  return store::first_number(count_sealed_.query());
}

}  // namespace tsp::linux_::mysql
