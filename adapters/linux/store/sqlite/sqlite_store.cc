// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/sqlite_store.h"

#include <utility>

#include "adapters/linux/store/row_reader.h"
#include "adapters/linux/store/sqlite/commit_writer.h"
#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/database_file.h"
#include "adapters/linux/store/sqlite/realm.h"
#include "adapters/linux/store/sqlite/schema.h"
#include "adapters/linux/store/sqlite/statement.h"
#include "adapters/linux/store/sqlite/store_reader.h"
#include "adapters/linux/store/worker_threads.h"

namespace tsp::linux_ {

using sqlite::Connection;
using sqlite::Failure;
using sqlite::Result;
using sqlite::Statement;

namespace {

struct Opened {
  Connection writing;
  Connection reading;
  std::string realm;
};

// Without it reads would wait for commits. The setting is kept in the file.
Result<> use_write_ahead_log(Connection& connection) {
  Statement statement(connection, "PRAGMA journal_mode = WAL");
  auto rows = statement.query();
  if (!rows) return std::unexpected(rows.error());
  if (const auto found = rows->next(); !found) return std::unexpected(found.error());
  if (store::RowReader(*rows).text() == "wal") return {};
  return std::unexpected(Failure{.detail = "its file system cannot hold a write-ahead log"});
}

Result<> set_up_writing(Connection& connection) {
  if (auto used = use_write_ahead_log(connection); !used) return used;
  // FULL: a commit that returned survives the loss of power. secure_delete: no verifier of a deleted account stays
  // behind in a page that is written anyway. journal_size_limit: the log shrinks again after a burst.
  return connection.run(
      "PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = 67108864;"
      " PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF");
}

Result<> set_up_reading(Connection& connection) {
  return connection.run("PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF");
}

Result<Opened> open_database(const SqliteOptions& options) {
  if (auto prepared = sqlite::prepare_file(options.path); !prepared) return std::unexpected(prepared.error());
  auto writing = Connection::open(options.path, options.busy_timeout);
  if (!writing) return std::unexpected(writing.error());
  if (writing->read_only()) return std::unexpected(Failure{.detail = "the file is read-only"});
  const auto upgrades = sqlite::all_upgrades();
  if (auto ours = check_ours(*writing, upgrades); !ours) return std::unexpected(ours.error());
  if (auto set = set_up_writing(*writing); !set) return std::unexpected(set.error());
  if (auto upgraded = upgrade_schema(*writing, upgrades); !upgraded) return std::unexpected(upgraded.error());
  auto realm = sqlite::settle_realm(*writing, options.realm);
  if (!realm) return std::unexpected(realm.error());

  auto reading = Connection::open(options.path, options.busy_timeout);
  if (!reading) return std::unexpected(reading.error());
  if (auto set = set_up_reading(*reading); !set) return std::unexpected(set.error());
  writing->seal_with(options.sealer);
  reading->seal_with(options.sealer);
  return Opened{std::move(*writing), std::move(*reading), std::move(*realm)};
}

}  // namespace

class SqliteStore::Threads {
 public:
  Threads(Opened opened, const SqliteOptions& options, Sink sink)
      : realm_(std::move(opened.realm)),
        writer_(std::move(opened.writing), options.commit_delay, options.history_kept, options.audit_kept),
        reader_(std::move(opened.reading)),
        workers_(writer_, reader_, options.queue_limit, std::move(sink)) {}

  void submit(StoreOrder order) { workers_.submit(std::move(order)); }
  [[nodiscard]] const std::string& realm() const { return realm_; }
  [[nodiscard]] std::uint64_t transactions() const { return writer_.transactions(); }

 private:
  std::string realm_;
  sqlite::CommitWriter writer_;
  sqlite::StoreReader reader_;
  store::WorkerThreads<sqlite::CommitWriter, sqlite::StoreReader> workers_;
};

std::expected<std::unique_ptr<SqliteStore>, std::string> SqliteStore::open(const SqliteOptions& options, Sink sink) {
  auto opened = open_database(options);
  if (!opened) return std::unexpected("store " + options.path + ": " + opened.error().detail);
  auto threads = std::make_unique<Threads>(std::move(*opened), options, std::move(sink));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(threads)));
}

SqliteStore::SqliteStore(std::unique_ptr<Threads> threads) : threads_(std::move(threads)) {}
SqliteStore::~SqliteStore() = default;

void SqliteStore::submit(StoreOrder order) {
  threads_->submit(std::move(order));
}

const std::string& SqliteStore::realm() const {
  return threads_->realm();
}
std::uint64_t SqliteStore::transactions() const {
  return threads_->transactions();
}

}  // namespace tsp::linux_
