// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/store_reader.h"

#include <utility>
#include <variant>

namespace tsp::linux_::mysql {
namespace {

Result<StoreDone> read(Session& session, const store::ReadOrder& order) {
  Connection& connection = session.connection;
  StoreDone done;
  store::SkippedRows skipped;
  // The level of isolation holds for this transaction: one of READ COMMITTED has a snapshot for each statement.
  if (auto set = connection.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); !set) {
    return std::unexpected(set.error());
  }
  if (auto begun = connection.run("START TRANSACTION WITH CONSISTENT SNAPSHOT"); !begun) {
    return std::unexpected(begun.error());
  }
  const Result<> answered =
      std::visit([&](const auto& o) { return store::read(session.tables, o, done, skipped); }, order);
  if (!answered) return std::unexpected(answered.error());
  if (auto ended = connection.run("COMMIT"); !ended) return std::unexpected(ended.error());
  done.detail = skipped.text();
  return done;
}

}  // namespace

StoreDone StoreReader::execute(const store::ReadOrder& order) {
  auto answered = away_ ? Result<StoreDone>(std::unexpected(*away_)) : attempt(order);
  // A connection that was there may have been lost since it was used last.
  const bool again = !answered && !away_ && answered.error().fault == Fault::Connection && keeper_.was_there();
  if (again) answered = attempt(order);
  StoreDone done;
  if (answered) {
    done = std::move(*answered);
  } else {
    if (answered.error().fault == Fault::Connection) away_ = answered.error();
    done.status = answered.error().status;
    done.detail = std::move(answered.error().detail);
  }
  done.op = std::visit([](const auto& o) { return o.op; }, order);
  return done;
}

void StoreReader::idle() {
  away_.reset();
  keeper_.keep_alive();
}

Result<StoreDone> StoreReader::attempt(const store::ReadOrder& order) {
  const std::uint64_t writers_sessions = writer_.sessions();
  if (std::exchange(writers_sessions_, writers_sessions) != writers_sessions) keeper_.drop();
  const auto session = keeper_.session();
  if (!session) return std::unexpected(session.error());
  auto done = read(**session, order);
  if (!done) keeper_.drop();
  return done;
}

}  // namespace tsp::linux_::mysql
