// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <tsp/store.h>

#include "adapters/linux/store/mysql/commit_writer.h"
#include "adapters/linux/store/mysql/session.h"
#include "adapters/linux/store/orders.h"

namespace tsp::linux_::mysql {

// Answers reads, each from one snapshot. It locks nothing, and waits for no lock.
//
// It reads where is written: the address may belong to another server by now, and what was the server before still
// answer on connections that it has, of what once was.
class StoreReader {
 public:
  StoreReader(const MysqlOptions& options, const CommitWriter& writer)
      : keeper_(options, Role::Reader), writer_(writer) {}
  StoreReader(const StoreReader&) = delete;
  StoreReader& operator=(const StoreReader&) = delete;

  [[nodiscard]] StoreDone execute(const store::ReadOrder& order);
  void idle();

 private:
  Result<StoreDone> attempt(const store::ReadOrder& order);

  SessionKeeper keeper_;
  const CommitWriter& writer_;
  std::uint64_t writers_sessions_ = 0;  // how many there were when it was looked
  // Since the orders that are just carried out were taken: each of them would wait for the same timeout.
  std::optional<Failure> away_;
};

}  // namespace tsp::linux_::mysql
