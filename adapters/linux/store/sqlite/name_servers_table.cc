// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/name_servers_table.h"

#include <utility>

#include "adapters/linux/store/records.h"

namespace tsp::linux_::sqlite {
namespace {

using Names = std::vector<std::string>;

}  // namespace

Result<> NameServersTable::apply(const PutNameServers& change) {
  if (auto put = put_.run(change.account, store::join_words(change.names)); !put || connection_.changed_something()) {
    return put && change.names.empty() ? erase(change.account) : put;
  }
  return std::unexpected(store::missing_account(change.account));
}

Result<> NameServersTable::erase(AccountId account) {
  return erase_.run(account);
}

Result<Names> NameServersTable::of_account(AccountId account, store::SkippedRows& skipped) {
  auto rows = store::read_all<Names>(of_account_.query(account), &store::read_name_servers, skipped);
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? Names() : std::move(rows->front());
}

}  // namespace tsp::linux_::sqlite
