// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/mysql/statement.h"
#include "adapters/linux/store/row_reader.h"

namespace tsp::linux_::mysql {

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
  Result<> check_overlapping(const Claim& claim);
  Result<> check_lengths(const Claim& claim);

  Connection& connection_;
  // Inside, with the claim's own row; and around, where the base is one of a few. One statement, because each costs a
  // round trip to the server.
  Statement overlapping_{
      connection_,
      "SELECT base, length, last, owner, state, until_ns, broker FROM claims"
      " WHERE base BETWEEN ? AND ? OR (length < ? AND base IN"
      " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)) ORDER BY base, length"};
  Statement put_{connection_,
                 "INSERT INTO claims (base, length, last, owner, state, until_ns, broker) VALUES (?, ?, ?, ?, ?, ?, ?)"
                 " ON DUPLICATE KEY UPDATE last = VALUES(last), owner = VALUES(owner), state = VALUES(state),"
                 " until_ns = VALUES(until_ns), broker = VALUES(broker)"};
  Statement erase_{connection_, "DELETE FROM claims WHERE base = ? AND length = ?"};
  Statement withdraw_{connection_, "DELETE FROM claims WHERE base = ? AND length = ? AND state = ? AND broker = ?"};
  Statement end_quarantine_{connection_,
                            "DELETE FROM claims WHERE base = ? AND length = ? AND state = ? AND until_ns <= ?"};
  Statement same_length_{connection_,
                         "SELECT base, length, last, owner, state, until_ns, broker FROM claims"
                         " WHERE owner = ? AND length = ?"};
  Statement owned_by_{connection_,
                      "SELECT base, length, last, owner, state, until_ns, broker FROM claims"
                      " WHERE owner = ? AND owner <> 0 ORDER BY length"};
  Statement all_{connection_, "SELECT base, length, last, owner, state, until_ns, broker FROM claims"};
};

}  // namespace tsp::linux_::mysql
