// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/mysql/statement.h"
#include "adapters/linux/store/records.h"
#include "adapters/linux/store/row_reader.h"
#include "adapters/linux/store/sealed_page.h"

namespace tsp::linux_::mysql {

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
  // How many accounts have the id or the login, and whether it is one that has both.
  struct Namesakes {
    std::int64_t count;
    bool is_itself;
  };
  Result<Namesakes> find_namesakes(const Account& account);

  Connection& connection_;
  Statement namesakes_{
      connection_, "SELECT count(*), coalesce(max(id = ? AND login = ?), 0) FROM accounts WHERE id = ? OR login = ?"};
  // Only after it is known that the row is new, or the account's own.
  Statement put_{connection_,
                 "INSERT INTO accounts (" TSP_ACCOUNT_COLUMNS
                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE"
                 " verifier = VALUES(verifier), enabled = VALUES(enabled), prefix_shortest = VALUES(prefix_shortest),"
                 " prefix_longest = VALUES(prefix_longest), server_address = VALUES(server_address),"
                 " created_ns = VALUES(created_ns), mtu = VALUES(mtu), update_key = VALUES(update_key),"
                 " home = VALUES(home), note = VALUES(note)"};
  Statement delete_{connection_, "DELETE FROM accounts WHERE id = ?"};
  Statement find_{connection_, "SELECT " TSP_ACCOUNT_COLUMNS " FROM accounts WHERE login = ?"};
  Statement list_{connection_, "SELECT " TSP_ACCOUNT_COLUMNS " FROM accounts WHERE login > ? ORDER BY login LIMIT ?"};
  Statement not_sealed_{connection_, "SELECT " TSP_ACCOUNT_COLUMNS
                                     " FROM accounts WHERE id > ? AND verifier NOT LIKE ?"
                                     " ORDER BY id LIMIT ?"};
  Statement count_sealed_{connection_, "SELECT count(*) FROM accounts WHERE verifier LIKE 'sealed:%'"};
};

}  // namespace tsp::linux_::mysql
