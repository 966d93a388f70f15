// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/mysql/statement.h"
#include "adapters/linux/store/row_reader.h"

namespace tsp::linux_::mysql {

class NameServersTable {
 public:
  explicit NameServersTable(Connection& connection) : connection_(connection) {}

  Result<> apply(const PutNameServers& change);
  Result<> erase(AccountId account);
  // Empty if there are none, or if the row is not readable.
  Result<std::vector<std::string>> of_account(AccountId account, store::SkippedRows& skipped);

 private:
  Connection& connection_;
  Statement put_{connection_,
                 "INSERT INTO name_servers (account, names) SELECT id, ? FROM accounts WHERE id = ?"
                 " ON DUPLICATE KEY UPDATE names = VALUES(names)"};
  Statement erase_{connection_, "DELETE FROM name_servers WHERE account = ?"};
  Statement of_account_{connection_, "SELECT account, names FROM name_servers WHERE account = ?"};
};

}  // namespace tsp::linux_::mysql
