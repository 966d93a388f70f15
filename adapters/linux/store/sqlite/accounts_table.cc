// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/accounts_table.h"

#include "adapters/linux/store/records.h"
#include "core/base/assert.h"

namespace tsp::linux_::sqlite {
Result<> AccountsTable::apply(const AddAccount& change) {
  if (auto inserted = store::write_account(insert_, change.account, connection_.sealer());
      !inserted || connection_.changed_something())
    return inserted;
  // A commit that is repeated because its outcome was unknown finds its own account.
  if (auto updated = store::write_account(update_, change.account, connection_.sealer());
      !updated || connection_.changed_something())
    return updated;
  return std::unexpected(Failure{.status = StoreStatus::Taken, .detail = "the login or the account id exists"});
}

Result<> AccountsTable::apply(const UpdateAccount& change) {
  store::SkippedRows unreadable;
  const auto there = find(change.account.login, unreadable);
  if (!there) return std::unexpected(there.error());
  if (auto unchanged = store::check_unchanged(*there, change); !unchanged) return unchanged;
  if (auto updated = store::write_account(update_, change.account, connection_.sealer());
      !updated || connection_.changed_something())
    return updated;
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

}  // namespace tsp::linux_::sqlite
