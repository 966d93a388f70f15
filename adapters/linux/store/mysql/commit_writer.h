// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/history_trimmer.h"
#include "adapters/linux/store/mysql/session.h"
#include "adapters/linux/store/orders.h"

namespace tsp::linux_::mysql {

using store::WriteOrder;

// Carries out commits, many in one transaction.
//
// Each transaction changes the one row of the table `store` before anything else. So there is never more than one at a
// time, of all brokers on the database, and what it reads of claims holds until it is committed. A Galera cluster locks
// rows within a node only; there two that overlap have both changed this row, and all but the first are refused at
// COMMIT, like a deadlock. Locks on ranges of claims would let brokers write side by side, but what a PutClaim must not
// meet lies in some twenty ranges, and a gap lock is no part of what Galera compares.
class CommitWriter {
 public:
  explicit CommitWriter(const MysqlOptions& options)
      : options_(options),
        keeper_(options, Role::Writer),
        trimmer_(options.history_kept),
        audit_trimmer_(options.audit_kept) {}
  CommitWriter(const CommitWriter&) = delete;
  CommitWriter& operator=(const CommitWriter&) = delete;

  // Connects, so that what is wrong with the configuration shows at once.
  [[nodiscard]] Result<> connect();
  // One answer an order, in their order. Done means on the server's disk.
  [[nodiscard]] std::vector<StoreDone> execute(std::span<const WriteOrder> batch);
  // Keeps the connection, and forgets old history and audit entries. To be called when nobody waits.
  void idle();
  // How many connections it had until now, each perhaps to another server. From any thread.
  [[nodiscard]] std::uint64_t sessions() const { return keeper_.sessions(); }
  // Transactions committed. From any thread.
  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  struct Transaction;

  // Whether it is worth while to try the same again, now that nothing of it was done.
  [[nodiscard]] bool may_retry(const Failure& failure, bool was_there, Deadline deadline) const;
  Result<> attempt(std::span<const WriteOrder> batch, std::vector<StoreDone>& answers);
  Result<> commit(Connection& connection);
  using Forget = std::function<Result<bool>(Tables&)>;
  // In a transaction of its own.
  Result<bool> forget(const Forget& forget_some);

  const MysqlOptions& options_;
  SessionKeeper keeper_;
  store::HistoryTrimmer trimmer_;
  store::HistoryTrimmer audit_trimmer_;
  std::atomic<std::uint64_t> transactions_ = 0;
};

}  // namespace tsp::linux_::mysql
