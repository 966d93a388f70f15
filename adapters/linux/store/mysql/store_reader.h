// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <tsp/store.h>

#include "adapters/linux/store/mysql/session.h"
#include "adapters/linux/store/orders.h"

namespace tsp::linux_::mysql {

// Answers reads, each from one snapshot. It locks nothing, and waits for no lock.
class StoreReader {
 public:
  explicit StoreReader(const MysqlOptions& options) : keeper_(options, Role::Reader) {}
  StoreReader(const StoreReader&) = delete;
  StoreReader& operator=(const StoreReader&) = delete;

  [[nodiscard]] StoreDone execute(const store::ReadOrder& order);
  void idle();

 private:
  Result<StoreDone> attempt(const store::ReadOrder& order);

  SessionKeeper keeper_;
  // Since the orders that are just carried out were taken: each of them would wait for the same timeout.
  std::optional<Failure> away_;
};

}  // namespace tsp::linux_::mysql
