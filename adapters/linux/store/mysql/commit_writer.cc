// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/commit_writer.h"

#include <algorithm>
#include <random>
#include <thread>

namespace tsp::linux_::mysql {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPauseMax{100};

// Brokers that met once would meet again if they paused for the same time.
class Pauses {
 public:
  void pause() {
    std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution<long>(0, limit_.count())(random_)));
    limit_ = std::min(2 * limit_, kPauseMax);
  }

 private:
  milliseconds limit_{2};
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace

struct CommitWriter::Transaction {
  CommitWriter& writer;
  Session& session;

  Result<> begin() {
    if (auto begun = session.connection.run("BEGIN"); !begun) return begun;
    // The lock; see above. It also shows whether the server can write.
    return session.connection.run("UPDATE store SET probes = probes + 1 WHERE id = 1");
  }
  // One of the same name takes the place of the one before.
  Result<> begin_order() { return session.connection.run("SAVEPOINT one_order"); }
  Result<> apply(const CommitChanges& order) { return store::apply_changes(session.tables, order); }
  Result<> apply(const ProbeStore&) { return {}; }
  Result<> take_back_order() { return session.connection.run("ROLLBACK TO SAVEPOINT one_order"); }
  Result<> end_order() { return {}; }
  [[nodiscard]] bool is_lost_by(const Failure& failure) const {
    return failure.fault == Fault::Conflict || failure.fault == Fault::Connection;
  }
  Result<> commit() { return writer.commit(session.connection); }
};

Result<> CommitWriter::connect() {
  const auto session = keeper_.session();
  if (!session) return std::unexpected(session.error());
  return {};
}

std::vector<StoreDone> CommitWriter::execute(std::span<const WriteOrder> batch) {
  const Deadline deadline = Clock::now() + 2 * options_.timeout;
  std::vector<StoreDone> answers;
  Pauses pauses;
  while (true) {
    const auto done = attempt(batch, answers);
    if (done) return answers;
    const bool was_there = keeper_.was_there();
    if (!may_retry(done.error(), was_there, deadline)) return store::answer_all(batch, done);
    if (done.error().fault == Fault::Conflict) pauses.pause();
  }
}

bool CommitWriter::may_retry(const Failure& failure, bool was_there, Deadline deadline) const {
  if (failure.status != StoreStatus::Unavailable || Clock::now() >= deadline) return false;
  return failure.fault == Fault::Conflict || (failure.fault == Fault::Connection && was_there);
}

Result<> CommitWriter::attempt(std::span<const WriteOrder> batch, std::vector<StoreDone>& answers) {
  const auto session = keeper_.session();
  if (!session) return std::unexpected(session.error());
  Transaction transaction{*this, **session};
  auto done = store::execute_group(transaction, batch, answers);
  if (done) return done;
  // After a conflict the connection is as good as before. After anything else a new one may be better: the address may
  // belong to another server by now.
  const bool usable = done.error().fault == Fault::Conflict && done.error().status == StoreStatus::Unavailable;
  if (!usable || !(*session)->connection.run("ROLLBACK")) keeper_.drop();
  return done;
}

void CommitWriter::idle() {
  keeper_.keep_alive();
  trimmer_.step([this](WallTime ended_before) {
    return forget([&](Tables& tables) { return tables.tunnels.forget_history(ended_before); });
  });
  audit_trimmer_.step(
      [this](WallTime before) { return forget([&](Tables& tables) { return tables.access.forget_audit(before); }); });
}

Result<bool> CommitWriter::forget(const Forget& forget_some) {
  Session* const session = keeper_.kept();
  if (session == nullptr) return false;  // the server is away: the next order finds out whether it is back
  Transaction transaction{*this, *session};
  auto done = transaction.begin();
  Result<bool> forgot = false;
  if (done) forgot = forget_some(session->tables);
  if (done && !forgot) done = std::unexpected(forgot.error());
  if (done) done = session->connection.run("COMMIT");
  if (done) return forgot;
  if (!session->connection.run("ROLLBACK")) keeper_.drop();
  return std::unexpected(done.error());
}

Result<> CommitWriter::commit(Connection& connection) {
  auto committed = connection.run("COMMIT");
  if (committed) {
    ++transactions_;
    if (options_.commit_delay.count() > 0) std::this_thread::sleep_for(options_.commit_delay);
    return committed;
  }
  if (!surely_not_committed(connection.error_code())) committed.error().status = StoreStatus::Unknown;
  return committed;
}

}  // namespace tsp::linux_::mysql
