// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <span>
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

using WriteOrder = std::variant<CommitChanges, ProbeStore>;

// Carries out commits, many in one transaction: what a commit costs is waiting for the disk, and one wait serves all.
class CommitWriter {
 public:
  CommitWriter(Connection connection, std::chrono::milliseconds commit_delay);
  CommitWriter(const CommitWriter&) = delete;
  CommitWriter& operator=(const CommitWriter&) = delete;

  // One answer an order, in their order. Done means on the disk.
  [[nodiscard]] std::vector<StoreDone> execute(std::span<const WriteOrder> batch);
  // Moves what was committed from the log into the database once there is much of it. To be called when nobody waits.
  void tidy();
  // Transactions committed. From any thread.
  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }

 private:
  Result<> execute_in_transaction(std::span<const WriteOrder> batch, std::vector<StoreDone>& answers);
  // The order's answer; its changes are taken back unless that is Done. Error: the whole transaction is lost.
  Result<StoreDone> execute_one(const WriteOrder& order);
  Result<> apply(const CommitChanges& order);
  Result<> apply(const ProbeStore& order);
  Result<> delete_account(const DeleteAccount& change, const CommitChanges& order);
  Result<> commit();

  Connection connection_;
  AccountsTable accounts_{connection_};
  ClaimsTable claims_{connection_};
  NameServersTable name_servers_{connection_};
  TunnelsTable tunnels_{connection_};
  Statement begin_{connection_, "BEGIN IMMEDIATE"};
  Statement commit_{connection_, "COMMIT"};
  Statement savepoint_{connection_, "SAVEPOINT one_order"};
  Statement keep_{connection_, "RELEASE one_order"};
  Statement take_back_{connection_, "ROLLBACK TO one_order"};
  Statement probe_{connection_, "UPDATE store SET probes = probes + 1"};
  std::chrono::milliseconds commit_delay_;
  int log_pages_ = 0;  // of the write-ahead log after the last commit
  std::atomic<std::uint64_t> transactions_ = 0;
};

}  // namespace tsp::linux_::sqlite
