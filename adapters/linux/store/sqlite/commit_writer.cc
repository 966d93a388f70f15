// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/commit_writer.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

namespace tsp::linux_::sqlite {
namespace {

constexpr int kLogPagesMax = 4000;  // 16 MiB

OpId op_of(const WriteOrder& order) {
  return std::visit([](const auto& o) { return o.op; }, order);
}

StoreDone answer(const WriteOrder& order, const Result<>& result) {
  StoreDone done;
  done.op = op_of(order);
  if (!result) {
    done.status = result.error().status;
    done.detail = result.error().detail;
    done.occupied = result.error().occupied;
  }
  return done;
}

int note_log_size(void* log_pages, sqlite3*, const char*, int pages) {
  *static_cast<int*>(log_pages) = pages;
  return SQLITE_OK;
}

bool speaks_of(const CommitChanges& order, const IPv6Prefix& prefix) {
  return std::ranges::any_of(order.changes, [&](const StoreChange& change) {
    const auto* put = std::get_if<PutClaim>(&change);
    return put != nullptr && put->claim.prefix == prefix;
  });
}

}  // namespace

CommitWriter::CommitWriter(Connection connection, std::chrono::milliseconds commit_delay)
    : connection_(std::move(connection)), commit_delay_(commit_delay) {
  // Replaces the automatic checkpoint, for which the orders of an unlucky commit would wait.
  sqlite3_wal_hook(connection_.handle(), &note_log_size, &log_pages_);
}

std::vector<StoreDone> CommitWriter::execute(std::span<const WriteOrder> batch) {
  std::vector<StoreDone> answers;
  answers.reserve(batch.size());
  if (auto executed = execute_in_transaction(batch, answers); !executed) {
    connection_.roll_back();
    // Refusals too: they may rest on what was just rolled back.
    answers.clear();
    for (const WriteOrder& order : batch) answers.push_back(answer(order, executed));
  }
  return answers;
}

void CommitWriter::tidy() {
  if (log_pages_ < kLogPagesMax) return;
  log_pages_ = 0;
  // A failure costs disk space until the next attempt, nothing else.
  sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

Result<> CommitWriter::execute_in_transaction(std::span<const WriteOrder> batch, std::vector<StoreDone>& answers) {
  if (auto begun = begin_.run(); !begun) return begun;
  for (const WriteOrder& order : batch) {
    auto executed = execute_one(order);
    if (!executed) return std::unexpected(executed.error());
    answers.push_back(std::move(*executed));
  }
  return commit();
}

Result<StoreDone> CommitWriter::execute_one(const WriteOrder& order) {
  if (auto begun = savepoint_.run(); !begun) return std::unexpected(begun.error());
  const Result<> applied = std::visit([this](const auto& o) { return apply(o); }, order);
  if (!applied) {
    // Some faults end the transaction; one that does not must not harm the other orders.
    if (!connection_.in_transaction()) return std::unexpected(applied.error());
    if (auto taken_back = take_back_.run(); !taken_back) return std::unexpected(taken_back.error());
  }
  if (auto kept = keep_.run(); !kept) return std::unexpected(kept.error());
  return answer(order, applied);
}

Result<> CommitWriter::apply(const CommitChanges& order) {
  struct Apply {
    CommitWriter& writer;
    const CommitChanges& order;

    Result<> operator()(const AddAccount& change) const { return writer.accounts_.apply(change); }
    Result<> operator()(const UpdateAccount& change) const { return writer.accounts_.apply(change); }
    Result<> operator()(const DeleteAccount& change) const { return writer.delete_account(change, order); }
    Result<> operator()(const PutClaim& change) const { return writer.claims_.apply(change); }
    Result<> operator()(const WithdrawClaim& change) const { return writer.claims_.apply(change); }
    Result<> operator()(const EndQuarantine& change) const { return writer.claims_.apply(change); }
    Result<> operator()(const PutNameServers& change) const { return writer.name_servers_.apply(change); }
    Result<> operator()(const PutTunnel& change) const { return writer.tunnels_.apply(change); }
    Result<> operator()(const EvictTunnels& change) const { return writer.tunnels_.apply(change); }
    Result<> operator()(const EraseTunnel& change) const { return writer.tunnels_.apply(change); }
  };
  for (const StoreChange& change : order.changes) {
    if (auto applied = std::visit(Apply{*this, order}, change); !applied) return applied;
  }
  return {};
}

Result<> CommitWriter::apply(const ProbeStore&) {
  return probe_.run();
}

Result<> CommitWriter::delete_account(const DeleteAccount& change, const CommitChanges& order) {
  if (auto deleted = accounts_.apply(change); !deleted) return deleted;
  if (auto erased = name_servers_.erase(change.id); !erased) return erased;
  SkippedRows unreadable;
  const auto claims = claims_.owned_by(change.id, unreadable);
  if (!claims) return std::unexpected(claims.error());
  for (const Claim& claim : *claims) {
    if (speaks_of(order, claim.prefix)) continue;
    if (auto erased = claims_.erase(claim.prefix); !erased) return erased;
  }
  return {};
}

Result<> CommitWriter::commit() {
  if (commit_delay_.count() > 0) std::this_thread::sleep_for(commit_delay_);
  auto committed = commit_.run();
  if (committed) {
    ++transactions_;
    return committed;
  }
  // The log may have reached the disk although the disk reported an error.
  if (committed.error().io_error) committed.error().status = StoreStatus::Unknown;
  return committed;
}

}  // namespace tsp::linux_::sqlite
