// SPDX-License-Identifier: Apache-2.0
//
// The embedded store: one SQLite file in write-ahead-log mode with synchronous=FULL. Commits are carried out by a
// thread of their own, all that wait at that moment in one transaction; reads by another thread on a connection of its
// own, so that they never wait for a commit.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include <tsp/store.h>

#include "adapters/linux/secrets/sealer.h"
#include "adapters/port/store.h"

namespace tsp::linux_ {

struct SqliteOptions {
  std::string path;
  std::string realm;                                // empty: take the store's
  std::shared_ptr<const secrets::Sealer> sealer{};  // of what is secret; null: nothing is sealed
  // How long a lock of another program is waited for before orders end in Unavailable.
  std::chrono::milliseconds busy_timeout{1000};
  // Orders waiting, of each kind; more end in Unavailable.
  std::size_t queue_limit = 16384;
  // Added to each commit to imitate a slow disk in tests and benchmarks.
  std::chrono::milliseconds commit_delay{0};
  // How long the history of tunnels is kept after their end; 0: for ever.
  std::chrono::days history_kept{0};
  // The same for the audit log.
  std::chrono::days audit_kept{0};
};

class SqliteStore final : public port::Store {
 public:
  // Opens or creates (file 0600), upgrades the schema, starts the threads. Error: one line for the operator. Refused
  // are a realm that differs from the store's while there are accounts, and a store of a newer version.
  static std::expected<std::unique_ptr<SqliteStore>, std::string> open(const SqliteOptions& options, Sink sink);
  // Carries out and reports everything submitted.
  ~SqliteStore() override;

  void submit(StoreOrder order) override;

  // Fixed when the first account is added.
  [[nodiscard]] const std::string& realm() const;
  // Committed since it was opened; many orders share one.
  [[nodiscard]] std::uint64_t transactions() const;

 private:
  class Threads;

  explicit SqliteStore(std::unique_ptr<Threads> threads);

  std::unique_ptr<Threads> threads_;
};

}  // namespace tsp::linux_
