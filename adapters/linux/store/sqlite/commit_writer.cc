// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/commit_writer.h"

#include <thread>
#include <utility>

namespace tsp::linux_::sqlite {
namespace {

constexpr int kLogPagesMax = 4000;  // 16 MiB

int note_log_size(void* log_pages, sqlite3*, const char*, int pages) {
  *static_cast<int*>(log_pages) = pages;
  return SQLITE_OK;
}

}  // namespace

CommitWriter::CommitWriter(Connection connection, std::chrono::milliseconds commit_delay,
                           std::chrono::days history_kept, std::chrono::days audit_kept)
    : connection_(std::move(connection)),
      commit_delay_(commit_delay),
      trimmer_(history_kept),
      audit_trimmer_(audit_kept) {
  // Replaces the automatic checkpoint, for which the orders of an unlucky commit would wait.
  sqlite3_wal_hook(connection_.handle(), &note_log_size, &log_pages_);
}

struct CommitWriter::Transaction {
  CommitWriter& writer;

  Result<> begin() { return writer.begin_.run(); }
  Result<> begin_order() { return writer.savepoint_.run(); }
  Result<> apply(const CommitChanges& order) { return store::apply_changes(writer.tables_, order); }
  Result<> apply(const ProbeStore&) { return writer.probe_.run(); }
  Result<> take_back_order() { return writer.take_back_.run(); }
  Result<> end_order() { return writer.keep_.run(); }
  [[nodiscard]] bool is_lost_by(const Failure&) const { return !writer.connection_.in_transaction(); }
  Result<> commit() { return writer.commit(); }
};

std::vector<StoreDone> CommitWriter::execute(std::span<const WriteOrder> batch) {
  Transaction transaction{*this};
  std::vector<StoreDone> answers;
  if (auto executed = store::execute_group(transaction, batch, answers); !executed) {
    connection_.roll_back();
    return store::answer_all(batch, executed);
  }
  return answers;
}

void CommitWriter::idle() {
  trimmer_.step([this](WallTime ended_before) { return tables_.tunnels.forget_history(ended_before); });
  audit_trimmer_.step([this](WallTime before) { return tables_.access.forget_audit(before); });
  if (log_pages_ < kLogPagesMax) return;
  log_pages_ = 0;
  // A failure costs disk space until the next attempt, nothing else.
  sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

Result<> CommitWriter::commit() {
  if (commit_delay_.count() > 0) std::this_thread::sleep_for(commit_delay_);
  auto committed = commit_.run();
  if (committed) {
    ++transactions_;
    return committed;
  }
  // The log may have reached the disk although the disk reported an error.
  if (committed.error().fault == Fault::Device) committed.error().status = StoreStatus::Unknown;
  return committed;
}

}  // namespace tsp::linux_::sqlite
