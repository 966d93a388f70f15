// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <tsp/store.h>

#include "adapters/linux/store/orders.h"
#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/statement.h"
#include "adapters/linux/store/sqlite/tables.h"

namespace tsp::linux_::sqlite {

// Answers reads, each from one snapshot. In the write-ahead-log mode it never waits for a writer.
class StoreReader {
 public:
  explicit StoreReader(Connection connection) : connection_(std::move(connection)) {}
  StoreReader(const StoreReader&) = delete;
  StoreReader& operator=(const StoreReader&) = delete;

  [[nodiscard]] StoreDone execute(const store::ReadOrder& order);
  void idle() {}

 private:
  Connection connection_;
  Tables tables_{connection_};
  Statement begin_{connection_, "BEGIN"};
  Statement end_{connection_, "COMMIT"};
};

}  // namespace tsp::linux_::sqlite
