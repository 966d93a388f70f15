// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/row_reader.h"
#include "adapters/linux/store/sqlite/statement.h"

namespace tsp::linux_::sqlite {

class ClaimsTable {
 public:
  explicit ClaimsTable(Connection& connection) : connection_(connection) {}

  // The claim's length is 48…64 or 128. O(log n) beside the owner's own few claims.
  Result<> apply(const PutClaim& change);
  Result<> apply(const WithdrawClaim& change);
  Result<> apply(const EndQuarantine& change);
  Result<> erase(const IPv6Prefix& prefix);

  // Those in quarantine too, shortest prefix first.
  Result<std::vector<Claim>> owned_by(AccountId owner, store::SkippedRows& skipped);
  Result<std::vector<Claim>> all(store::SkippedRows& skipped);

 private:
  Result<> check_inside(const Claim& claim);
  Result<> check_around(const Claim& claim);
  Result<> check_lengths(const Claim& claim);
  // Taken at the first row beside which `claim` may not be put.
  static Result<> check_rows(const Claim& claim, Result<Rows> rows);
  static Result<> write(Statement& statement, const Claim& claim);
  Connection& connection_;
  // Two statements for the reason given in tunnels_table.h.
  Statement insert_{connection_,
                    "INSERT INTO claims (base, length, last, owner, state, until_ns, broker)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (base, length) DO NOTHING"};
  Statement update_{connection_,
                    "UPDATE claims SET last = ?3, owner = ?4, state = ?5, until_ns = ?6, broker = ?7"
                    " WHERE base = ?1 AND length = ?2"};
  Statement erase_{connection_, "DELETE FROM claims WHERE base = ? AND length = ?"};
  Statement withdraw_{connection_, "DELETE FROM claims WHERE base = ? AND length = ? AND state = ? AND broker = ?"};
  Statement end_quarantine_{connection_,
                            "DELETE FROM claims WHERE base = ? AND length = ? AND state = ? AND until_ns <= ?"};
  Statement inside_{connection_,
                    "SELECT base, length, last, owner, state, until_ns, broker FROM claims"
                    " WHERE base BETWEEN ? AND ? ORDER BY base, length"};
  Statement exact_{connection_,
                   "SELECT base, length, last, owner, state, until_ns, broker FROM claims"
                   " WHERE base = ? AND length = ?"};
  // `owner <> 0` lets SQLite see that the partial index serves.
  Statement same_length_{connection_,
                         "SELECT base, length, last, owner, state, until_ns, broker FROM claims"
                         " WHERE owner = ? AND owner <> 0 AND length = ?"};
  Statement owned_by_{connection_,
                      "SELECT base, length, last, owner, state, until_ns, broker FROM claims"
                      " WHERE owner = ? AND owner <> 0 ORDER BY length"};
  Statement all_{connection_, "SELECT base, length, last, owner, state, until_ns, broker FROM claims"};
};

}  // namespace tsp::linux_::sqlite
