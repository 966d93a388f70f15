// SPDX-License-Identifier: Apache-2.0
//
// The store for several brokers: a MariaDB or MySQL server. Commits are carried out by a thread of their own, all that
// wait at that moment in one transaction; reads by another thread on a connection of its own. A connection that is lost
// is made again by the next order; until it is there, orders end in Unavailable.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include <tsp/store.h>

#include "adapters/linux/store/mysql/options.h"
#include "adapters/port/store.h"

namespace tsp::linux_ {

class MysqlStore final : public port::Store {
 public:
  // Connects, makes or upgrades the schema, starts the threads. Error: one line for the operator, about something that
  // he has to change. A server that is away is none: see away().
  static std::expected<std::unique_ptr<MysqlStore>, std::string> open(const MysqlOptions& options, Sink sink);
  // Carries out and reports everything submitted.
  ~MysqlStore() override;

  void submit(StoreOrder order) override;

  // Why the server was not there when the store was opened; empty: it was.
  [[nodiscard]] const std::string& away() const;
  [[nodiscard]] const std::string& realm() const;
  // Committed since it was opened; many orders share one.
  [[nodiscard]] std::uint64_t transactions() const;

 private:
  class Threads;

  explicit MysqlStore(std::unique_ptr<Threads> threads);

  std::unique_ptr<Threads> threads_;
};

}  // namespace tsp::linux_
