// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "adapters/linux/store/mysql/connection.h"
#include "adapters/linux/store/mysql/options.h"
#include "adapters/linux/store/mysql/tables.h"

namespace tsp::linux_::mysql {

// A connection to a database that was found to be ours, and the statements that were prepared on it.
class Session {
 public:
  explicit Session(Connection opened) : connection(std::move(opened)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Connection connection;
  Tables tables{connection};
};

// Only one tspd at a time is broker N of a database: two would end each other's tunnels. The writer's connection holds
// a lock of the server for this, which goes with it.
enum class Role : std::uint8_t { Writer, Reader };

// The session of one worker, which is made again when it was lost. Used by one thread at a time.
class SessionKeeper {
 public:
  SessionKeeper(const MysqlOptions& options, Role role) : options_(options), role_(role) {}

  // Makes one if there is none.
  Result<Session*> session();
  // Whether session() found one that was there already, and that may have been lost unnoticed since.
  [[nodiscard]] bool was_there() const { return was_there_; }
  void drop();
  // How many there were until now. From any thread.
  [[nodiscard]] std::uint64_t sessions() const { return sessions_; }
  // The one that there is, which may have been lost unnoticed; null: none.
  [[nodiscard]] Session* kept() { return session_.get(); }
  // To be called from time to time when there is nothing to do: the server ends connections that are silent.
  void keep_alive();

 private:
  Result<> open();
  Result<> become_broker(Connection& connection);

  const MysqlOptions& options_;
  const Role role_;
  std::unique_ptr<Session> session_;
  bool was_there_ = false;
  std::atomic<std::uint64_t> sessions_ = 0;
  unsigned long last_id_ = 0;  // of the connection before
  std::chrono::steady_clock::time_point last_use_;
};

}  // namespace tsp::linux_::mysql
