// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/records.h"
#include "adapters/linux/store/row_reader.h"
#include "adapters/linux/store/sealed_page.h"
#include "adapters/linux/store/sqlite/statement.h"

namespace tsp::linux_::sqlite {

class AccountsTable {
 public:
  explicit AccountsTable(Connection& connection) : connection_(connection) {}

  Result<> apply(const AddAccount& change);
  Result<> apply(const UpdateAccount& change);
  // The row alone, not its claims.
  Result<> apply(const DeleteAccount& change);

  // None or one.
  Result<std::vector<Account>> find(const std::string& login, store::SkippedRows& skipped);
  Result<std::vector<Account>> list(const std::string& after, std::uint32_t limit, store::SkippedRows& skipped);

  // See Database.
  Result<store::SealedPage> seal_page(std::int64_t after);
  Result<std::int64_t> count_sealed();

 private:
  [[nodiscard]] auto reader() const {
    return [sealer = connection_.sealer()](const store::Columns& row) { return store::read_account(row, sealer); };
  }
  Connection& connection_;
  Statement insert_{connection_, "INSERT INTO accounts (" TSP_ACCOUNT_COLUMNS
                                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                                 " ON CONFLICT DO NOTHING"};
  Statement update_{connection_,
                    "UPDATE accounts SET verifier = ?3, enabled = ?4, prefix_shortest = ?5, prefix_longest = ?6,"
                    " server_address = ?7, created_ns = ?8, mtu = ?9, update_key = ?10, home = ?11, note = ?12"
                    " WHERE id = ?1 AND login = ?2"};
  Statement delete_{connection_, "DELETE FROM accounts WHERE id = ?"};
  Statement find_{connection_, "SELECT " TSP_ACCOUNT_COLUMNS " FROM accounts WHERE login = ?"};
  Statement list_{connection_, "SELECT " TSP_ACCOUNT_COLUMNS " FROM accounts WHERE login > ? ORDER BY login LIMIT ?"};
  Statement not_sealed_{connection_, "SELECT " TSP_ACCOUNT_COLUMNS
                                     " FROM accounts WHERE id > ? AND verifier NOT LIKE ?"
                                     " ORDER BY id LIMIT ?"};
  Statement count_sealed_{connection_, "SELECT count(*) FROM accounts WHERE verifier LIKE 'sealed:%'"};
};

}  // namespace tsp::linux_::sqlite
