// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/sqlite/accounts_table.h"
#include "adapters/linux/store/sqlite/claims_table.h"
#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/name_servers_table.h"
#include "adapters/linux/store/sqlite/statement.h"
#include "adapters/linux/store/sqlite/tunnels_table.h"

namespace tsp::linux_::sqlite {

using ReadOrder = std::variant<LoadStore, FindAccount, ListAccounts, FindEvicted>;

// Answers reads, each from one snapshot. In the write-ahead-log mode it never waits for a writer.
class StoreReader {
 public:
  explicit StoreReader(Connection connection) : connection_(std::move(connection)) {}
  StoreReader(const StoreReader&) = delete;
  StoreReader& operator=(const StoreReader&) = delete;

  [[nodiscard]] StoreDone execute(const ReadOrder& order);

 private:
  Result<> read(const LoadStore& order, StoreDone& done, SkippedRows& skipped);
  Result<> read(const FindAccount& order, StoreDone& done, SkippedRows& skipped);
  Result<> read(const ListAccounts& order, StoreDone& done, SkippedRows& skipped);
  Result<> read(const FindEvicted& order, StoreDone& done, SkippedRows& skipped);
  Result<> add_accounts(Result<std::vector<Account>> accounts, StoreDone& done, SkippedRows& skipped);

  Connection connection_;
  AccountsTable accounts_{connection_};
  ClaimsTable claims_{connection_};
  NameServersTable name_servers_{connection_};
  TunnelsTable tunnels_{connection_};
  Statement begin_{connection_, "BEGIN"};
  Statement end_{connection_, "COMMIT"};
};

}  // namespace tsp::linux_::sqlite
