// SPDX-License-Identifier: Apache-2.0
//
// The latest lines of the log, for whoever follows them: a ring that all readers share. It waits for none of them; who
// comes too late for a line is told how many he missed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <tsp/time.h>

#include "adapters/linux/control/log.h"

namespace tsp::linux_ {

class EventFeed {
 public:
  static constexpr std::size_t kKeptMax = 2048;
  using Wake = std::function<void()>;
  struct Piece {
    std::uint64_t missed = 0;          // that came behind the place asked for, and are not kept any more
    std::uint64_t first = 0;           // the number of the first of the lines
    std::vector<std::string> lines{};  // perhaps not all of them
  };

  // From any thread.
  void add(std::string line);
  // What is behind the line of this number, until it is `bytes_max` bytes or more.
  [[nodiscard]] Piece read(std::uint64_t after, std::size_t bytes_max) const;
  // The number of the latest line; 0 before the first.
  [[nodiscard]] std::uint64_t last() const;
  // `wake` is called after each line, from whatever thread adds it, as long as somebody else keeps it. It must not
  // wait, and may come once more afterwards.
  void tell(const std::shared_ptr<Wake>& wake);

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> lines_;
  std::uint64_t last_ = 0;
  std::vector<std::weak_ptr<Wake>> readers_;
};

// A log whose lines are added to the feed as well, those below its level too: as JSON objects with time and level.
class FollowedLog final : public LogWriter {
 public:
  using Clock = std::function<WallTime()>;

  FollowedLog(LogWriter& log, std::shared_ptr<EventFeed> feed, Clock clock)
      : log_(log), feed_(std::move(feed)), clock_(std::move(clock)) {}

  void write(LogLevel level, const LogLine& line) override;

 private:
  LogWriter& log_;
  std::shared_ptr<EventFeed> feed_;
  Clock clock_;
};

}  // namespace tsp::linux_
