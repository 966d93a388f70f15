// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <span>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/history_trimmer.h"
#include "adapters/linux/store/orders.h"
#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/statement.h"
#include "adapters/linux/store/sqlite/tables.h"

namespace tsp::linux_::sqlite {

using store::WriteOrder;

// Carries out commits, many in one transaction.
class CommitWriter {
 public:
  CommitWriter(Connection connection, std::chrono::milliseconds commit_delay, std::chrono::days history_kept,
               std::chrono::days audit_kept);
  CommitWriter(const CommitWriter&) = delete;
  CommitWriter& operator=(const CommitWriter&) = delete;

  // One answer an order, in their order. Done means on the disk.
  [[nodiscard]] std::vector<StoreDone> execute(std::span<const WriteOrder> batch);
  // Moves what was committed from the log into the database once there is much of it, and forgets old history and audit
  // entries. To be called when nobody waits.
  void idle();
  // Transactions committed. From any thread.
  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }

 private:
  struct Transaction;

  Result<> commit();

  Connection connection_;
  Tables tables_{connection_};
  Statement begin_{connection_, "BEGIN IMMEDIATE"};
  Statement commit_{connection_, "COMMIT"};
  Statement savepoint_{connection_, "SAVEPOINT one_order"};
  Statement keep_{connection_, "RELEASE one_order"};
  Statement take_back_{connection_, "ROLLBACK TO one_order"};
  Statement probe_{connection_, "UPDATE store SET probes = probes + 1"};
  std::chrono::milliseconds commit_delay_;
  store::HistoryTrimmer trimmer_;
  store::HistoryTrimmer audit_trimmer_;
  int log_pages_ = 0;  // of the write-ahead log after the last commit
  std::atomic<std::uint64_t> transactions_ = 0;
};

}  // namespace tsp::linux_::sqlite
