// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/mysql_store.h"

#include <chrono>
#include <thread>
#include <utility>

#include "adapters/linux/store/mysql/commit_writer.h"
#include "adapters/linux/store/mysql/failure.h"
#include "adapters/linux/store/mysql/store_reader.h"
#include "adapters/linux/store/worker_threads.h"
#include "core/base/assert.h"

namespace tsp::linux_ {
namespace {

mysql::Result<> connect(mysql::CommitWriter& writer, std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto connected = writer.connect();
    if (connected || connected.error().fault != mysql::Fault::Conflict) return connected;
    if (std::chrono::steady_clock::now() >= deadline) return connected;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

}  // namespace

class MysqlStore::Threads {
 public:
  Threads(const MysqlOptions& options, Sink sink) : options_(options), sink_(std::move(sink)) {}

  mysql::Result<> connect() { return linux_::connect(writer_, options_.predecessor_patience); }
  void start(std::string away) {
    away_ = std::move(away);
    workers_.emplace(writer_, reader_, options_.queue_limit, std::move(sink_));
  }

  void submit(StoreOrder order) { workers_->submit(std::move(order)); }
  [[nodiscard]] const std::string& away() const { return away_; }
  [[nodiscard]] const std::string& realm() const { return options_.realm; }
  [[nodiscard]] std::uint64_t transactions() const { return writer_.transactions(); }

 private:
  const MysqlOptions options_;
  Sink sink_;
  std::string away_;
  mysql::CommitWriter writer_{options_};
  mysql::StoreReader reader_{options_, writer_};
  std::optional<store::WorkerThreads<mysql::CommitWriter, mysql::StoreReader>> workers_;
};

std::expected<std::unique_ptr<MysqlStore>, std::string> MysqlStore::open(const MysqlOptions& options, Sink sink) {
  TSP_ASSERT(!options.realm.empty());
  auto threads = std::make_unique<Threads>(options, std::move(sink));
  const auto connected = threads->connect();
  std::string away;
  if (!connected) {
    std::string line = "store " + place_of(options) + ": " + connected.error().detail;
    if (connected.error().fault != mysql::Fault::Connection) return std::unexpected(std::move(line));
    away = std::move(line);
  }
  threads->start(std::move(away));
  return std::unique_ptr<MysqlStore>(new MysqlStore(std::move(threads)));
}

MysqlStore::MysqlStore(std::unique_ptr<Threads> threads) : threads_(std::move(threads)) {}
MysqlStore::~MysqlStore() = default;

void MysqlStore::submit(StoreOrder order) {
  threads_->submit(std::move(order));
}

const std::string& MysqlStore::away() const {
  return threads_->away();
}
const std::string& MysqlStore::realm() const {
  return threads_->realm();
}
std::uint64_t MysqlStore::transactions() const {
  return threads_->transactions();
}

}  // namespace tsp::linux_
