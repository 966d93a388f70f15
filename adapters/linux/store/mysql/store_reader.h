// SPDX-License-Identifier: Apache-2.0
#pragma once

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
  void idle() { keeper_.keep_alive(); }

 private:
  Result<StoreDone> attempt(const store::ReadOrder& order);

  SessionKeeper keeper_;
};

}  // namespace tsp::linux_::mysql
